"""Searches of a service while a load runs beside it, against the same searches without it."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote

from app.loading import BulkLoad, load_collection
from app.settings import Settings
from app.wiring import build
from core.errors import SourceError
from eval.bench.load_test import Request
from eval.bench.measures import Measure
from eval.bench.service import ServiceProcess, free_port
from eval.bench.steady import Steady, SteadyClient
from ingestion.sources.opening import open_source
from ingestion.sources.source import Candidate

_COLLECTION = "beside"
_PAUSE_S = 0.1
_TIMES = 3.0
_TEXTS = ("apple", "red flag", "a dog", "blue car on a road", "house with a garden", "a clock")


def bench_beside(
    settings: Settings,
    source: str,
    folder: Path,
    *,
    items: int,
    idle_s: float = 30.0,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Measure]:
    """p99 of text searches without and during a load of `items`, and how many of them failed.

    The load is `binocle ingest`, in a process of its own, of the source's images over and over
    under new ids. It ends when the service answers from what it built.
    """
    with closing(build(settings)) as wiring:
        load_collection(wiring, BulkLoad(_COLLECTION, source))
    catalog = _catalog(source, folder / "beside.csv", items)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    options = ["--data", str(settings.data), "--encoder", settings.encoder]
    serve = [sys.executable, "-m", "app.cli", "serve", *options, "--port", str(port)]
    ingest = [sys.executable, "-m", "app.cli", "ingest", str(catalog), *options]
    requests = [
        Request("GET", f"/v1/collections/{_COLLECTION}/search?limit=20&q={quote(text)}", {})
        for text in _TEXTS
    ]
    with ServiceProcess(serve, url):
        tell(f"Idle for {idle_s:g} s ...")
        _ask(url, requests, folder, 3.0)  # warm
        idle = _ask(url, requests, folder, idle_s)
        tell(f"Loading {items:,} items beside the service ...")
        started = time.perf_counter()
        with SteadyClient(url, requests, folder, pause_s=_PAUSE_S) as client:
            run = subprocess.run(
                [*ingest, "--collection", _COLLECTION, "--id", "id"],
                capture_output=True,
                text=True,
                check=False,
            )
        seconds = time.perf_counter() - started
    if run.returncode != 0:
        raise SourceError(f"The load failed: {run.stderr.strip()[-500:]}")
    during = client.seen
    basis = f"{items:,} items in {seconds:,.0f} s, {len(during.latencies.seconds):,} searches"
    return [
        Measure("search p50, idle", idle.latencies.p50, "ms", "one client, 0.1 s between"),
        Measure("search p99, idle", idle.latencies.p99, "ms"),
        Measure("search p50, during a load", during.latencies.p50, "ms", basis),
        Measure("search p99, during a load", during.latencies.p99, "ms", basis),
        Measure(
            "p99 during / idle",
            during.latencies.p99 / idle.latencies.p99,
            "x",
            basis,
            at_most=_TIMES,
        ),
        Measure("searches failed", len(during.failures) + len(idle.failures), "", basis, at_most=0),
        Measure("load beside the service", items / seconds, "items/s", "switch included"),
    ]


def _ask(url: str, requests: list[Request], folder: Path, seconds: float) -> Steady:
    with SteadyClient(url, requests, folder, pause_s=_PAUSE_S) as client:
        time.sleep(seconds)
    return client.seen


def _catalog(source: str, path: Path, items: int) -> Path:
    """A CSV of `items` rows over the source's image files. Raises SourceError without any."""
    files = [
        entry.item.image.path.absolute()
        for entry in open_source(source).entries()
        if isinstance(entry, Candidate) and entry.item.image.path is not None
    ]
    if not files:
        raise SourceError(f"{source} has no image files.")
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("id", "image", "title"))
        for number, file in enumerate(islice(cycle(files), items)):
            writer.writerow((f"copy-{number:07}", file, f"copy {number} of {file.stem}"))
    return path
