"""The benchmarks' own arithmetic."""

from collections.abc import Callable

import numpy as np
import pytest

from encoders.images import decode_image
from eval.bench.batching import bench_batching
from eval.bench.measures import Latencies, Measure, time_in_turn
from eval.bench.recall import bench_recall
from eval.bench.synthetic import multiply, photo_of_bytes
from eval.bench.throughput import bench_ingest

UNIT = np.eye(8, dtype=np.float32)


@pytest.mark.parametrize(("value", "met"), [(1.4, True), (1.5, True), (1.6, False)])
def test_a_bound_from_above_is_met_up_to_itself(value: float, met: bool) -> None:
    assert Measure("m", value, "x", at_most=1.5).met is met


@pytest.mark.parametrize(("value", "met"), [(0.7, False), (0.8, True)])
def test_a_bound_from_below_is_met_from_itself_on(value: float, met: bool) -> None:
    assert Measure("m", value, "x", at_least=0.8).met is met


def test_a_measure_without_a_target_is_neither_met_nor_missed() -> None:
    assert Measure("m", 3.0, "ms").met is None


def test_percentiles_are_in_milliseconds() -> None:
    assert Latencies((0.001, 0.002, 0.003)).p50 == pytest.approx(2.0)


def test_calls_are_timed_in_turn() -> None:
    order: list[str] = []
    time_in_turn([lambda n: order.append(f"a{n}"), lambda n: order.append(f"b{n}")], 2)
    assert order == ["a0", "b0", "a1", "b1"]


def test_made_vectors_are_unit_length_and_near_the_vector_they_come_from() -> None:
    for row, vector in multiply(UNIT, 40):
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
        assert UNIT[row] @ vector > 0.4


def test_the_given_vectors_come_first_and_unchanged() -> None:
    first = [vector for _, vector in multiply(UNIT, 8)]
    assert np.array_equal(np.stack(first), UNIT)


def test_a_made_photo_is_a_jpeg_of_about_the_size_asked_for() -> None:
    data = photo_of_bytes(1_000_000)
    assert 800_000 < len(data) < 1_250_000
    assert decode_image(data).size == (2400, 1800)


def test_recall_is_the_share_of_the_exact_answer() -> None:
    def find(query: int, exact: bool) -> list[str]:
        return ["a", "b"] if exact else ["a", "c" if query else "b"]

    measure = bench_recall(find, queries=2, k=2, name="recall@2", basis="")
    assert measure.value == pytest.approx(0.75)


def test_a_load_is_compared_to_the_encoder_round_by_round() -> None:
    calls: list[str] = []
    measures = bench_ingest(
        lambda: calls.append("one"),
        lambda: calls.append("all"),
        lambda: calls.append("load"),
        images=10,
        rounds=2,
    )
    assert calls == ["one", "all", "load"] * 2
    assert {measure.name for measure in measures} >= {"ingest / encoder", "ingest / encoders"}


def test_batches_and_single_runs_are_compared_round_by_round() -> None:
    order: list[str] = []

    def load(name: str, *rounds: float) -> Callable[[], Latencies]:
        left = list(rounds)

        def run() -> Latencies:
            order.append(name)
            return Latencies((left.pop(0),) * 4)

        return run

    found = bench_batching(
        "texts",
        load("batched", 0.01, 0.04, 0.02),
        load("alone", 0.02, 0.10, 0.05),
        clients=8,
        rounds=3,
        basis="",
    )
    assert order == ["batched", "alone"] * 3
    values = {measure.name: measure.value for measure in found}
    assert values["texts, batches / one by one"] == pytest.approx(2.5)
    assert values["texts, in batches"] == pytest.approx(8 / 0.02)
    assert values["texts, one by one, p99"] == pytest.approx(50)
