"""binocle bench ..."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from app import benchmarks, search_benchmark
from app.aspect_benchmark import Study, bench_aspects
from app.cli import bench_calibrate, bench_fanout, bench_index
from app.cli.bench_events import events
from app.cli.bench_ingest import Part, ingest
from app.cli.bench_tables import SAMPLE, Rounds, Source, tell
from app.cli.terminal import AsJson, EncoderSpec, errors
from app.cli.train import quiet_libraries, watching
from app.derive_benchmark import bench_derived
from app.encoder_benchmark import bench_encoder
from app.experiments.benchmark import bench_assignment
from app.made_collection import make_collection
from app.settings import Settings
from eval.bench.judging import bench_judging

commands = typer.Typer(
    help="Speed and memory, as ratios to a bare part in the same run.", no_args_is_help=True
)
Items = Annotated[int, typer.Option(min=100, help="Items in the collection; made beyond real.")]


@commands.command()
def search(
    source: Source = SAMPLE,
    items: Items = 100_000,
    clients: Annotated[int, typer.Option(min=1, help="Clients at a time.")] = 8,
    requests: Annotated[int, typer.Option(min=10, help="Requests over HTTP.")] = 2_000,
    quick: Annotated[
        bool, typer.Option("--quick", help="5,000 items and 400 requests, to see that it works.")
    ] = False,
    keep: Annotated[
        Path | None, typer.Option(help="Folder that keeps the collection for the next run.")
    ] = None,
    encoder: EncoderSpec = None,
    as_json: AsJson = False,
) -> None:
    """Searches in process and over HTTP, recall of the index, start time and memory."""
    if quick:
        items, requests = min(items, 5_000), min(requests, 400)
    with tempfile.TemporaryDirectory(prefix="binocle-bench-") as folder:
        settings = Settings.load(data=(keep or Path(folder)) / "data", encoder=encoder)
        errors.print(f"A collection of {items:,} items ...", style="dim")
        made = make_collection(
            settings, source, items, name=search_benchmark.COLLECTION, drawn=search_benchmark.DRAWN
        )
        errors.print("Made." if made else "It was there.", style="dim")
        found = search_benchmark.bench_search(settings)
        found += search_benchmark.bench_index(settings)
        found += benchmarks.bench_service(settings, Path(folder), clients=clients, total=requests)
    tell(found, as_json)


@commands.command()
def encoder(
    clients: Annotated[int, typer.Option(min=1, help="Clients at a time.")] = 16,
    requests: Annotated[int, typer.Option(min=10, help="Requests with a text in a round.")] = 1_000,
    rounds: Rounds = 3,
    encoder: EncoderSpec = None,
    as_json: AsJson = False,
) -> None:
    """The encoder service in batches against one input after the other, by turns."""
    with tempfile.TemporaryDirectory(prefix="binocle-bench-") as folder:
        found = bench_encoder(
            Settings.load(data=Path(folder), encoder=encoder),
            Path(folder),
            clients=clients,
            requests=requests,
            rounds=rounds,
        )
    tell(found, as_json)


@commands.command()
def derive(
    source: Source = SAMPLE,
    images: Annotated[int, typer.Option(min=10, help="Images to look at.")] = 300,
    rounds: Rounds = 3,
    encoder: EncoderSpec = None,
    as_json: AsJson = False,
) -> None:
    """What is learnt of each image beside its vector, against the encoder on the same images."""
    spec = Settings.load(encoder=encoder).encoder
    tell(bench_derived(spec, source, images=images, rounds=rounds), as_json)


@commands.command()
def aspects(
    source: Source = SAMPLE,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", help="Whose values say what a thing is; may be repeated [tags]."),
    ] = None,
    half: Annotated[
        int, typer.Option(min=0, max=1, help="Half of the catalog: 0 to tune by, 1 to report.")
    ] = 1,
    queries: Annotated[int, typer.Option(min=1, help="Queries of each kind.")] = 300,
    limit: Annotated[int, typer.Option(min=10, help="Items to load.")] = 10_000,
    encoder: EncoderSpec = None,
    as_json: AsJson = False,
) -> None:
    """What meaning, words and appearance find, each alone and together."""
    with tempfile.TemporaryDirectory(prefix="binocle-bench-") as folder:
        settings = Settings.load(data=Path(folder), encoder=encoder)
        study = Study(source, tuple(field or ["tags"]), half, queries, limit)
        tell(bench_aspects(settings, study), as_json)


@commands.command("eval")
def evaluation(
    items: Annotated[int, typer.Option(min=10, help="Items in the gallery.")] = 100_000,
    queries: Annotated[int, typer.Option(min=2, help="Queries.")] = 10_000,
    dim: Annotated[int, typer.Option(min=2, help="Dimensions of the made vectors.")] = 256,
    as_json: AsJson = False,
) -> None:
    """All retrieval metrics over made vectors: seconds, and the most memory taken."""
    tell(bench_judging(items=items, queries=queries, dim=dim), as_json)


@commands.command()
def train(
    model: Annotated[
        str, typer.Option(help="What is trained; fresh weights are as fast as any.")
    ] = "open_clip:ViT-B-32/",
    source: Annotated[Path, typer.Option(help="A catalog with images and titles.")] = Path(SAMPLE),
    batch: Annotated[int, typer.Option(min=2, help="Pairs of a batch.")] = 32,
    steps: Annotated[int, typer.Option(min=1, help="Steps of a round that are timed.")] = 4,
    rounds: Rounds = 3,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Processes that decode [by the machine].")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The trainer from image files against a bare loop over tensors in memory."""
    quiet_libraries()
    from training.bench import Load, bench_train

    load = Load(model, source, batch, steps, rounds, workers)
    with tempfile.TemporaryDirectory(prefix="binocle-bench-") as folder, watching() as watcher:
        found = bench_train(load, Path(folder), watcher)
    tell(found, as_json)


@commands.command()
def experiments(
    requests: Annotated[int, typer.Option(min=100, help="Requests that are decided on.")] = 20_000,
    as_json: AsJson = False,
) -> None:
    """What running experiments add to each request before it is searched for."""
    tell(bench_assignment(requests), as_json)


@commands.command("all")
def all_(source: Source = SAMPLE, encoder: EncoderSpec = None) -> None:
    """All of them."""
    ingest(part=[Part.END_TO_END], source=source, encoder=encoder)
    search(source=source, encoder=encoder)


commands.command()(ingest)
commands.command()(events)
commands.command()(bench_index.quantization)
commands.command()(bench_calibrate.calibrate)
commands.command()(bench_fanout.fanout)
