"""The benchmarks of loads, on small catalogs: that they measure what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from app.ingest_bench.catalog import made_pictures, write_catalog
from app.ingest_bench.memory import bench_memory
from app.ingest_bench.resync import bench_resync
from app.ingest_bench.stand_in import StandIn
from app.settings import Settings
from eval.bench.load_test import Request
from eval.bench.steady import SteadyClient
from tests.integration.conftest import Live


def test_the_stand_in_gives_unit_rows_that_do_not_depend_on_each_other() -> None:
    encoder = StandIn()
    images = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    rows = encoder.encode_images(images)
    assert rows.shape == (2, encoder.dim)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    assert np.array_equal(rows[1:], encoder.encode_images(images[1:]))
    assert encoder.encode_texts(["a", "b"]).shape == (2, encoder.dim)


def test_editions_of_a_made_catalog_differ_in_their_prices_alone(tmp_path: Path) -> None:
    pictures = made_pictures(tmp_path / "pictures", 3)
    lines = [
        write_catalog(tmp_path / f"{edition}.csv", pictures, 5, edition=edition)
        .read_text()
        .splitlines()
        for edition in (0, 1)
    ]
    assert lines[0][0] == lines[1][0]
    for one, other in zip(lines[0][1:], lines[1][1:], strict=True):
        assert one != other
        assert one.rpartition(",")[0] == other.rpartition(",")[0]


def test_a_resync_is_measured_only_where_nothing_was_encoded_again(tmp_path: Path) -> None:
    found = bench_resync(Settings.load(data=tmp_path / "data"), tmp_path, items=60)
    assert [measure.name for measure in found] == [
        "first load",
        "unchanged, synced again",
        "  a second of one core",
        "new prices",
        "  a second of one core",
        "  with the graph built anew",
    ]
    assert all(measure.value > 0 for measure in found)


def test_memory_is_that_of_a_process_of_its_own(tmp_path: Path) -> None:
    first, own, indexing, growth = bench_memory(tmp_path, [20])
    assert 10 < own.value < first.value < 1_000
    assert first.met
    assert indexing.value >= 0
    assert growth.value == 1.0


def test_a_steady_client_notes_what_fails_and_goes_on(light: Live, tmp_path: Path) -> None:
    paths = ("/v1/collections/colours/search?q=red", "/v1/collections/none/search?q=red")
    requests = [Request("GET", path, {}) for path in paths]
    url = str(light.client.base_url)
    with SteadyClient(url, requests, tmp_path, pause_s=0.001) as client:
        assert client.wait_for(4, 60)
    seen = client.seen
    assert len(seen.latencies.seconds) >= 4
    assert abs(len(seen.failures) - len(seen.latencies.seconds) / 2) <= 1
    assert seen.failures[0].startswith("404")
