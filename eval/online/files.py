"""Exported Parquet, read back as visits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import SourceError
from core.interactions import Asked, Event, Visit
from eval.online.export import SCHEMA, SEARCH


class InteractionFiles:
    """A folder that `binocle events export` wrote. Rows count as they are: the rules were applied
    as they were written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def visits(
        self,
        collection: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Visit]:
        """The visits whose search was in the span, day by day. Raises SourceError."""
        for path in self._files(collection):
            for visit in _visits(path):
                asked = visit.asked
                if (since is None or asked.at >= since) and (until is None or asked.at < until):
                    yield visit

    def _files(self, collection: str | None) -> list[Path]:
        name = "*" if collection is None else collection
        files = sorted(
            self._folder.glob(f"collection={name}/day=*/events.parquet"),
            key=lambda path: (path.parent.name, path.parent.parent.name),
        )
        if not files and collection is None:
            raise SourceError(
                f"{self._folder} holds no exported events.",
                hint="`binocle events export --to DIR` writes some.",
            )
        return files


def _visits(path: Path) -> Iterator[Visit]:
    collection = path.parent.parent.name.removeprefix("collection=")
    asked: Asked | None = None
    events: list[Event] = []
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=SCHEMA.names):
                for row in batch.to_pylist():
                    if row["action"] == SEARCH:
                        if asked is not None:
                            yield Visit(asked, tuple(events))
                        asked, events = _asked(row, collection), []
                    else:
                        events.append(_event(row))
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise SourceError(f"{path} can't be read as exported events: {error}") from error
    if asked is not None:
        yield Visit(asked, tuple(events))


def _asked(row: dict[str, Any], collection: str) -> Asked:
    return Asked(
        query_id=row["query_id"],
        collection=collection,
        generation=row["generation"],
        at=row["asked_at"],
        kind=row["kind"],
        text=row["query"],
        image=row["image"],
        found=row["found"],
        latency_ms=row["latency_ms"],
        user=row["user"],
        session=row["session"],
        variants=json.loads(row["variants"] or "{}"),
        sources=json.loads(row["sources"] or "{}"),
        randomised=row["randomised"],
        client=row["client"],
        encoder=row["encoder"],
    )


def _event(row: dict[str, Any]) -> Event:
    return Event(
        query_id=row["query_id"],
        item=row["item"],
        action=row["action"],
        at=row["time"],
        position=row["position"],
        seconds=row["seconds"],
        value=row["value"],
    )
