"""Calibrating from indexes that were measured before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.calibrating import calibrate
from app.settings import Settings
from core.errors import InvalidRequest
from eval.bench.index_records import Configuration, Record, Records, Searched
from eval.bench.made_vectors import Seed
from eval.bench.quantization import Bench
from eval.planning.samples import Sample

KNOWN, OTHER = (Configuration(quantization="int8", dim=8, points=points) for points in (200, 1_000))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    vectors = np.eye(8, dtype=np.float32).repeat(10, axis=0)
    bench = Bench(
        Seed("made", vectors, vectors[:4], vectors[:4]),
        tmp_path,
        tmp_path / "results.json",
        lambda _: None,
    )
    searched = Searched(
        rescore=True, recall_images=1, recall_texts=1, core_seconds=1e-4,
        latency=Sample.between(1e-4, 2e-4), first=Sample.between(1e-4, 2e-4),
        heap=1e4, resident={}, process=1e8,
    )  # fmt: skip
    record = Record(
        configuration=KNOWN, seed=bench.seed.digest, source="made", real=80, engine="e",
        machine="m", measured_on="2025-01-01", load=0.1, indexed=200, searches=(searched,),
    )  # fmt: skip
    Records().with_(record).write_to(bench.results)
    return bench


def test_nothing_is_built_when_only_what_is_known_is_wanted(
    bench: Bench, tiny_bundle: Path, tmp_path: Path
) -> None:
    settings = Settings.load(data=tmp_path, encoder=f"bundle:{tiny_bundle}")
    found = calibrate(settings, bench, [KNOWN, OTHER], build=False)
    assert [(each.points, each.search_core_seconds) for each in found.engines] == [(200, 1e-4)]
    assert found.text_encode.p50 > 0
    assert len(Records.read_from(bench.results).records) == 1
    with pytest.raises(InvalidRequest, match="No index was large enough"):
        calibrate(settings, bench, [OTHER], build=False)
