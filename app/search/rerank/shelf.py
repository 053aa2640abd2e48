"""The stages that rankings name, ready to run: models are loaded once and kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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

    _kept: dict[str, Stage] = field(default_factory=dict)

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

    def check(self, ranking: Ranking) -> None:
        """Load what the ranking names. Raises InvalidRequest and EncoderError."""

    def _stage(self, name: str, ranking: Ranking, opened: OpenCollection) -> Stage:
        if name == "rescore":
            return Rescore(opened.generation)
        rules = [rule for rule in ranking.rules if not isinstance(rule, Pin)]
        return RuleStage.of(rules, opened.schema)
