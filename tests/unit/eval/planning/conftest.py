"""Constants of a machine that never was, and a small table of machines."""

import numpy as np
import pytest

from eval.planning.constants import Constants, Engine
from eval.planning.fleet import Fleet
from eval.planning.samples import Sample


def engine(quantization: str, points: int, dim: int, *, rescore: bool = True) -> Engine:
    code = {"none": 0.0, "int8": dim, "binary": dim / 8}[quantization]
    return Engine(
        quantization=quantization,  # type: ignore[arg-type]
        rescore=rescore,
        dim=dim,
        points=points,
        codes_bytes=code * points,
        graph_bytes=6.0 * np.log2(points) * points,
        ids_bytes=60.0 * points + 1e6,
        heap_bytes=40.0 * points + 1e7,
        build_core_seconds=points * 1e-4 * np.log(points) * dim / 128,
        search_core_seconds=1e-4 * np.log(points) * (1 + dim / 256),
        latency=Sample.between(1e-4 * np.log(points), 4e-4 * np.log(points)),
        recall=0.98,
    )


@pytest.fixture(scope="session")
def constants() -> Constants:
    return Constants(
        measured_on="2025-01-01",
        machine="made up",
        load=0.1,
        text_encode=Sample.between(0.005, 0.008),
        image_encode_core_seconds=0.013,
        image_decode_core_seconds=0.017,
        read=Sample.between(1e-4, 5e-4),
        merge_core_seconds=1e-6,
        engines=tuple(
            engine(kind, points, dim, rescore=rescore)
            for kind in ("none", "int8", "binary")
            for points in (20_000, 100_000)
            for dim in (128, 256)
            for rescore in ((True,) if kind == "none" else (True, False))
        ),
    )


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    return Fleet.read_from()
