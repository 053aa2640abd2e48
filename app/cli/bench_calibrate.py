"""binocle bench calibrate"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from app.calibrating import calibrate as measure
from app.cli.bench_index import (
    SAMPLE,
    Collections,
    Dims,
    Only,
    Sizes,
    Source,
    Work,
    kinds,
    tell,
    whole_numbers,
)
from app.cli.terminal import Data, EncoderSpec, errors, output
from app.seeds import seed_of
from app.settings import Settings
from core.disk import disk_errors
from eval.bench.quantization import Bench, configurations
from eval.planning.constants import FILE_NAME, Constants
from eval.planning.quantities import shown_duration
from qdrant.pointer import write_atomically

_BUSY = 1.0


def calibrate(
    sizes: Sizes = "25000,100000",
    only: Only = "int8,binary",
    dims: Dims = "256,128",
    collection: Collections = None,
    source: Source = str(SAMPLE),
    results: Annotated[
        Path | None,
        typer.Option(help="Results of `bench quantization`, taken where they fit, and added to."),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help=f"The file to write [{FILE_NAME} in the data directory].")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Measure what is known, too.")] = False,
    build: Annotated[bool, typer.Option(help="Build indexes that the results don't hold.")] = True,
    work: Work = None,
    data: Data = None,
    encoder: EncoderSpec = None,
) -> None:
    """Measure what this machine does, for `binocle plan`: indexes, encoder, disk. Some minutes."""
    settings = Settings.load(data=data, encoder=encoder)
    folder = work or settings.data / "bench"
    wanted = configurations(whole_numbers(sizes, "sizes"), whole_numbers(dims, "dims"), kinds(only))
    with disk_errors():
        seed = seed_of(settings, collection or [], source)
        bench = Bench(seed, folder, results or folder / "quantization.json", tell)
        found = measure(settings, bench, wanted, again=again, build=build)
        file = to or settings.data / FILE_NAME
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, found.model_dump(mode="json"), durable=False)
    _show(found)
    errors.print(f"Written: {escape(str(file))}", soft_wrap=True)


def _show(found: Constants) -> None:
    """The main figures; the file has them all."""
    lines = [
        ("text, embedded", found.text_encode.p50),
        ("image, embedded", found.image_encode_core_seconds),
        ("photo of 1 MB, decoded", found.image_decode_core_seconds),
        ("random read of 4 KiB, p50", found.read.p50),
        ("random read of 4 KiB, p99", found.read.p99),
        ("hit, parsed and merged", found.merge_core_seconds),
    ]
    for engine in found.engines:
        way = "rescored" if engine.rescore else "codes alone"
        name = f"search, {engine.quantization} {way}, {engine.dim} x {engine.points:,}"
        lines.append((name, engine.search_core_seconds))
    for name, seconds in lines:
        output.print(f"{name:48} {shown_duration(seconds)}")
    if found.load > _BUSY:
        errors.print(
            f"The machine was busy meanwhile (load {found.load:.1f} per core): times are too long. "
            "Measure again when it is idle.",
            style="yellow",
            soft_wrap=True,
        )
