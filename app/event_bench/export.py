"""The export of many events: its time and memory, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from app.interactions.secret import insert_new
from app.settings import Settings
from app.wiring import build
from core.errors import SourceError
from core.interactions import Asked, Event
from core.query_ids import QueryIds
from database.interaction_rows import event_row, search_row
from database.interactions import EVENTS, SEARCHES
from eval.bench.measures import Measure

_EACH = 20
_STEP = 500
_DAYS = 7
_EVERY_S = 0.05


def bench_export(settings: Settings, folder: Path, *, events: int) -> list[Measure]:
    """Seconds and the most resident memory of `binocle events export` over so many events."""
    _fill(settings, events)
    command = [sys.executable, "-m", "app.cli", "events", "export", "--to", str(folder / "log")]
    started = time.perf_counter()
    with subprocess.Popen(
        [*command, "--data", str(settings.data)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    ) as child:
        most = _peak(child)
        said = child.stdout.read() if child.stdout else ""
    seconds = time.perf_counter() - started
    if child.returncode != 0 or f"{events:,} events" not in said:
        raise SourceError(f"The export failed: {said[-300:]}")
    basis = f"{events:,} events of {events // _EACH:,} searches, start of the program included"
    share = events / 1_000_000
    return [
        Measure("export", seconds, "s", basis, at_most=30 if share >= 1 else None),
        Measure("export", events / seconds, "events/s", basis),
        Measure("memory of the export", most / 1e6, "MB", "resident, at most", at_most=1_000),
    ]


def _peak(child: subprocess.Popen[str]) -> int:
    process, most = psutil.Process(child.pid), 0
    while child.poll() is None:
        try:
            most = max(most, process.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(_EVERY_S)
    return most


def _fill(settings: Settings, events: int) -> None:
    """Record searches of a week with twenty events each."""
    with closing(build(settings)) as wiring:
        database = wiring.database
        database.prepare()
        searches = events // _EACH
        for first in range(0, searches, _STEP):
            made = list(_made(range(first, min(first + _STEP, searches)), searches))
            with database.write() as connection:
                connection.execute(insert_new(database, SEARCHES), [row for row, _ in made])
                rows = [row for _, some in made for row in some]
                connection.execute(insert_new(database, EVENTS), rows)


def _made(numbers: range, total: int) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    ids = QueryIds(b"a benchmark has no secrets")
    start = datetime.now(UTC) - timedelta(days=_DAYS)
    for number in numbers:
        at = start + timedelta(days=_DAYS) * (number / total)
        query_id = ids.new("shop", "text", at)
        asked = Asked(
            query_id,
            "shop",
            "g000001",
            at,
            "text",
            f"query {number % 5_000}",
            found=20,
            latency_ms=12.5,
            session=f"{number // 4:032x}",
        )
        events = [
            Event(query_id, f"item-{number * 7 % 99_991}-{place}", "impression", at, place + 1)
            for place in range(_EACH - 1)
        ]
        clicked = timedelta(seconds=5)
        events.append(Event(query_id, events[2].item, "click", at + clicked, 3))
        yield search_row(asked, "Mozilla/5.0"), [event_row(event) for event in events]
