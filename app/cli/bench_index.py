"""binocle bench quantization"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.markup import escape

from app.cli.terminal import Data, EncoderSpec, errors, output
from app.problems import ExitCode
from app.seeds import seed_of
from app.settings import Settings
from core.disk import disk_errors
from core.errors import InvalidRequest
from eval.bench.index_plot import draw
from eval.bench.index_records import Records
from eval.bench.index_report import page, rows
from eval.bench.quantization import KINDS, Bench, configurations
from eval.planning.drawing import check_drawing
from eval.planning.quantities import count
from qdrant.store import Quantization

SAMPLE = Path(__file__).parents[2] / "examples" / "catalog" / "catalog.csv"
COMMAND = "binocle bench quantization"
PLOT = "images/quantization.png"
Collections = Annotated[
    list[str] | None,
    typer.Option("--collection", help="Take its vectors, instead of a source's; repeatable."),
]
Source = Annotated[str, typer.Option(help="A folder or catalog whose images are embedded.")]
Only = Annotated[str | None, typer.Option(help=f"Kinds, by commas: {','.join(KINDS)}.")]
Sizes = Annotated[str, typer.Option(help="Points, by commas, such as 1e4,100k,1M.")]
Dims = Annotated[str, typer.Option(help="Dimensions, by commas.")]
Patient = Annotated[
    bool, typer.Option("--patient", help="Product quantization above 100,000 points, too: hours.")
]
Work = Annotated[
    Path | None, typer.Option(help="Folder for vectors and indexes [the data directory's bench].")
]


def quantization(
    sizes: Sizes = "10000,100000,1000000",
    only: Only = None,
    dims: Dims = "256,128",
    collection: Collections = None,
    source: Source = str(SAMPLE),
    results: Annotated[
        Path | None, typer.Option(help="File of results [quantization.json in the folder].")
    ] = None,
    docs: Annotated[
        Path | None, typer.Option(help="Write quantization.md and its plot into this folder.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Measure what is known, too.")] = False,
    draw_only: Annotated[
        bool, typer.Option("--draw-only", help="Measure nothing; print and draw what is known.")
    ] = False,
    patient: Patient = False,
    work: Work = None,
    data: Data = None,
    encoder: EncoderSpec = None,
) -> None:
    """Recall, times, memory and disk of every quantization, size by size. It can be stopped, and
    goes on where it was."""
    settings = Settings.load(data=data, encoder=encoder)
    folder = work or settings.data / "bench"
    file = results or folder / "quantization.json"
    wanted = configurations(
        whole_numbers(sizes, "sizes"), whole_numbers(dims, "dims"), kinds(only), patient=patient
    )
    if docs is not None:
        check_drawing()
    if draw_only:
        records = Records.read_from(file)
    else:
        with disk_errors():
            seed = seed_of(settings, collection or [], source)
            records = Bench(seed, folder, file, tell).run(wanted, again=again)
    records = records.latest
    if not rows(records):
        raise InvalidRequest(f"{file} holds no results.", hint="Run it without --draw-only.")
    if docs is None:
        output.print(page(records, COMMAND, None), markup=False, soft_wrap=True)
    else:
        with disk_errors():
            (docs / "quantization.md").write_text(page(records, COMMAND, PLOT), encoding="utf-8")
            draw(rows(records), docs / PLOT)
        errors.print(f"Written: {escape(str(docs / 'quantization.md'))}", soft_wrap=True)
    failed = any(records.of(each.configuration, each.seed) is None for each in records.records)
    raise typer.Exit(ExitCode.DONE_WITH_REJECTS if failed else ExitCode.DONE)


def whole_numbers(text: str, field: str) -> list[int]:
    """Whole numbers by commas, each at least 2, without repetitions."""
    found = [count(part, field) for part in text.split(",")]
    wrong = [number for number in found if number < 2 or number != int(number)]
    if wrong:
        raise InvalidRequest(
            f"--{field} holds {wrong[0]:g}, which is no whole number of at least 2.", field=field
        )
    return list(dict.fromkeys(int(number) for number in found))


def kinds(only: str | None) -> list[Quantization]:
    """The kinds named, or all of them, most useful first."""
    named = [part.strip() for part in only.split(",")] if only is not None else list(KINDS)
    for name in named:
        if name not in get_args(Quantization):
            raise InvalidRequest(
                f"--only names '{name}', which is no kind of quantization.",
                hint=f"There are: {', '.join(KINDS)}.",
                field="only",
            )
    return [kind for kind in KINDS if kind in named]


def tell(line: str) -> None:
    """Progress, on standard error."""
    errors.print(escape(line), soft_wrap=True)
