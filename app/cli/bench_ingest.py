"""binocle bench ingest"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app import benchmarks
from app.cli.bench_tables import SAMPLE, Rounds, Source, tell
from app.cli.terminal import AsJson, EncoderSpec, errors
from app.ingest_bench.beside import bench_beside
from app.ingest_bench.memory import bench_memory
from app.ingest_bench.resync import bench_resync
from app.settings import Settings
from eval.bench.measures import Measure


class Part(StrEnum):
    """What is measured."""

    END_TO_END = "end-to-end"
    RESYNC = "resync"
    MEMORY = "memory"
    BESIDE = "beside"


def ingest(
    part: Annotated[
        list[Part] | None, typer.Argument(help="What to measure [all of them].")
    ] = None,
    source: Source = SAMPLE,
    images: Annotated[int, typer.Option(min=10, help="Images, end to end.")] = 500,
    rounds: Rounds = 5,
    rows: Annotated[int, typer.Option(min=100, help="Rows of the catalog in resync.")] = 100_000,
    most_rows: Annotated[
        int, typer.Option(min=100, help="Rows of the largest load in memory.")
    ] = 1_000_000,
    beside: Annotated[int, typer.Option(min=10, help="Items loaded beside a service.")] = 50_000,
    quick: Annotated[
        bool, typer.Option("--quick", help="A twentieth of everything, in minutes.")
    ] = False,
    encoder: EncoderSpec = None,
    as_json: AsJson = False,
) -> None:
    """Loads: against the encoder alone, of what has not changed, their memory, and what searches
    beside them suffer."""
    share = 20 if quick else 1
    settings = Settings.load(encoder=encoder)

    def end_to_end(data: Settings, folder: Path) -> list[Measure]:
        return benchmarks.bench_ingest(
            data, source, folder, images=max(50, images // share), rounds=rounds
        )

    def resync(data: Settings, folder: Path) -> list[Measure]:
        return bench_resync(data, folder, items=rows // share)

    def memory(_: Settings, folder: Path) -> list[Measure]:
        return bench_memory(folder, (10_000 // share, most_rows // share))

    def asides(data: Settings, folder: Path) -> list[Measure]:
        return bench_beside(data, source, folder, items=beside // share, tell=_tell)

    parts: dict[Part, Callable[[Settings, Path], list[Measure]]] = {
        Part.END_TO_END: end_to_end,
        Part.RESYNC: resync,
        Part.MEMORY: memory,
        Part.BESIDE: asides,
    }
    found: list[Measure] = []
    for each in part or parts:
        _tell(f"Measuring {each} ...")
        with tempfile.TemporaryDirectory(prefix="binocle-bench-") as folder:
            data = settings.model_copy(update={"data": Path(folder) / "data"})
            found += parts[each](data, Path(folder))
    tell(found, as_json)


def _tell(what: str) -> None:
    errors.print(what, style="dim")
