"""Measuring indexes: made vectors, processes of their own, records, and the page made of them."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import InvalidRequest, SettingsError
from eval.bench import index_plot
from eval.bench.calibration import (
    core_seconds,
    engines,
    merge_core_seconds,
    random_reads,
    timed,
)
from eval.bench.index_records import Configuration, Pace, Record, Records, Searched
from eval.bench.index_report import chosen, page, rows, targets
from eval.bench.made_vectors import Seed, cut, make_set, nearest
from eval.bench.model_check import check_model
from eval.bench.quantization import Bench, configurations
from eval.planning.samples import Sample


def unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(scope="module")
def seed() -> Seed:
    random = np.random.default_rng(0)
    made = [unit(random.standard_normal((number, 16))) for number in (80, 6, 4)]
    return Seed("made up", *made)


def record(
    kind: str,
    points: int,
    *,
    dim: int = 256,
    recall: float = 0.99,
    p50: float = 1e-3,
    **more: object,
) -> Record:
    """As if measured: int8 codes take a quarter of the floats."""
    codes = {"none": 0.0, "int8": 1.0, "binary": 1 / 8}[kind] * dim * points
    found = Searched(
        rescore=True,
        recall_images=recall,
        recall_texts=recall,
        core_seconds=p50 * np.log(points) / 10,
        latency=Sample.between(p50, 3 * p50),
        first=Sample.between(2 * p50, 9 * p50),
        heap=codes + 40 * points,
        resident={"graph": 10.0, "originals": 4.0 * dim * points},
        process=1e8,
    )
    fields = {
        "seed": "s", "source": "made up", "real": 80, "engine": "e 1", "machine": "m",
        "measured_on": "2025-01-01", "load": 0.2, "indexed": points, "segments": 1,
        "build_core_seconds": 1e-4 * points * np.log(points), "searches": (found,),
        "disk": {"codes": codes, "graph": 40.0 * points, "originals": 4.0 * dim * points},
    }  # fmt: skip
    configuration = Configuration(quantization=kind, dim=dim, points=points)  # type: ignore[arg-type]
    return Record(configuration=configuration, **{**fields, **more})  # type: ignore[arg-type]


def test_made_sets_know_their_exact_answers_and_are_made_once(seed: Seed, tmp_path: Path) -> None:
    made = make_set(seed, dim=8, points=300, work=tmp_path)
    vectors, queries = np.array(made.vectors), made.queries
    assert vectors.shape == (300, 8)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(300), abs=1e-5)
    assert np.allclose(vectors[:80], cut(seed.vectors, 8))
    assert np.array_equal(made.answers, np.argsort(-(queries @ vectors.T), axis=1)[:, :10])
    assert made.images == 6
    before = (made.folder / "vectors.npy").stat().st_mtime_ns
    make_set(seed, dim=8, points=300, work=tmp_path)
    assert (made.folder / "vectors.npy").stat().st_mtime_ns == before


def test_the_nearest_are_found_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    vectors, queries = random.standard_normal((95, 4)), random.standard_normal((3, 4))
    whole = nearest(vectors, queries)
    monkeypatch.setattr("eval.bench.made_vectors._BLOCK", 20)
    assert np.array_equal(nearest(vectors, queries), whole)


def test_too_few_real_vectors_or_dimensions_are_refused(seed: Seed, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="16 dimensions"):
        make_set(seed, dim=32, points=100, work=tmp_path)
    few = Seed("few", seed.vectors[:10], seed.images, seed.texts)
    with pytest.raises(InvalidRequest, match="only 10 real vectors"):
        make_set(few, dim=8, points=100, work=tmp_path)


def test_an_index_is_built_and_searched_in_processes_and_not_measured_twice(
    seed: Seed, tmp_path: Path
) -> None:
    told: list[str] = []
    bench = Bench(seed, tmp_path / "work", tmp_path / "results.json", told.append)
    wanted = configurations([150, 200], [16], ["int8"])
    smaller, found = bench.run(wanted).records
    assert found.error == smaller.error == ""
    assert [each.rescore for each in found.searches] == [True, False]
    assert found.searches[0].recall_images == 1.0  # so few are compared one by one, and rescored
    assert found.searches[0].heap > 0
    assert found.disk["originals"] >= 200 * 16 * 4
    assert not list((tmp_path / "work").glob("index-*"))
    assert smaller.pace is None
    assert found.pace is not None
    assert found.pace.points == 150
    assert found.pace.ratio > 0
    assert bench.run(wanted).records == (smaller, found)
    assert "measured on" in told[-1]


def test_a_configuration_that_fails_is_noted_and_tried_again(seed: Seed, tmp_path: Path) -> None:
    bench = Bench(seed, tmp_path, tmp_path / "results.json", lambda _: None)
    wanted = configurations([200], [16], ["int8"])
    made = make_set(seed, dim=16, points=200, work=tmp_path)
    (made.folder / "vectors.npy").write_bytes(b"no vectors")
    failed = bench.run(wanted)
    assert "build:" in failed.records[0].error
    assert failed.of(wanted[0], seed.digest) is None
    assert "What failed" in page(failed, "binocle bench quantization", None)


def test_small_sizes_and_useful_kinds_come_first() -> None:
    found = configurations([1000, 10], [256, 128], ["int8", "none"])
    assert [(c.points, c.dim, c.quantization) for c in found[:5]] == [
        (10, 256, "int8"),
        (10, 256, "none"),
        (10, 128, "int8"),
        (10, 128, "none"),
        (1000, 256, "int8"),
    ]


def test_records_survive_their_file_and_the_latest_counts(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    both = Records().with_(record("int8", 100)).with_(record("int8", 100, load=9.0))
    both.write_to(file)
    assert Records.read_from(file) == both
    assert [each.load for each in both.records] == [9.0]


def test_only_results_of_the_vectors_used_last_are_compared() -> None:
    both = Records().with_(record("int8", 100, seed="old")).with_(record("none", 100, seed="new"))
    assert [each.seed for each in both.latest.records] == ["new"]
    assert Records().latest == Records()


def test_a_damaged_file_of_results_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"records": [1]}))
    with pytest.raises(SettingsError, match="can't be read"):
        Records.read_from(file)


def test_the_memory_of_an_index_leaves_out_floats_that_only_rescoring_reads() -> None:
    int8, none = record("int8", 1000), record("none", 1000)
    assert int8.index_memory(int8.searches[0]) == 1000 * (256 + 40 + 40)
    assert none.index_memory(none.searches[0]) == 1000 * (1024 + 40 + 40)


def test_the_choice_takes_least_memory_among_those_that_find_as_much() -> None:
    good = Records(records=(record("none", 100), record("int8", 100), record("binary", 100)))
    assert chosen(rows(good)).kind == "binary"  # type: ignore[union-attr]
    poor = good.with_(record("binary", 100, recall=0.9))
    assert chosen(rows(poor)).kind == "int8"  # type: ignore[union-attr]
    slow = poor.with_(record("int8", 100, p50=2.1e-3))
    assert chosen(rows(slow)).kind == "none"  # type: ignore[union-attr]
    assert chosen(rows(Records(records=(record("int8", 100),)))) is None


def test_targets_are_held_to_where_their_sizes_were_measured() -> None:
    small = Records(records=(record("none", 10_000), record("int8", 10_000)))
    assert [each.met for each in targets(rows(small))] == [True, True]
    large = small.with_(record("int8", 100_000)).with_(record("int8", 1_000_000, p50=2.1e-3))
    assert targets(rows(large))[0].met is False
    assert targets(rows(large))[0].value == pytest.approx(2.1)


def test_how_times_grow_is_taken_from_searches_in_turn_where_there_are_some() -> None:
    pace = Pace(
        points=100_000, smaller=Sample.between(1e-3, 2e-3), larger=Sample.between(3e-3, 4e-3)
    )
    found = Records(records=(record("int8", 100_000), record("int8", 1_000_000, pace=pace)))
    assert targets(rows(found))[0].value == pytest.approx(3)
    assert "| 100,000 to 1,000,000 | 1.00 to 3.00 | 3.00 |" in page(found, "command", None)


def test_product_quantization_of_many_points_is_for_the_patient() -> None:
    sizes = [100_000, 1_000_000]
    assert [c.points for c in configurations(sizes, [256], ["product"])] == sizes[:1]
    assert [c.points for c in configurations(sizes, [256], ["product"], patient=True)] == sizes


def test_the_page_has_each_size_and_says_when_the_machine_was_busy() -> None:
    found = Records(records=(record("none", 100), record("int8", 200, load=3.0)))
    text = page(found, "binocle bench quantization", "images/q.png")
    assert "## 100 points" in text
    assert "## 200 points" in text
    assert "machine was busy" in text
    assert "(images/q.png)" in text
    idle = Records(records=(record("none", 100),))
    assert "machine was busy" not in page(idle, "binocle bench quantization", None)


def test_a_law_that_holds_is_off_by_nothing_and_one_that_doesn_t_by_its_error() -> None:
    sizes = [record("int8", points) for points in (10_000, 30_000, 100_000)]
    checks = {each.figure: each for each in check_model(Records(records=tuple(sizes)))}
    assert checks["search, core ms"].error == pytest.approx(0, abs=1e-6)
    assert checks["ids, memory, bytes of a point"].predicted == pytest.approx(40)
    slower = Records(records=(*sizes[:2], record("int8", 100_000, p50=2e-3)))
    worse = {each.figure: each for each in check_model(slower)}
    assert worse["search, core ms"].error == pytest.approx(-0.5)


def test_indexes_without_a_graph_are_no_ground_for_a_law() -> None:
    assert engines([record("int8", 100, indexed=0)]) == ()
    assert len(engines([record("int8", 100)])) == 1


def test_a_plot_is_drawn_of_what_there_is(tmp_path: Path) -> None:
    found = Records(records=(record("none", 100), record("int8", 200)))
    index_plot.draw(rows(found), tmp_path / "images" / "q.png")
    assert (tmp_path / "images" / "q.png").read_bytes().startswith(b"\x89PNG")


def test_a_calibration_s_clocks_run(tmp_path: Path) -> None:
    calls: list[int] = []
    assert timed(calls.append, 5).calls == 5
    assert calls[-5:] == [0, 1, 2, 3, 4]
    assert core_seconds(lambda _: sum(range(10_000)), 20) > 0
    assert merge_core_seconds(rounds=2) > 0
    file = tmp_path / "blocks"
    file.write_bytes(bytes(64 * 4096))
    assert random_reads(file).calls == 64
