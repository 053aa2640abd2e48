"""A service that is killed (SIGKILL) in the midst of events: what is lost, and that the rest is
whole; and the benchmarks that measure it, at a small size."""

from __future__ import annotations

import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.event_bench.beside import bench_beside
from app.event_bench.export import bench_export
from app.settings import Settings
from app.wiring import build
from database.interactions import EVENTS, SEARCHES
from eval.bench.service import ServiceProcess, free_port
from tests.pictures import picture

FLUSH_S = 0.2
MARGIN_S = 2.0
"""The time of one write, on a machine that does other things, too."""


@pytest.fixture
def settings(tmp_path: Path, tiny_bundle: Path) -> Settings:
    return Settings.load(data=tmp_path / "data", encoder=f"bundle:{tiny_bundle}")


def stored(settings: Settings, table: Any, column: str) -> set[str]:
    with closing(build(settings)) as wiring, wiring.database.read() as connection:
        return set(connection.scalars(select(table.c[column])))


def test_only_what_came_within_the_flush_time_is_lost(settings: Settings) -> None:
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--data", str(settings.data)]
    command += ["--encoder", settings.encoder, "--port", str(port)]
    environment = {"BINOCLE_EVENTS__FLUSH_SECONDS": str(FLUSH_S), "BINOCLE_STORE": "memory"}
    accepted: dict[str, float] = {}
    asked: dict[str, float] = {}
    url = f"http://127.0.0.1:{port}"
    with (
        ServiceProcess(command, url, environment=environment) as service,
        httpx.Client(base_url=url) as client,
    ):
        client.put("/v1/collections/shop", json={})
        until = time.monotonic() + FLUSH_S + MARGIN_S + 0.5
        while time.monotonic() < until:
            answer = client.post("/v1/collections/shop/search", json={}).json()
            asked[answer["query_id"]] = time.monotonic()
            for _ in range(5):
                item = f"item-{len(accepted)}"
                event = {"query_id": answer["query_id"], "item": item, "action": "click"}
                assert client.post("/v1/events", json=event).json()["accepted"] == 1
                accepted[item] = time.monotonic()
        killed = time.monotonic()
        service.kill()
    kept = stored(settings, EVENTS, "item")
    lost = [killed - at for item, at in accepted.items() if item not in kept]
    assert kept
    assert max(lost, default=0.0) < FLUSH_S + MARGIN_S
    # What is lost is the last of it: nothing is missing in between.
    first_lost = min((at for item, at in accepted.items() if item not in kept), default=killed)
    assert all(at < first_lost for item, at in accepted.items() if item in kept)
    searches = stored(settings, SEARCHES, "query_id")
    missing = [killed - at for query_id, at in asked.items() if query_id not in searches]
    assert max(missing, default=0.0) < FLUSH_S + MARGIN_S


def test_the_benchmark_counts_what_was_accepted_and_what_was_kept(
    settings: Settings, tmp_path: Path
) -> None:
    catalog = tmp_path / "catalog.csv"
    picture("red").save(tmp_path / "red.png")
    catalog.write_text("id,image,title\ni1,red.png,red\n")
    found = bench_beside(settings, str(catalog), tmp_path, rate=200, seconds=0.6)
    by_name = {measure.name.strip(): measure for measure in found}
    assert by_name["calls failed"].value == 0
    assert 20 < by_name["events accepted"].value < 400
    assert by_name["events lost by SIGKILL"].value >= 0
    assert by_name["p99 beside / alone"].value > 0


def test_the_export_of_the_benchmark_is_whole(settings: Settings, tmp_path: Path) -> None:
    seconds, rate, memory = bench_export(settings, tmp_path, events=2_000)
    assert seconds.target == ""  # set for a million
    assert rate.value == pytest.approx(2_000 / seconds.value)
    assert memory.met
