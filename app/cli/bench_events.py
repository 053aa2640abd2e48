"""binocle bench events"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from app.cli.bench_tables import SAMPLE, Source, tell
from app.cli.terminal import AsJson, EncoderSpec, errors
from app.event_bench.beside import bench_beside
from app.event_bench.export import bench_export
from app.settings import Settings


def events(
    source: Source = SAMPLE,
    rate: Annotated[float, typer.Option(min=1, help="Events a second that are sent.")] = 2_200,
    seconds: Annotated[float, typer.Option(min=1, help="Of searches alone, and beside.")] = 30,
    exported: Annotated[int, typer.Option(min=1_000, help="Events that are exported.")] = 1_000_000,
    quick: Annotated[
        bool, typer.Option("--quick", help="5 seconds and 50,000 events, to see that it works.")
    ] = False,
    encoder: EncoderSpec = None,
    as_json: AsJson = False,
) -> None:
    """Events over HTTP beside searches, what a kill loses, and their export."""
    if quick:
        seconds, exported = min(seconds, 5), min(exported, 50_000)
    with tempfile.TemporaryDirectory(prefix="binocle-bench-") as folder:
        root = Path(folder)
        settings = Settings.load(data=root / "data", encoder=encoder)
        found = bench_beside(settings, source, root, rate=rate, seconds=seconds, tell=_tell)
        _tell(f"Exporting {exported:,} events ...")
        other = settings.model_copy(update={"data": root / "many"})
        found += bench_export(other, root, events=exported)
    tell(found, as_json)


def _tell(what: str) -> None:
    errors.print(what, style="dim")
