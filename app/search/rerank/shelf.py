"""The stages that rankings name, ready to run: models are loaded once and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.search.rerank.cross import CrossStage
from app.search.rerank.cross_shelf import CrossShelf
from app.search.rerank.ranker import LearnedRanker, check_encoder, load_ranker
from app.search.rerank.ranking import Ranking
from app.search.rerank.rescore import Rescore
from app.search.rerank.rule_stage import RuleStage
from app.search.rerank.rules import Pin
from core.errors import BinocleError, EncoderError, InvalidRequest

if TYPE_CHECKING:
    from app.collection import OpenCollection
    from app.search.rerank.stage import Stage


def _no_picture(_: str, __: Mapping[str, Any]) -> bytes | None:
    return None


@dataclass
class StageShelf:
    """Makes stages. Safe to call from several threads.

    Args:
        picture: a small image file of an item of a collection, by its payload.
        patient: whether a search waits until a cross-encoder is loaded, which takes seconds; else
            its stage is left out until then.
    """

    picture: Callable[[str, Mapping[str, Any]], bytes | None] = _no_picture
    patient: bool = True
    _kept: dict[str, tuple[tuple[int, int], LearnedRanker]] = field(default_factory=dict)
    _readers: CrossShelf = field(default_factory=CrossShelf)

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
        if ranking.cross_encoder is not None:
            try:
                self._readers.of(ranking.cross_encoder.model, wait=True)
            except EncoderError as error:
                raise InvalidRequest(
                    error.message, hint=error.hint, field="cross_encoder.model"
                ) from None

    def _stage(self, name: str, ranking: Ranking, opened: OpenCollection) -> Stage:
        if name == "rescore":
            return Rescore(opened.generation)
        if name == "ranker" and ranking.ranker is not None:
            ranker = self._ranker(Path(ranking.ranker))
            check_encoder(ranker, opened.config.fingerprint)
            return ranker
        if name == "cross_encoder" and ranking.cross_encoder is not None:
            return CrossStage(
                self._readers.of(ranking.cross_encoder.model, wait=self.patient),
                ranking.cross_encoder,
                opened.schema,
                partial(self.picture, opened.name),
            )
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
