"""Which variants answer a request: decided from memory, in microseconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.experiments.record import Record
from app.interactions.asker import Asker
from app.search.query import SearchRequest, VectorPart
from app.search.rerank.ranking import Ranking
from eval.experiments.plan import INTERLEAVED

_OF_REQUEST = frozenset({"ranking", "generation"})
"""Settings that no request can set itself."""


@dataclass(frozen=True)
class Way:
    """One way to answer: the request, and what takes the place of the collection's own."""

    request: SearchRequest
    ranking: Ranking | None = None
    generation: str | None = None


@dataclass(frozen=True)
class Drawn:
    """That the answer is to be drawn from two ways: their variants, and what the coins are of."""

    experiment: str
    names: tuple[str, str]
    salt: str
    unit: str


@dataclass(frozen=True)
class Arranged:
    """A request as experiments have it.

    Attributes:
        plain: as it came.
        ways: one, or two where `drawn`.
        variants: of each experiment that it takes part in, the variant.
        units: of each, the user or session.
    """

    plain: SearchRequest
    ways: tuple[Way, ...]
    variants: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    drawn: Drawn | None = None


@dataclass(frozen=True)
class _Change:
    shaping: Mapping[str, Any]
    ranking: Ranking | None
    generation: str | None

    def of(self, way: Way) -> Way:
        request = way.request
        if self.shaping:
            request = replace(request, shaping=replace(request.shaping, **self.shaping))
        return Way(request, self.ranking or way.ranking, self.generation or way.generation)


class Running:
    """An experiment, ready to be asked about requests."""

    def __init__(self, record: Record) -> None:
        wanted = record.experiment
        self.record = record
        self._unit = wanted.unit
        self._interleave = wanted.interleave
        self._assignment = wanted.assignment()
        self._salt = wanted.salt or wanted.name
        self._names = tuple(wanted.shares)
        self._own = tuple(wanted.settings - _OF_REQUEST)
        self._elsewhere = "generation" in wanted.settings
        self._changes = {
            each.name: _Change(each.shaping(), each.ranking, each.generation)
            for each in wanted.variants
        }

    def unit(self, asker: Asker) -> str | None:
        """Whom a request counts for; None where it does not take part."""
        unit = asker.user if self._unit == "user" else asker.session
        return unit if unit is not None and self._assignment.takes_part(unit) else None

    def takes(self, request: SearchRequest) -> bool:
        """Whether a request is one that the variants answer differently at all.

        Browses are not, nor are requests that say themselves what the experiment is about: they
        get what they ask for, and count for no variant.
        """
        if not request.parts:
            return False
        shaping = request.shaping
        if any(getattr(shaping, name) is not None for name in self._own):
            return False
        return not (self._elsewhere and any(isinstance(p, VectorPart) for p in request.parts))

    def arrange(self, arranged: Arranged, unit: str, at: datetime) -> Arranged:
        """As arranged, with this experiment's variant, unless that was stopped by then."""
        name = self.record.name
        units = {**arranged.units, name: unit}
        if self._interleave:
            first, second = self._names
            way = arranged.ways[0]
            both = (self._changes[first].of(way), self._changes[second].of(way))
            drawn = Drawn(name, (first, second), self._salt, unit)
            variants = {**arranged.variants, name: INTERLEAVED}
            return Arranged(arranged.plain, both, variants, units, drawn)
        variant = self._assignment.variant(unit)
        if variant is None or self._stopped(variant, at):
            return arranged
        change = self._changes[variant]
        ways = tuple(change.of(way) for way in arranged.ways)
        named = {**arranged.variants, name: variant}
        return replace(arranged, ways=ways, variants=named, units=units)

    def _stopped(self, variant: str, at: datetime) -> bool:
        stopped = self.record.stopped_variants.get(variant)
        return stopped is not None and stopped.at <= at


def arrange(
    running: Iterable[Running], asker: Asker, request: SearchRequest, at: datetime
) -> Arranged:
    """The request as the running experiments of its collection have it.

    Args:
        running: those interleaved last, as they double the ways.
        at: when the search began: its next pages go on as it began, whatever starts or ends.
    """
    arranged = Arranged(request, (Way(request),))
    for each in running:
        if not each.record.ran(at) or not each.takes(request):
            continue
        unit = each.unit(asker)
        if unit is not None:
            arranged = each.arrange(arranged, unit, at)
    return arranged
