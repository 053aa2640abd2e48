"""The log as partitioned Parquet: collection=NAME/day=YYYY-MM-DD/events.parquet.

A row is one event, or, with the action 'search' and no item, one search; so searches without events
are there, too, and the files tell all that the log tells. The day is that of the search, in UTC:
a visit lies in one file. The columns `query`, `query_image`, `item`, `position`, `action`, `time`,
`query_id` and `randomised` are those that training from clicks reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.interactions import Asked, Visit

SEARCH = "search"
"""The action of a row that stands for the search itself."""
_MOMENT = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    {
        "query_id": pa.string(),
        "query": pa.string(),
        "query_image": pa.string(),
        "item": pa.string(),
        "position": pa.int64(),
        "action": pa.string(),
        "time": _MOMENT,
        "randomised": pa.bool_(),
        "seconds": pa.float64(),
        "value": pa.float64(),
        "kind": pa.string(),
        "user": pa.string(),
        "session": pa.string(),
        "variants": pa.string(),
        "sources": pa.string(),
        "image": pa.string(),
        "asked_at": _MOMENT,
        "found": pa.int64(),
        "latency_ms": pa.float64(),
        "generation": pa.string(),
        "encoder": pa.string(),
        "client": pa.string(),
    }
)
"""`variants` and `sources` are JSON objects; `image` is the SHA-256 of the query's image, and
`query_image` its path where it was kept."""
_EVENT = ("item", "position", "action", "time", "seconds", "value")
_ASKED = tuple(name for name in SCHEMA.names if name not in _EVENT)
_BATCH = 20_000
"""Rows of one row group."""

Picture = Callable[[str], str | None]


@dataclass(frozen=True)
class Exported:
    """What was written."""

    files: int
    searches: int
    events: int


def export(visits: Iterable[Visit], folder: Path, *, picture: Picture = lambda _: None) -> Exported:
    """Write visits, which come in order of time, below `folder`.

    A day that is there already is replaced by the one that comes. A file appears under its name
    once it is whole.

    Args:
        picture: path of a query's image, by its SHA-256; None where it was not kept.

    Raises OSError where the folder can't be written.
    """
    files = searches = events = 0
    open_: dict[str, _DayFile] = {}
    day: date | None = None
    try:
        for visit in visits:
            if visit.asked.at.date() != day:
                day = visit.asked.at.date()
                files += _finished(open_)
            name = visit.asked.collection
            if name not in open_:
                open_[name] = _DayFile(folder / f"collection={name}" / f"day={day}", picture)
            open_[name].add(visit)
            searches += 1
            events += len(visit.events)
        files += _finished(open_)
    finally:
        for left in open_.values():
            left.abandon()
    return Exported(files, searches, events)


def _finished(open_: dict[str, _DayFile]) -> int:
    count = len(open_)
    while open_:
        _, file = open_.popitem()
        file.finish()
    return count


class _DayFile:
    """The file of one collection and one day."""

    def __init__(self, folder: Path, picture: Picture) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "events.parquet"
        self._unfinished = folder / ".events.parquet.unfinished"
        self._picture = picture
        self._writer = pq.ParquetWriter(self._unfinished, SCHEMA, compression="zstd")
        self._columns: dict[str, list[Any]] = {name: [] for name in SCHEMA.names}

    def add(self, visit: Visit) -> None:
        """Add the rows of a visit."""
        asked, columns = visit.asked, self._columns
        rows = 1 + len(visit.events)
        for name, value in zip(_ASKED, _asked_values(asked, self._picture), strict=True):
            columns[name].extend([value] * rows)
        for name, first in zip(_EVENT, (None, None, SEARCH, asked.at, None, None), strict=True):
            columns[name].append(first)
        for event in visit.events:
            columns["item"].append(event.item)
            columns["position"].append(event.position)
            columns["action"].append(event.action)
            columns["time"].append(event.at)
            columns["seconds"].append(event.seconds)
            columns["value"].append(event.value)
        if len(columns["query_id"]) >= _BATCH:
            self._flush()

    def finish(self) -> None:
        """Write what is left and give the file its name."""
        self._flush()
        self._writer.close()
        self._unfinished.replace(self._path)

    def abandon(self) -> None:
        """Leave no trace of it."""
        self._writer.close()
        self._unfinished.unlink(missing_ok=True)

    def _flush(self) -> None:
        if self._columns["query_id"]:
            self._writer.write_table(pa.table(self._columns, schema=SCHEMA))
            self._columns = {name: [] for name in SCHEMA.names}


def _asked_values(asked: Asked, picture: Picture) -> tuple[Any, ...]:
    """In the order of `_ASKED`."""
    values = {
        "query_id": asked.query_id,
        "query": asked.text,
        "query_image": picture(asked.image) if asked.image is not None else None,
        "randomised": asked.randomised,
        "kind": asked.kind,
        "user": asked.user,
        "session": asked.session,
        "variants": json.dumps(dict(asked.variants)) if asked.variants else None,
        "sources": json.dumps(dict(asked.sources)) if asked.sources else None,
        "image": asked.image,
        "asked_at": asked.at,
        "found": asked.found,
        "latency_ms": asked.latency_ms,
        "generation": asked.generation,
        "encoder": asked.encoder,
        "client": asked.client,
    }
    return tuple(values[name] for name in _ASKED)
