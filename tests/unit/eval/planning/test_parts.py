"""Samples, laws, tails and tables: the parts of a plan."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SettingsError
from eval.planning.constants import SHIPPED, Constants
from eval.planning.fitting import LogLine, alike, in_dim, line, slope
from eval.planning.fleet import SHIPPED as PRICES
from eval.planning.fleet import Fleet
from eval.planning.queueing import erlang_c, mm1_mean, mm1_quantile, slowest_quantile
from eval.planning.samples import RANKS, Sample
from eval.planning.tails import with_queue


def test_a_sample_keeps_its_quantiles() -> None:
    sample = Sample.of(np.arange(1, 1001) / 1000)
    assert sample.p50 == pytest.approx(0.5, abs=0.001)
    assert sample.p99 == pytest.approx(0.99, abs=0.001)
    assert sample.at(0.75) == pytest.approx(0.75, abs=0.001)


def test_beyond_what_was_measured_the_tail_of_an_exponential_goes_on_as_one() -> None:
    sample = Sample.of(np.random.default_rng(0).exponential(1.0, 1_000_000))
    assert sample.at(1 - 1e-6) == pytest.approx(-math.log(1e-6), rel=0.02)


@given(st.lists(st.floats(min_value=0, max_value=1e3), min_size=1, max_size=30))
def test_quantiles_never_fall(seconds: list[float]) -> None:
    sample = Sample.of(seconds)
    assert np.all(np.diff(sample.at(np.linspace(0, 0.99999, 200))) >= -1e-9)


def test_an_assumed_sample_has_the_median_and_p99_that_were_given() -> None:
    sample = Sample.between(0.2, 1.0)
    assert (sample.p50, sample.p99) == (pytest.approx(0.2), pytest.approx(1.0))
    assert sample.at(np.array(RANKS))[0] >= 0


def test_a_line_goes_through_points_that_lie_on_one() -> None:
    found = line([(n, 2 + 3 * math.log(n)) for n in (100, 1_000, 10_000)])
    assert found.at(1e9) == pytest.approx(2 + 3 * math.log(1e9))


def test_a_line_through_falling_points_is_flat() -> None:
    assert line([(100, 5.0), (1_000, 4.0)]).at(1e9) == 4.0


def test_a_line_through_one_size_grows_like_another() -> None:
    growth = LogLine(1.0, 2.0)
    found = alike([(100, growth.at(100) * 1.5)], growth)
    assert found.at(1e6) == pytest.approx(1.5 * growth.at(1e6))


def test_the_slope_leaves_out_what_an_empty_index_takes() -> None:
    assert slope([(100, 1e6 + 100 * 40), (10_000, 1e6 + 10_000 * 40)]) == pytest.approx(40)


def test_dimensions_between_measured_ones_are_linear_and_beyond_them_proportional() -> None:
    rows = [(128, 1.0), (256, 1.5)]
    assert [in_dim(rows, dim) for dim in (64, 128, 192, 512)] == [1.0, 1.0, 1.25, 3.0]


def test_a_law_predicts_sizes_that_follow_it(constants: Constants) -> None:
    law = constants.law("int8", rescore=True)
    assert law.search_core_seconds(1e9, 256) == pytest.approx(2e-4 * math.log(1e9))
    assert law.graph_bytes(1e9) == pytest.approx(6 * math.log2(1e9))
    assert law.heap_bytes() == pytest.approx(40)
    assert law.ids_bytes() == pytest.approx(60)
    assert law.code_bytes(256) == pytest.approx(256)


def test_one_server_waits_with_the_chance_of_its_load() -> None:
    assert erlang_c(1, 0.7) == pytest.approx(0.7)
    assert erlang_c(1_000, 0.5) < 1e-9


@pytest.mark.parametrize("load", [1.0, 1.5, -0.1])
def test_a_queue_without_a_steady_state_is_refused(load: float) -> None:
    with pytest.raises(ValueError, match="steady"):
        mm1_mean(load, 1.0)


def test_the_tail_of_a_queue_of_exponentials_is_that_of_m_m_1() -> None:
    exponential = Sample.of(np.random.default_rng(1).exponential(0.01, 400_000))
    tail = with_queue(exponential, servers=1, load=0.6, service_mean=0.01)
    for rank in (0.5, 0.9, 0.99, 0.999):
        assert tail.quantile(rank) == pytest.approx(mm1_quantile(60, 0.01, rank), rel=0.04)


def test_the_slowest_of_idle_exponential_shards_is_the_closed_form() -> None:
    exponential = Sample.of(np.random.default_rng(1).exponential(0.01, 400_000))
    tail = with_queue(exponential, servers=1, load=0.0, service_mean=0.01).slowest_of(100)
    assert tail.quantile(0.99) == pytest.approx(slowest_quantile(100, 0.01, 0.99), rel=0.04)


def test_hedging_only_shortens_the_tail_beyond_its_patience() -> None:
    tail = with_queue(Sample.between(0.002, 0.02), servers=8, load=0.5, service_mean=0.004)
    patience = tail.quantile(0.95)
    hedged = tail.hedged(patience)
    assert hedged.quantile(0.9) == pytest.approx(tail.quantile(0.9))
    assert hedged.quantile(0.999) < tail.quantile(0.999)


def test_constants_survive_their_file(constants: Constants, tmp_path: Path) -> None:
    file = tmp_path / "calibration.json"
    file.write_text(constants.model_dump_json())
    assert Constants.read_from(file) == constants


@pytest.mark.parametrize("text", ["", "{", '{"format": 2}', "[]"])
def test_a_damaged_calibration_is_refused_with_what_to_do(text: str, tmp_path: Path) -> None:
    file = tmp_path / "calibration.json"
    file.write_text(text)
    with pytest.raises(SettingsError, match="bench calibrate"):
        Constants.read_from(file)


def test_the_calibration_that_ships_has_the_kinds_that_plans_ask_for() -> None:
    shipped = Constants.read_from(SHIPPED)
    for kind in ("none", "int8", "binary", "turbo", "product"):
        assert shipped.law(kind, rescore=True).search_core_seconds(1e9, 256) > 0  # type: ignore[arg-type]


def test_the_prices_that_ship_have_a_machine_for_each_use() -> None:
    fleet = Fleet.read_from()
    assert all(fleet.named(use) for use in ("shard", "service", "encoder"))  # type: ignore[arg-type]
    assert fleet.machines["memory"].memory == 512 * 2**30
    assert fleet.machines["memory"].network == 25e9


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [('memory = "64GiB"', 'memory = "64 gigs"', "machines.small.memory"),
     ("cores = 8", "cores = 0", "machines.small.cores"),
     ("hour = 0.55", "hours = 0.55", "machines.small"),
     ('currency = "USD"', "currency = ", "not TOML"),
     ("used_memory = 0.75", "used_memory = 1.75", "assumed.used_memory")],
)  # fmt: skip
def test_a_wrong_entry_in_the_table_of_prices_is_named(
    old: str, new: str, told: str, tmp_path: Path
) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(PRICES.read_text().replace(old, new))
    with pytest.raises(SettingsError) as caught:
        Fleet.read_from(file)
    assert told in caught.value.message


def test_a_table_of_prices_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be read"):
        Fleet.read_from(tmp_path / "none.toml")
