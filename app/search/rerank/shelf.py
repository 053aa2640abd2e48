"""The stages that rankings name, ready to run: models are loaded once and kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.search.rerank.ranker import LearnedRanker, check_encoder, load_ranker
from app.search.rerank.ranking import Ranking
from app.search.rerank.rescore import Rescore
from app.search.rerank.rule_stage import RuleStage
from app.search.rerank.rules import Pin
from core.errors import BinocleError

if TYPE_CHECKING:
    from app.collection import OpenCollection
    from app.search.rerank.stage import Stage


@dataclass
class StageShelf:
    """Makes stages. Safe to call from several threads."""

    _kept: dict[str, tuple[tuple[int, int], LearnedRanker]] = field(default_factory=dict)

    def stages(
        self, names: tuple[str, ...], ranking: Ranking, opened: OpenCollection
    ) -> tuple[list[Stage], list[dict[str, str]]]:
        """The stages of these names, and which are left out and why."""
        ready: list[Stage] = []
        fallbacks = []
        for name in names:
            try:
                ready.append(self._stage(name, ranking, opened))
            except BinocleError as error:
                fallbacks.append({"stage": name, "reason": str(error)})
        return ready, fallbacks

    def check(self, ranking: Ranking, fingerprint: str) -> None:
        """Load what the ranking names. Raises InvalidRequest, SettingsError and EncoderError.

        Args:
            fingerprint: of the collection's encoder.
        """
        if ranking.ranker is not None:
            check_encoder(self._ranker(Path(ranking.ranker)), fingerprint)

    def _stage(self, name: str, ranking: Ranking, opened: OpenCollection) -> Stage:
        if name == "rescore":
            return Rescore(opened.generation)
        if name == "ranker" and ranking.ranker is not None:
            ranker = self._ranker(Path(ranking.ranker))
            check_encoder(ranker, opened.config.fingerprint)
            return ranker
        rules = [rule for rule in ranking.rules if not isinstance(rule, Pin)]
        return RuleStage.of(rules, opened.schema)

    def _ranker(self, path: Path) -> LearnedRanker:
        """The ranker in a file, read again where the file has changed."""
        try:
            stat = path.stat()
        except OSError:
            return load_ranker(path)  # which says what is wrong with it
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._kept.get(str(path))
        if known is None or known[0] != stamp:
            known = self._kept[str(path)] = (stamp, load_ranker(path))
        return known[1]
