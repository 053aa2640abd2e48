"""One window of a ranking -> its order: re-ranked, cut off, collapsed, grouped, diversified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.search.candidates import Candidate
from app.search.presentation.collapse import Likeness, collapse, surely_unlike
from app.search.presentation.diversity import mmr
from app.search.presentation.grouping import group_of, grouped
from app.search.presentation.placed import Placed
from app.search.presentation.seen import Seen
from app.search.shaping import Shape

Vector = NDArray[np.float32]


def _never(_: Candidate) -> bool:
    return False


def _always() -> bool:
    return True


@dataclass
class Arranger:
    """An `Arrange` (app/search/presentation/windows.py).

    Args:
        shape: what is to be done.
        rerank: the candidates in a new order, given the place of the first of them, from 1.
        relevance: calibrated, 0 to 1; None where it is not known: such are never cut off.
        surely: whether a candidate is an answer whatever its relevance: it is never cut off.
        hopeless: where all of a window were cut off, whether those after it will be, too.
        vectors: joint vectors, float32 (dim,), by id.
        may_see: whether an item of this payload may be shown at all.
        stage: times a stage.
        pins: what stands at the top whatever its score; asked for the first window.
        below: what was cut off, best first.
        most: places of the order that matter, beside those of what was seen; None: all do.
        notes: whether moves for diversity are noted: most of the candidates are never shown.
    """

    shape: Shape
    rerank: Callable[[list[Candidate], int], list[Candidate]]
    relevance: Callable[[Candidate], float | None]
    vectors: Callable[[Sequence[str]], Mapping[str, Vector]]
    may_see: Callable[[Mapping[str, Any]], bool]
    stage: Callable[[str], AbstractContextManager[None]]
    surely: Callable[[Candidate], bool] = _never
    hopeless: Callable[[], bool] = _always
    pins: Callable[[], list[Candidate]] = list
    below: list[Placed] = field(default_factory=list)
    most: int | None = None
    notes: bool = True
    _likeness: Likeness = field(default_factory=Likeness)

    def __call__(
        self, before: list[Candidate], candidates: list[Candidate], seen: Seen, first: int
    ) -> list[Placed] | None:
        """The order; None where none of several candidates is good enough."""
        # Hidden items are filtered inside the engine; looking again covers one hidden just now.
        visible = [candidate for candidate in candidates if self.may_see(candidate.payload)]
        ranked = self.rerank(visible, first)
        with self.stage("present"):
            pins = self.pins() if first == 1 and not before else []
            above = self._above(ranked)
            if ranked and not above and not pins and self.hopeless():
                return None
            placed = self._collapsed(before, above, seen)
            placed = self._grouped(before, placed, seen)
            return self._pinned(pins, self._diversified(placed, first, len(seen)))

    def _pinned(self, pins: list[Candidate], placed: list[Placed]) -> list[Placed]:
        if not pins:
            return placed
        places = {each.id: place for place, each in enumerate(placed, start=1)}
        top = []
        for place, pin in enumerate(pins, start=1):
            before = places.get(pin.id, 0)  # 0: it was not in the ranking
            known = placed[before - 1] if before else Placed(pin)
            changed = known.candidate.changed("rules", before, place, "pinned")
            top.append(replace(known, candidate=changed))
        pinned = {each.id for each in top}
        return top + [each for each in placed if each.id not in pinned]

    def _above(self, ranked: list[Candidate]) -> list[Placed]:
        line = self.shape.line
        if not line:
            return [Placed(each) for each in ranked]
        placed = [Placed(each, relevance=self.relevance(each)) for each in ranked]
        above = [
            each
            for each in placed
            if each.relevance is None or each.relevance >= line or self.surely(each.candidate)
        ]
        kept = {each.id for each in above}
        self.below += [each for each in placed if each.id not in kept]
        return above

    def _collapsed(self, before: list[Candidate], placed: list[Placed], seen: Seen) -> list[Placed]:
        if not self.shape.collapse or (not before and surely_unlike(placed)):
            return placed
        for candidate in (*before, *(each.candidate for each in placed)):
            self._likeness.add(candidate.id, candidate.payload)
        taken = {self._likeness.of(candidate.id) for candidate in before}
        return collapse(placed, self._likeness, taken, seen.__contains__)

    def _grouped(self, before: list[Candidate], placed: list[Placed], seen: Seen) -> list[Placed]:
        group = self.shape.group
        if group is None:
            return placed
        if not any(each.candidate.payload.get(group.field) for each in placed):
            return placed
        values = (group_of(candidate.payload, group.field) for candidate in before)
        shown = Counter(value for value in values if value is not None)
        return grouped(placed, group, shown, seen.__contains__)

    def _diversified(self, placed: list[Placed], first: int, pages: int) -> list[Placed]:
        diversity = self.shape.diversity
        if not diversity or len(placed) < 2:
            return placed
        known = self.vectors([each.id for each in placed])
        if not known:
            return placed
        nothing = np.zeros_like(next(iter(known.values())))
        vectors = np.stack([known.get(each.id, nothing) for each in placed])
        scores = [each.candidate.score for each in placed]
        order = mmr(scores, vectors, diversity, None if self.most is None else self.most + pages)
        if not self.notes:
            return [placed[at] for at in order.tolist()]
        return [
            _moved(placed[at], first + at, first + place, diversity)
            for place, at in enumerate(order.tolist())
        ]


def _moved(placed: Placed, before: int, after: int, diversity: float) -> Placed:
    if before == after:
        return placed
    reason = "unlike those before it" if after < before else "like some before it"
    changed = placed.candidate.changed("diversity", before, after, f"{reason} ({diversity:g})")
    return replace(placed, candidate=changed)
