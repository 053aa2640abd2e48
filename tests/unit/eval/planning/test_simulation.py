"""The simulation of the fan-out against what queueing theory knows exactly."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import InvalidRequest
from eval.planning.queueing import (
    erlang_c,
    fork_join_mean,
    mg1_mean_wait,
    mm1_mean,
    mm1_quantile,
    slowest_mean,
    slowest_quantile,
)
from eval.planning.samples import Sample
from eval.planning.simulation import FanOut, simulate
from eval.planning.tails import with_queue

MEAN = 0.01
long = pytest.mark.no_cover
"""Thousands of queries take three times as long while lines are counted; the other tests run
the same lines."""


def exponential(random: np.random.Generator, number: int) -> NDArray[np.float64]:
    return random.exponential(MEAN, number)


def constant(random: np.random.Generator, number: int) -> NDArray[np.float64]:
    return np.full(number, MEAN)


@long
def test_one_core_and_exponential_services_are_an_m_m_1_queue() -> None:
    found = simulate(FanOut(1, rate=60), exponential, queries=40_000, warm_up=2_000, seed=1)
    assert found.latencies.mean() == pytest.approx(mm1_mean(60, MEAN), rel=0.05)
    assert found.quantile(0.99) == pytest.approx(mm1_quantile(60, MEAN, 0.99), rel=0.08)
    assert found.load == pytest.approx(0.6, rel=0.03)


@long
def test_constant_services_wait_as_pollaczek_and_khinchine_say() -> None:
    found = simulate(FanOut(1, rate=70), constant, queries=40_000, warm_up=2_000, seed=2)
    wait = found.latencies.mean() - MEAN
    assert wait == pytest.approx(mg1_mean_wait(70, MEAN, MEAN**2), rel=0.06)


@long
def test_several_cores_wait_as_erlang_says() -> None:
    found = simulate(FanOut(1, rate=280, cores=4), exponential, queries=40_000, warm_up=2_000)
    wait = erlang_c(4, 0.7) * MEAN / (4 * (1 - 0.7))
    assert found.latencies.mean() - MEAN == pytest.approx(wait, rel=0.1)


@long
def test_an_idle_cluster_takes_as_long_as_the_slowest_of_n_exponentials() -> None:
    found = simulate(FanOut(20, rate=0.1), exponential, queries=3_000, seed=3)
    assert found.latencies.mean() == pytest.approx(slowest_mean(20, MEAN), rel=0.02)
    assert found.quantile(0.99) == pytest.approx(slowest_quantile(20, MEAN, 0.99), rel=0.06)


@long
def test_two_queues_that_get_each_query_take_as_long_as_fork_and_join() -> None:
    found = simulate(FanOut(2, rate=60), exponential, queries=40_000, warm_up=2_000, seed=4)
    assert found.latencies.mean() == pytest.approx(fork_join_mean(60, MEAN), rel=0.05)


@long
def test_shards_taken_as_independent_bound_the_simulated_tail_from_above() -> None:
    service = Sample.between(0.003, 0.006)
    load, shards = 0.6, 16
    found = simulate(
        FanOut(shards, rate=load / service.mean),
        lambda random, number: service.at(random.random(number)),
        queries=4_000,
        warm_up=500,
    )
    bound = with_queue(service, servers=1, load=load, service_mean=service.mean)
    assert found.quantile(0.99) < bound.slowest_of(shards).quantile(0.99)


def test_the_same_seed_gives_the_same_latencies() -> None:
    fan_out = FanOut(3, rate=20, copies=2, hedge_s=0.02)
    first, second = (simulate(fan_out, exponential, queries=50, seed=5) for _ in range(2))
    assert np.array_equal(first.latencies, second.latencies)


def test_another_seed_gives_others() -> None:
    first, second = (simulate(FanOut(3, rate=20), exponential, queries=9, seed=s) for s in (1, 2))
    assert not np.array_equal(first.latencies, second.latencies)


@long
def test_hedging_an_idle_cluster_takes_as_long_as_the_tail_of_both_copies_says() -> None:
    after = 0.02
    found = simulate(
        FanOut(10, rate=0.1, copies=2, hedge_s=after), exponential, queries=4_000, seed=6
    )
    alone = with_queue(
        Sample.of(np.random.default_rng(0).exponential(MEAN, 200_000)),
        servers=1,
        load=0.0,
        service_mean=MEAN,
    )
    expected = alone.hedged(after).slowest_of(10)
    assert found.quantile(0.5) == pytest.approx(expected.quantile(0.5), rel=0.04)
    assert found.quantile(0.99) == pytest.approx(expected.quantile(0.99), rel=0.08)


def test_hedging_asks_a_second_copy_for_the_share_that_was_slow() -> None:
    found = simulate(FanOut(5, rate=0.1, copies=2, hedge_s=0.02), exponential, queries=2_000)
    assert found.searches == pytest.approx(1 + np.exp(-2), rel=0.02)


def test_the_shorter_of_two_queues_waits_less_than_a_random_one() -> None:
    waits = [
        simulate(
            FanOut(1, rate=160, copies=2, choose=choose), exponential, queries=8_000, seed=7
        ).latencies.mean()
        for choose in ("shorter", "random")
    ]
    assert waits[0] < 0.8 * waits[1]


@pytest.mark.parametrize(
    "wrong",
    [{"shards": 0}, {"rate": 0.0}, {"hedge_s": 0.1}, {"choose": "best"}],
)
def test_a_fan_out_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest):
        FanOut(**{"shards": 1, "rate": 1.0, **wrong})  # type: ignore[arg-type]
