"""Figures for operators: quantiles, windows of time, and rejects files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.operations.pulse import SEARCHES, Pulse
from app.operations.quantiles import quantile
from app.operations.recent_rejects import recent_rejects
from app.telemetry import Telemetry

SEARCH = "/v1/collections/{collection}/search"
BOUNDS = [0.001, 0.01, 0.1, 1.0]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def asked(telemetry: Telemetry, seconds: float, status: str = "200", route: str = SEARCH) -> None:
    telemetry.requests.labels("POST", route, status).observe(seconds)


@given(
    st.lists(st.floats(0.0005, 0.9), min_size=1, max_size=40), st.sampled_from([0.5, 0.95, 0.99])
)
def test_a_quantile_lies_in_the_bucket_of_the_true_one(values: list[float], share: float) -> None:
    counts = np.bincount(np.searchsorted(BOUNDS, values), minlength=5).tolist()
    found = quantile(share, BOUNDS, counts)
    true = float(np.quantile(values, share, method="inverted_cdf"))
    low = max([0.0, *(bound for bound in BOUNDS if bound < true)])
    high = min(bound for bound in BOUNDS if bound >= true)
    assert found is not None
    assert low <= found <= high * 1.0001


def test_a_quantile_of_nothing_is_unknown_and_one_above_all_bounds_is_the_last() -> None:
    assert quantile(0.5, BOUNDS, [0, 0, 0, 0, 0]) is None
    assert quantile(0.5, BOUNDS, [0, 0, 0, 0, 3]) == 1.0


def test_a_window_counts_the_searches_since_its_beginning(clock: Clock) -> None:
    telemetry = Telemetry()
    pulse = Pulse(telemetry, clock=clock)
    for _ in range(10):
        asked(telemetry, 2.0)
    clock.now += 100
    pulse.sample()
    for _ in range(30):
        asked(telemetry, 0.02)
    asked(telemetry, 0.02, "404")
    asked(telemetry, 0.02, "500")
    asked(telemetry, 9.0, route="/v1/embeddings")
    clock.now += 60
    minute, whole = pulse.window(60), pulse.window()
    assert (minute.answered, minute.refused, minute.failed) == (30, 1, 1)
    assert minute.per_second == pytest.approx(32 / 60)
    assert minute.p99_ms is not None
    assert 10 < minute.p99_ms <= 25
    assert (whole.answered, whole.seconds) == (40, 160)
    assert whole.p99_ms is not None
    assert whole.p99_ms > 1000


def test_a_young_service_tells_the_span_that_it_knows(clock: Clock) -> None:
    pulse = Pulse(Telemetry(), clock=clock)
    clock.now += 7
    window = pulse.window(60)
    assert (window.seconds, window.per_second, window.p50_ms) == (7, 0.0, None)


def test_every_route_that_searches_is_counted(clock: Clock) -> None:
    telemetry = Telemetry()
    for route in SEARCHES:
        asked(telemetry, 0.01, route=route)
    assert Pulse(telemetry, clock=clock).window().answered == 3


def test_rejects_files_are_summed_up_the_latest_first(tmp_path: Path) -> None:
    for day, kinds in ((1, ["malformed-row"]), (2, ["image-unreadable"] * 3 + ["duplicate-id"])):
        lines = [
            json.dumps({"row": at, "id": None, "field": None, "reason": "<b>", "kind": kind})
            for at, kind in enumerate(kinds, start=1)
        ]
        file = tmp_path / f"my-shop-2026010{day}T000000.jsonl"
        file.write_text("\n".join([*lines, '{"cut o']))
    os.utime(tmp_path / "my-shop-20260101T000000.jsonl", (1, 1))
    latest, first = recent_rejects(tmp_path)
    assert (latest.collection, latest.rejected) == ("my-shop", 4)
    assert list(latest.kinds.items()) == [("image-unreadable", 3), ("duplicate-id", 1)]
    assert [one["row"] for one in latest.examples] == [1, 2, 3]
    assert first.at.year == 1970
    assert recent_rejects(tmp_path / "nowhere") == []
