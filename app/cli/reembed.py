"""binocle collections reembed"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from app.cli.rolling_back import tell_rollback
from app.cli.terminal import Data, Store, errors, output, say_problem, wired
from app.problems import ExitCode
from app.reembedding.comparing import Comparison
from app.reembedding.filling import Filled
from app.reembedding.images import Origin, Wish
from app.reembedding.request import Reembedded, Reembedding, Watching
from app.reembedding.run import cancel as give_up
from app.reembedding.run import reembed as run_reembedding
from app.reembedding.survey import Survey
from app.rolling_back import roll_back
from app.wiring import Wiring
from core.errors import SettingsError

_FROM = "Which images: the originals and else thumbnails (auto), originals, or stored thumbnails."
_WORDS = {
    Origin.FILE: "from their files",
    Origin.URL: "from their URLs, fetched again",
    Origin.SENT: "sent since this began, and kept",
    Origin.THUMBNAIL: "from thumbnails of 320 pixels",
    Origin.NONE: "not at all: no image is kept",
}


def reembed(
    name: Annotated[str, typer.Argument(help="The collection.")],
    encoder: Annotated[
        str | None, typer.Option(help="The encoder that it is to have, such as bundle:PATH.")
    ] = None,
    images: Annotated[Wish, typer.Option("--from", help=_FROM)] = Wish.AUTO,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Publish without items that have no image.")
    ] = False,
    queries: Annotated[
        Path | None, typer.Option(help="Texts to compare by: .txt, or rows of query_id and text.")
    ] = None,
    qrels: Annotated[Path | None, typer.Option(help="Judgments, to compare recall by.")] = None,
    max_drop: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Publish only if recall@10 falls by this at most."),
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish/--no-publish", help="Switch at the end.")
    ] = True,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Answer from the generation before again.")
    ] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Give up a run that was stopped or not published.")
    ] = False,
    data: Data = None,
    store: Store = None,
) -> None:
    """Give a collection vectors of another encoder, while it goes on answering.

    Old and new are compared before the switch. Stopped or killed, the same command goes on from
    there. A running service loads the new encoder by itself, and switches at once.
    """
    with wired(data=data, store=store) as wiring:
        if rollback:
            tell_rollback(name, roll_back(wiring, name))
            return
        if cancel:
            gone = give_up(wiring, name)
            output.print(f"{'Gave up the' if gone else 'There is no'} re-embedding of '{name}'.")
            return
        if encoder is None:
            raise SettingsError("Which encoder?", hint="Give --encoder SPEC, or --rollback.")
        wanted = Reembedding(name, encoder, images, leave_out, queries, qrels, max_drop, publish)
        done = _with_progress(wiring, wanted)
        calibrated = bool(wiring.rankings.of(name).calibration)
    raise typer.Exit(_tell(wanted, done, calibrated=calibrated))


def _with_progress(wiring: Wiring, wanted: Reembedding) -> Reembedded:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=errors) as progress:
        task = progress.add_task(f"Re-embedding {wanted.collection}", total=None, visible=False)

        def surveyed(found: Survey) -> None:
            progress.update(task, total=found.total, visible=True)
            for origin, count in found.counts.items():
                progress.console.print(f"{count:,} items {_WORDS[origin]}", style="dim")

        def show(filled: Filled) -> None:
            progress.update(task, completed=filled.done)

        def indexing(count: int) -> None:
            progress.console.print(f"Building the index over {count:,} items ...", style="dim")
            progress.refresh()

        watching = Watching(surveyed, show, indexing)
        return run_reembedding(wiring, wanted, watching)


def _tell(wanted: Reembedding, done: Reembedded, *, calibrated: bool) -> int:
    filled = done.filled
    table = Table(show_header=False, box=None)
    table.add_row("Encoded", f"{filled.encoded:,}")
    if filled.renewed or filled.present:
        table.add_row("Done by an earlier run", f"{filled.present + filled.renewed:,}")
    if filled.origins[Origin.THUMBNAIL]:
        table.add_row("  from thumbnails", f"{filled.origins[Origin.THUMBNAIL]:,}")
    if filled.failed:
        table.add_row("Without an image", f"{len(filled.failed):,}", style="yellow")
    output.print(table)
    if done.comparison is not None:
        _tell_comparison(done.comparison)
    if done.without is not None:
        output.print(f"Named, with reasons: {escape(str(done.without))}", soft_wrap=True)
    if done.refused:
        say_problem(done.refused, "--leave-out publishes without them." if done.without else "")
        output.print(f"'{wanted.collection}' answers as before.")
        return ExitCode.FAILED
    if not done.published:
        output.print(
            f"{done.generation} is ready; the same command without --no-publish switches to it."
        )
        return ExitCode.DONE
    output.print(f"'{wanted.collection}' answers from {done.generation}: {done.count:,} items.")
    if calibrated:
        output.print(
            "Its ranking holds a calibration of relevance, which was fitted to the encoder before: "
            "fit it again, or take it out.",
            style="yellow",
        )
    return ExitCode.DONE_WITH_REJECTS if done.without else ExitCode.DONE


def _tell_comparison(comparison: Comparison) -> None:
    table = Table("Old against new", "Queries", "Overlap@10", "Recall@10", "was", box=None)
    for row in comparison.rows:
        before, after = row.recall or (None, None)
        figures = ["" if each is None else f"{each:.3f}" for each in (after, before)]
        table.add_row(row.what, f"{row.queries:,}", f"{row.overlap:.3f}", *figures)
    output.print(table)
    for note in comparison.notes:
        output.print(escape(note), soft_wrap=True)
