"""Events over HTTP beside searches, and what is lost when the service is killed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import func, select

from app.bulk_load import BulkLoad
from app.loading import load_collection
from app.settings import Settings
from app.wiring import build
from database.interactions import EVENTS
from eval.bench.event_load import EventSender, Sent
from eval.bench.load_test import Request
from eval.bench.measures import Measure
from eval.bench.service import ServiceProcess, free_port
from eval.bench.steady import Steady, SteadyClient

_COLLECTION = "events"
_PAUSE_S = 0.05
_BATCH = 20
_START_S = 60.0
_TIMES = 1.2
_TEXTS = ("apple", "red flag", "a dog", "blue car on a road", "house with a garden", "a clock")


def bench_beside(
    settings: Settings,
    source: str,
    folder: Path,
    *,
    rate: float,
    seconds: float,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Measure]:
    """Events a second beside searches, the searches' p99 against those without, and the loss.

    One client sends `rate` events a second, 20 a call; one other searches, 0.05 s between an answer
    and the next request. Then the service is killed (SIGKILL) in the midst of it.
    """
    with closing(build(settings)) as wiring:
        load_collection(wiring, BulkLoad(_COLLECTION, source))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "app.cli", "serve", "--data", str(settings.data)]
    command += ["--encoder", settings.encoder, "--port", str(port)]
    paths = [f"/v1/collections/{_COLLECTION}/search?limit=20&q={quote(text)}" for text in _TEXTS]
    requests = [Request("GET", path, {}) for path in paths]
    unlimited = {"BINOCLE_EVENTS__PER_MINUTE": "1000000000"}
    with ServiceProcess(command, url, environment=unlimited) as service:
        tell(f"Searches alone for {seconds:g} s ...")
        _ask(url, requests, folder, min(3.0, seconds))  # warm
        idle = _ask(url, requests, folder, seconds)
        tell(f"Beside {rate:,.0f} events a second ...")
        with EventSender(url, paths[0], folder, rate=rate, batch=_BATCH) as sender:
            sender.wait_for(_BATCH, _START_S)
            during = _ask(url, requests, folder, seconds)
            measured = sender.sent
            service.kill()
        sent = sender.sent
    stored = _stored(settings)
    return _measures(idle, during, measured, sent, stored, settings.events.flush_seconds)


def _measures(
    idle: Steady, during: Steady, measured: Sent, sent: Sent, stored: int, flush_seconds: float
) -> list[Measure]:
    basis = f"{measured.accepted:,} events, {len(during.latencies.seconds):,} searches"
    failed = len(measured.failures) + len(during.failures) + len(idle.failures)
    lost = sent.accepted - stored
    return [
        Measure("events accepted", measured.per_second, "1/s", basis, at_least=2_000),
        Measure("search p50, alone", idle.latencies.p50, "ms", "one client, 0.05 s between"),
        Measure("search p99, alone", idle.latencies.p99, "ms"),
        Measure("search p50, beside events", during.latencies.p50, "ms", basis),
        Measure("search p99, beside events", during.latencies.p99, "ms", basis),
        Measure(
            "p99 beside / alone",
            during.latencies.p99 / idle.latencies.p99,
            "x",
            basis,
            at_most=_TIMES,
        ),
        Measure("calls failed", failed, "", "before the service was killed", at_most=0),
        Measure("events lost by SIGKILL", lost, "", f"of {sent.accepted:,} accepted"),
        Measure(
            "  seconds' worth of them",
            lost / measured.per_second if measured.per_second else 0.0,
            "s",
            f"stated: {flush_seconds:g} s and the time of one write",
            at_most=flush_seconds + 0.5,
        ),
    ]


def _ask(url: str, requests: list[Request], folder: Path, seconds: float) -> Steady:
    with SteadyClient(url, requests, folder, pause_s=_PAUSE_S) as client:
        client.wait_for(1, _START_S)
        time.sleep(seconds)
    return client.seen


def _stored(settings: Settings) -> int:
    with closing(build(settings)) as wiring, wiring.database.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(EVENTS)) or 0)
