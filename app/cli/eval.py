"""binocle eval"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.cli.terminal import Data, EncoderSpec, errors, output, wired
from app.evaluating import (
    Outcome,
    Run,
    Watch,
    chosen,
    evaluate_collection,
    evaluate_encoders,
)
from app.problems import ExitCode
from core.disk import disk_errors
from core.errors import InvalidRequest
from encoders.bundle import Threads
from encoders.encoder import Encoder
from encoders.specs import load_encoder
from eval.reports import document as documents
from eval.reports import terminal as tables
from eval.reports.page import check_installed, html
from eval.retrieval.measuring import Measuring
from eval.retrieval.metrics import Gain
from eval.retrieval.resampling import Bootstrap
from eval.retrieval.sets import EvaluationSet, load_set
from eval.robustness.study import Study

_RESAMPLES = 1_000


def evaluate(
    set_: Annotated[Path, typer.Argument(metavar="SET", help="An evaluation set: a YAML file.")],
    encoder: EncoderSpec = None,
    baseline: Annotated[
        str | None, typer.Option(help="Another encoder, to compare with, such as bundle:PATH.")
    ] = None,
    collection: Annotated[
        str | None, typer.Option(help="Ask this live collection, and exact search beside it.")
    ] = None,
    task: Annotated[
        list[str] | None, typer.Option(help="Only this task of the set; may be repeated.")
    ] = None,
    k: Annotated[
        list[int] | None, typer.Option("--k", min=1, help="A cut, such as 10; may be repeated.")
    ] = None,
    gain: Annotated[
        str | None, typer.Option(help="Of nDCG: linear, or exponential (2^grade - 1).")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Draw this many items, for a quick look.")
    ] = None,
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Measure what corrupted pictures cost, too.")
    ] = False,
    corruption: Annotated[
        list[str] | None, typer.Option(help="Only this corruption; may be repeated.")
    ] = None,
    severity: Annotated[
        list[int] | None, typer.Option(help="Only this severity, 1 to 5; may be repeated.")
    ] = None,
    resamples: Annotated[
        int, typer.Option(min=1, help="Bootstrap resamples for confidence intervals.")
    ] = _RESAMPLES,
    seed: Annotated[int, typer.Option(min=0, help="Of resamples, swaps and draws.")] = 0,
    cache: Annotated[
        Path | None, typer.Option(help="Folder that keeps vectors between runs.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all figures to this file; - prints them.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write a report with plots and pictures.")
    ] = None,
    data: Data = None,
) -> None:
    """Measure how well an encoder, or a live collection, answers an evaluation set."""
    if collection is not None and (baseline is not None or robustness):
        raise InvalidRequest(
            "--collection goes with neither --baseline nor --robustness.",
            hint="Exact search over the collection's own vectors is its baseline.",
        )
    if html_file is not None:
        check_installed()
    found = load_set(set_, limit=limit, seed=seed)
    study = _study(corruption, severity, seed) if robustness or corruption or severity else None
    measuring = Measuring(
        ks=tuple(k or found.ks),
        gain=_gain(gain, found),
        bootstrap=Bootstrap(resamples=resamples, seed=seed),
    )
    tasks = chosen(found.tasks, task or [])
    with wired(data=data, encoder=encoder) as wiring, _watching() as watch:
        run = Run(measuring, wiring.limits(), watch, cache, study)
        if collection is not None:
            outcome = evaluate_collection(tasks, wiring, collection, run)
        else:
            other = None if baseline is None else _load(baseline)
            outcome = evaluate_encoders(tasks, wiring.encoder(), run, baseline=other)
    asked = {"set": str(set_), "limit": limit, "seed": seed, "collection": collection}
    _tell(found, outcome, asked, json_file, html_file)
    raise typer.Exit(ExitCode.DONE if outcome.complete else ExitCode.DONE_WITH_REJECTS)


def _load(spec: str) -> Encoder:
    """Another encoder, of one thread for each run, as the one of the settings is."""
    return load_encoder(spec, threads=Threads(image=1, text=1))


def _study(corruption: list[str] | None, severity: list[int] | None, seed: int) -> Study:
    given: dict[str, Any] = {"seed": seed}
    if corruption:
        given["corruptions"] = tuple(corruption)
    if severity:
        given["severities"] = tuple(severity)
    return Study(**given)


def _gain(given: str | None, found: EvaluationSet) -> Gain:
    if given is None:
        return found.gain
    if given not in ("linear", "exponential"):
        raise InvalidRequest(
            f"--gain is '{given}'.", hint="It is linear or exponential.", field="gain"
        )
    return cast("Gain", given)


@contextmanager
def _watching() -> Iterator[Watch]:
    """A progress bar on standard error, one line for each step."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as progress:

        def step(name: str) -> Callable[[int, int], None]:
            line = progress.add_task(escape(name), total=None)

            def show(done: int, total: int) -> None:
                progress.update(line, completed=done, total=total)

            return show

        yield step


def _tell(
    found: EvaluationSet,
    outcome: Outcome,
    asked: dict[str, Any],
    json_file: Path | None,
    html_file: Path | None,
) -> None:
    """The figures to where they were asked for, and as tables on standard output."""
    for note in (*found.notes, *outcome.notes):
        errors.print(escape(note), style="yellow", soft_wrap=True)
    document = documents.document(
        outcome.evaluations,
        baselines=outcome.baselines,
        comparisons=outcome.comparisons(),
        robustness=outcome.studies,
        title=found.name,
        settings=asked,
    )
    if json_file == Path("-"):
        typer.echo(documents.to_json(document))
    else:
        output.print(tables.report(document))
    if json_file is not None and json_file != Path("-"):
        _write(json_file, documents.to_json(document), "Figures")
    if html_file is not None:
        page = html(document, outcome.evaluations, outcome.baselines)
        _write(html_file, page, "Report")


def _write(path: Path, text: str, what: str) -> None:
    with disk_errors():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    errors.print(f"{what}: {escape(str(path))}", soft_wrap=True)
