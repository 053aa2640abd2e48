"""binocle train mine"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.terminal import Data, EncoderSpec, Store, errors, output, wired
from app.cli.train import watching
from app.problems import ExitCode
from core.errors import SourceError

if TYPE_CHECKING:
    from app.wiring import Wiring
    from training.pairs.catalog_mining import Mining
    from training.pairs.mining import MiningReport
    from training.pairs.place import Place

_REASONS = {
    "margin": "too near to the right item, so likely right",
    "same": "of the right item's text or product",
    "unknown": "not in the catalog, or held out",
}
_CACHE = ".binocle-cache"


def mine(
    settings: Annotated[Path, typer.Argument(help="A YAML file: catalog, to, options.")],
    collection: Annotated[
        str | None,
        typer.Option(help="Search this collection of the catalog's items [encode all images]."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a setting, as in options.count=4; may be repeated."),
    ] = None,
    data: Data = None,
    store: Store = None,
    encoder: EncoderSpec = None,
) -> None:
    """Mine hard negatives: items that a collection ranks high for a text, though they are no
    answer.

    Each text of the catalog is asked. What comes is a Parquet file, which a source of the kind
    'mined' trains on.
    """
    from training.pairs.catalog_mining import Mining
    from training.pairs.place import Place
    from training.settings_file import read_settings

    read = read_settings(settings, Mining, set_ or (), what="settings file")
    with (
        wired(data=data, store=store, encoder=encoder) as wiring,
        watching() as watcher,
    ):
        place = Place(settings.parent.absolute(), settings.parent / _CACHE, watcher.stage)
        report = _mined(read, place, wiring, collection)
    target = place.of(read.to)
    if not report.queries:
        raise SourceError(f"No query has a hard negative{_why(report)}.", hint=_hint(report))
    raise typer.Exit(_told(report, target))


def _mined(settings: Mining, place: Place, wiring: Wiring, collection: str | None) -> MiningReport:
    from training.pairs.catalog_mining import mine_catalog

    if collection is None:
        return mine_catalog(settings, place, wiring.encoder())
    with wiring.catalog.lease(collection) as opened:
        return mine_catalog(settings, place, wiring.encoder(), opened.generation)


def _told(report: MiningReport, target: Path) -> int:
    """Says what came of it; answers the exit code."""
    table = Table("Mined", "", box=None)
    table.add_row("queries with hard negatives", f"{report.queries:,}")
    table.add_row("hard negatives", f"{report.negatives:,}")
    table.add_row("queries without any", f"{report.without:,}")
    for reason, count in report.refused.most_common():
        table.add_row(f"passed over: {_REASONS[reason]}", f"{count:,}")
    output.print(table)
    output.print(f"The file: {escape(str(target))}", soft_wrap=True)
    if not report.skips:
        return ExitCode.DONE
    errors.print(escape(f"{len(report.skips):,} could not be used{_why(report)}."), soft_wrap=True)
    return ExitCode.DONE_WITH_REJECTS


def _why(report: MiningReport) -> str:
    """The first ones that could not be used."""
    if not report.skips:
        return ""
    from training.pairs.skips import named

    return f", such as {named(report.skips)}"


def _hint(report: MiningReport) -> str:
    if report.skips and not report.without:
        return "A collection has to hold the catalog's items under the catalog's ids."
    return "Lower options.margin, or widen options.ranks."
