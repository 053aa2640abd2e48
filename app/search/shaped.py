"""One ranked answer on its way from candidates to a page: re-ranked, shaped, cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from app.collection import OpenCollection
from app.search.candidates import AspectScore, Candidate
from app.search.compose import Composed
from app.search.cursor import Position
from app.search.presentation.arranger import Arranger
from app.search.presentation.grouping import check_group
from app.search.presentation.paging import page_by_score
from app.search.presentation.placed import Placed
from app.search.presentation.windows import WindowPage, Windows
from app.search.query import SearchRequest, TextPart
from app.search.relevance import has_all_words
from app.search.rerank.ranking import Ranking
from app.search.rerank.rules import Pin
from app.search.rerank.shelf import StageShelf
from app.search.rerank.stage import Asked, Stages
from app.search.retrieve import Found
from app.search.shaping import Shape
from app.search.stopwatch import Stopwatch
from core.filters import AnyOf, Filter, both
from qdrant.store import JOINT

_COLLAPSING = 40
"""Candidates in a window where no stage scores anew: two pages and what they collapse, or what they
are chosen from where they are to be diverse. Each candidate costs time that most never repay."""


@dataclass
class Shaped:
    """Re-ranks and shapes one answer, and remembers what was done.

    Args:
        opened: the collection.
        request: what is asked.
        composed: the query.
        ranking: the collection's.
        shelf: gives the stages.
        watch: times them.
        relevance: calibrated, 0 to 1, of a candidate; None where it is not known.
        best: scores that no item exceeds.
        plain: whether a candidate's place does not depend on how many are asked for.
        known: joint vectors that were read already, float32 (dim,), by id.
    """

    opened: OpenCollection
    request: SearchRequest
    composed: Composed
    ranking: Ranking
    shelf: StageShelf
    watch: Stopwatch
    relevance: Callable[[Candidate], float | None]
    best: Callable[[], Candidate]
    plain: bool = True
    shape: Shape = field(init=False)
    fallbacks: list[dict[str, str]] = field(default_factory=list)
    below: list[Placed] = field(default_factory=list)
    known: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    _names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        products = self.opened.schema.derives("product_id")
        kind = self.composed.kind
        self.shape = self.ranking.shape(self.request.shaping, kind, products=products)
        self._names = self.ranking.stages(self.request.shaping)
        check_group(self.shape.group, self.opened.schema)

    def page(
        self,
        find: Callable[[int, bool], Found],
        filter: Filter | None,
        start: Position | None,
    ) -> WindowPage:
        """One page. `find` gives the best n candidates, with their payload or without."""
        if self.plain and self.shape.plain and not self._names:
            return self._plain(find, start)
        stages, left_out = self.shelf.stages(self._names, self.ranking, self.opened)
        self.fallbacks += left_out
        budget, text = self.request.shaping.budget_ms, text_of(self.request)
        run = Stages(
            stages,
            Asked(self.composed.vector, text, self.composed.kind),
            self.ranking.budget_ms if budget is None else budget,
            self.watch.stage,
            self.fallbacks,
        )
        arranger = Arranger(
            self.shape,
            rerank=run.run,
            relevance=self.relevance,
            surely=lambda candidate: has_all_words(text, candidate),
            hopeless=self._hopeless,
            vectors=self._vectors,
            may_see=lambda payload: self.request.viewer.may_see(payload, self.opened.schema),
            stage=self.watch.stage,
            pins=lambda: self._pins(filter),
            below=self.below,
            most=self.request.limit + 1,
            notes=self.request.explain,
        )
        size = self.ranking.window if self._names else min(_COLLAPSING, self.ranking.window)
        windows = Windows(lambda depth: find(depth, True), arranger, size)
        page = windows.page(self.request.limit, start)
        judged = [
            replace(each, relevance=self.relevance(each.candidate))
            if each.relevance is None
            else each
            for each in page.placed
        ]
        return replace(page, placed=judged)

    def _hopeless(self) -> bool:
        """Whether no item at all reaches the line: of several aspects, one that comes late by
        their sum may do so by one of them."""
        if self.plain:
            return True
        most = self.relevance(self.best())
        return most is not None and most < self.shape.line

    def explanation(self) -> dict[str, object]:
        """What was to be done, and what was left out."""
        return {
            "stages": list(self._names),
            "collapse": self.shape.collapse,
            "group": self.shape.group.field if self.shape.group else None,
            "diversity": self.shape.diversity,
            "min_relevance": self.shape.line,
            "cut_off": len(self.below),
            "fallbacks": self.fallbacks,
        }

    def _plain(self, find: Callable[[int, bool], Found], start: Position | None) -> WindowPage:
        page = page_by_score(find, self.opened.generation, self.request.limit, start)
        viewer, schema = self.request.viewer, self.opened.schema
        shown = [each for each in page.candidates if viewer.may_see(each.payload, schema)]
        placed = [Placed(each, relevance=self.relevance(each)) for each in shown]
        return WindowPage(placed, page.after)

    def _vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Of those that are there, by id."""
        missing = [each for each in ids if each not in self.known]
        if missing:
            points = self.opened.generation.retrieve(missing, with_vectors=True)
            self.known.update({point.id: point.vectors[JOINT] for point in points})
        return {each: self.known[each] for each in ids if each in self.known}

    def _pins(self, filter: Filter | None) -> list[Candidate]:
        """The pinned items that pass the filter, in the order of the rules."""
        if "rules" not in self._names:
            return []
        text = text_of(self.request)
        rules = [rule for rule in self.ranking.rules if isinstance(rule, Pin)]
        ids = [item for rule in rules if rule.applies(text) for item in rule.ids]
        if not ids:
            return []
        generation = self.opened.generation
        wanted = both(filter, AnyOf("id", tuple(dict.fromkeys(ids))))
        points, _ = generation.scroll(filter=wanted, limit=len(ids))
        payloads = {point.id: point.payload for point in points}
        cosines = generation.score(list(payloads), self.composed.vector) if payloads else {}
        return [
            Candidate(each, payloads[each], cosines[each], {JOINT: AspectScore(cosines[each])})
            for each in dict.fromkeys(ids)
            if each in payloads and each in cosines
        ]


def text_of(request: SearchRequest) -> str | None:
    """The wanted texts of a query, joined; None where it has none."""
    texts = [p.text for p in request.parts if isinstance(p, TextPart) and p.weight > 0]
    return " ".join(texts) or None
