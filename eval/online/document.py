"""Online metrics as a JSON document, from which the terminal and the page are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from core.interactions import Visit
from eval.online.dimensions import By
from eval.online.intervals import CONFIDENCE, Estimate
from eval.online.table import VisitTable


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FigureOf(_Part):
    """One figure of one group; see `eval.online.intervals.Estimate`."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    units: int


class Group(_Part):
    """The visits of one value of a dimension. people: sessions, or else users, or else visits."""

    value: str
    searches: int
    people: int
    figures: dict[str, FigureOf]


class About(_Part):
    """What a figure says."""

    kind: str
    unit: str
    says: str


class OnlineDocument(_Part):
    """All that was measured in one run. left_out: searches of bots, by the rule."""

    format: Literal["binocle-online"] = "binocle-online"
    version: Literal[1] = 1
    created: datetime
    collection: str | None
    since: datetime | None
    until: datetime | None
    confidence: float
    left_out: dict[str, int]
    figures: dict[str, About]
    whole: Group
    groups: dict[str, tuple[Group, ...]]


def measure(
    visits: Iterable[Visit],
    by: Sequence[By],
    *,
    collection: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    left_out: Mapping[str, int] | None = None,
) -> OnlineDocument:
    """The figures over all visits, and along each of the dimensions.

    Args:
        collection, since, until: which visits these are, to be told.
        left_out: searches that were left out, looked at once the visits have ended.
    """
    table = VisitTable()
    for visit in visits:
        table.add(visit)
    everything = np.ones(len(table), dtype=bool)
    return OnlineDocument(
        created=datetime.now(UTC),
        collection=collection,
        since=since,
        until=until,
        confidence=CONFIDENCE,
        left_out=dict(left_out or {}),
        figures={
            one.name: About(kind=one.kind, unit=one.unit, says=one.says) for one in table.figures
        },
        whole=_group(table, "all", everything),
        groups={
            each: tuple(_group(table, *group) for group in table.groups(each).items())
            for each in by
        },
    )


def _group(table: VisitTable, value: str, chosen: NDArray[np.bool_]) -> Group:
    searches, people = table.count(chosen)
    figures = {name: _figure(one) for name, one in table.measure(chosen).items()}
    return Group(value=value, searches=searches, people=people, figures=figures)


def _figure(one: Estimate) -> FigureOf:
    return FigureOf(value=one.value, low=one.low, high=one.high, n=one.n, units=one.units)
