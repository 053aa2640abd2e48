"""Plans: what has to hold for any of them."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidRequest, SettingsError
from eval.planning.budget import shard_tail
from eval.planning.constants import Constants
from eval.planning.designs import designs
from eval.planning.fleet import Fleet
from eval.planning.plan import Plan
from eval.planning.plan import plan as make_plan
from eval.planning.rehearsal import rehearse
from eval.planning.workload import Workload

WORK = Workload(images=1e9, qps=1_000, quantization="binary", update_rate=1_000)
IMAGES = st.floats(min_value=1e3, max_value=1e12)
MORE = st.floats(min_value=1.0, max_value=50.0)
FEW = settings(max_examples=30, deadline=None)


def planned(constants: Constants, fleet: Fleet, **changes: Any) -> Plan:
    return make_plan(dataclasses.replace(WORK, **changes), constants, fleet, shard_machine="memory")


@pytest.fixture(scope="session")
def base(constants: Constants, fleet: Fleet) -> Plan:
    return planned(constants, fleet)


@given(IMAGES, MORE)
@FEW
def test_more_images_never_take_fewer_shards(
    constants: Constants, fleet: Fleet, images: float, more: float
) -> None:
    fewer = planned(constants, fleet, images=images)
    many = planned(constants, fleet, images=images * more)
    assert many.shards.number >= fewer.shards.number
    assert many.memory >= fewer.memory
    assert many.disk >= fewer.disk
    assert many.monthly["snapshots"] >= fewer.monthly["snapshots"]


@given(st.floats(min_value=1, max_value=1e6), MORE)
@FEW
def test_more_searches_never_take_fewer_machines(
    constants: Constants, fleet: Fleet, qps: float, more: float
) -> None:
    few = planned(constants, fleet, qps=qps)
    many = planned(constants, fleet, qps=qps * more)
    assert many.shards.copies >= few.shards.copies
    assert many.services >= few.services
    assert many.cost >= few.cost


@given(st.floats(min_value=0, max_value=1e5), MORE)
@FEW
def test_more_updates_never_take_fewer_machines(
    constants: Constants, fleet: Fleet, rate: float, more: float
) -> None:
    few = planned(constants, fleet, update_rate=rate)
    many = planned(constants, fleet, update_rate=rate * more)
    assert many.shards.number >= few.shards.number
    assert many.encoders >= few.encoders
    assert many.network.of_updates >= few.network.of_updates


@given(st.integers(min_value=32, max_value=1024), st.integers(min_value=0, max_value=512))
@FEW
def test_more_dimensions_never_take_less(
    constants: Constants, fleet: Fleet, dim: int, more: int
) -> None:
    """Links apart: more and smaller shards have fewer bits in each."""
    short, long = (planned(constants, fleet, dim=each) for each in (dim, dim + more))
    assert long.shards.number >= short.shards.number
    for kind in ("memory", "disk"):
        less, most = (getattr(each.shards.bytes, kind) for each in (short, long))
        assert all(most[part] >= less[part] for part in less if part != "graph")


@given(IMAGES, st.floats(min_value=1, max_value=1e5), st.floats(min_value=0, max_value=1e4))
@FEW
def test_what_is_planned_fits_and_keeps_up(
    constants: Constants, fleet: Fleet, images: float, qps: float, rate: float
) -> None:
    found = planned(constants, fleet, images=images, qps=qps, update_rate=rate)
    machine, shards = found.site.shard_machine, found.shards
    assert shards.points * shards.bytes.in_memory <= machine.memory * fleet.assumed.used_memory
    assert shards.points * shards.bytes.on_disk <= machine.disk * fleet.assumed.used_disk
    assert shards.number * shards.points == pytest.approx(images)
    assert shards.copies >= 2
    assert shards.load <= found.work.busy + 1e-9
    assert found.loading.seconds >= found.loading.index_seconds > 0


@given(st.floats(min_value=0.0, max_value=0.9), st.floats(min_value=0.0, max_value=0.09))
@FEW
def test_a_better_cache_never_takes_more_copies(
    constants: Constants, fleet: Fleet, cached: float, more: float
) -> None:
    assert (
        planned(constants, fleet, cached=cached + more).shards.copies
        <= planned(constants, fleet, cached=cached).shards.copies
    )


@given(st.integers(min_value=1, max_value=5_000), st.integers(min_value=0, max_value=5_000))
@FEW
def test_the_slowest_of_more_shards_is_never_faster(base: Plan, number: int, more: int) -> None:
    tail = shard_tail(base.site)
    for rank in (0.5, 0.99):
        fewer = tail.slowest_of(number).quantile(rank)
        assert tail.slowest_of(number + more).quantile(rank) >= fewer - 1e-12


def test_a_stage_is_never_longer_than_the_whole_and_the_p99_at_most_their_sum(base: Plan) -> None:
    whole = base.budget.whole
    assert all(stage.p99 <= whole.p99 for stage in base.budget.stages)
    assert whole.p99 <= sum(stage.p99 for stage in base.budget.stages)
    assert whole.p50 < whole.p99


def test_binary_codes_take_less_memory_than_bytes_and_bytes_less_than_floats(
    constants: Constants, fleet: Fleet
) -> None:
    sizes = [
        planned(constants, fleet, quantization=kind).shards.bytes
        for kind in ("binary", "int8", "none")
    ]
    assert [each.memory["codes"] for each in sizes] == pytest.approx([32, 256, 0])
    assert [each.memory.get("full vectors", 0) for each in sizes] == [0, 0, 1024]
    assert sizes[0].in_memory < sizes[1].in_memory < sizes[2].in_memory


def test_asking_a_part_of_the_shards_saves_copies_and_takes_a_routing_step(
    constants: Constants, fleet: Fleet
) -> None:
    everyone = planned(constants, fleet, images=1e11, qps=20_000)
    routed = planned(constants, fleet, images=1e11, qps=20_000, asked=0.05)
    assert routed.shards.copies < everyone.shards.copies
    assert "choose the shards" in [stage.name for stage in routed.budget.stages]
    assert "choose the shards" not in [stage.name for stage in everyone.budget.stages]


def test_a_graph_on_disk_saves_memory_and_costs_time(constants: Constants, fleet: Fleet) -> None:
    disk = planned(constants, fleet, graph_on_disk=True)
    memory = planned(constants, fleet)
    assert disk.shards.bytes.in_memory < memory.shards.bytes.in_memory
    assert disk.budget.whole.p50 > memory.budget.whole.p50


def test_the_cheapest_machine_that_is_fast_enough_is_taken(
    constants: Constants, fleet: Fleet
) -> None:
    work = dataclasses.replace(WORK, p99_s=10.0)
    best = make_plan(work, constants, fleet)
    others = [
        make_plan(work, constants, fleet, shard_machine=name) for name in fleet.named("shard")
    ]
    assert best.cost == min(other.cost for other in others)


def test_a_plan_that_is_too_slow_says_so(constants: Constants, fleet: Fleet) -> None:
    assert not planned(constants, fleet, p99_s=0.001).fast_enough
    assert planned(constants, fleet, p99_s=10).fast_enough


def test_a_simulation_of_the_plan_stays_below_its_formulas(
    constants: Constants, fleet: Fleet
) -> None:
    found = rehearse(planned(constants, fleet, images=1e10), queries=200)
    assert 0.5 * found.expected_p99 < found.found.quantile(0.99) < 1.15 * found.expected_p99


def test_other_designs_are_plans_too(constants: Constants, fleet: Fleet) -> None:
    changes = designs(WORK)
    assert len(changes) > 4
    for change in changes.values():
        assert planned(constants, fleet, **change).cost > 0


def test_a_design_that_the_workload_has_already_is_left_out() -> None:
    work = dataclasses.replace(WORK, asked=0.01, hedge=0.9)
    assert not {"asked", "hedge"} & {key for each in designs(work).values() for key in each}


@pytest.mark.parametrize(
    "wrong",
    [{"images": 0}, {"dim": 0}, {"busy": 1.0}, {"asked": 0.0}, {"cached": 1.0}, {"photos": 1.5},
     {"hedge": 1.0}, {"hedge": 0.9, "copies": 1}, {"first_dim": 512}, {"copies": 0},
     {"first_dim": 64, "rescore": False}, {"first_dim": 64, "quantization": "none"},
     {"p99_s": 0}],
)  # fmt: skip
def test_a_workload_that_can_t_be_is_refused_by_its_option(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        dataclasses.replace(WORK, **wrong)
    assert caught.value.field in wrong
    assert caught.value.hint


def test_a_kind_that_was_not_measured_is_refused_with_the_command_that_measures_it(
    constants: Constants, fleet: Fleet
) -> None:
    with pytest.raises(SettingsError, match="bench calibrate --only turbo"):
        planned(constants, fleet, quantization="turbo")


def test_an_unknown_machine_is_refused_with_those_there_are(
    constants: Constants, fleet: Fleet
) -> None:
    with pytest.raises(InvalidRequest, match="memory"):
        make_plan(WORK, constants, fleet, shard_machine="huge")


def test_a_machine_that_nothing_fits_on_is_refused(constants: Constants, fleet: Fleet) -> None:
    tiny = fleet.machines["memory"].model_copy(update={"memory": 10.0})
    small = fleet.model_copy(update={"machines": {**fleet.machines, "memory": tiny}})
    with pytest.raises(InvalidRequest, match="Not even one point"):
        planned(constants, small)
