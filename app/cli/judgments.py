"""binocle judgments ..."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.terminal import AsJson, Data, errors, output, print_json, wired
from app.judging.book import JudgmentBook
from app.judging.judgment import Grade, Preference, canonical
from app.judging.qrels_file import settled, write_qrels, write_queries
from core.errors import NotFound
from core.items import check_collection_name

commands = typer.Typer(help="What people judged on the page /judge.", no_args_is_help=True)

_Collection = Annotated[str, typer.Option("--collection", help="The collection that was judged.")]
_Judges = Annotated[
    list[str] | None, typer.Option("--judge", help="Of this judge alone; may be repeated.")
]


@commands.command()
def export(
    collection: _Collection,
    out: Annotated[
        Path, typer.Option(help="Judgments: .tsv, .csv, .jsonl, or TREC's .qrels or .trec.")
    ] = Path("qrels.tsv"),
    queries: Annotated[
        Path | None, typer.Option(help="The queries with their ids: .tsv, .csv or .jsonl.")
    ] = None,
    judge: _Judges = None,
    data: Data = None,
) -> None:
    """Write the grades as qrels, for `binocle eval` and `binocle train`. Where judges differ, the
    median counts, the lower one of two."""
    check_collection_name(collection)
    with wired(data=data) as wiring:
        grades = JudgmentBook(wiring.database).grades(collection, judges=judge)
    if not grades:
        raise NotFound(
            f"No grades were given in '{collection}'.",
            hint="Give some at /judge on the page of the service.",
            field="collection",
        )
    judged = settled(grades)
    write_qrels(out, judged)
    if queries is not None:
        write_queries(queries, judged)
    count = len({one.query for one in judged})
    errors.print(f"{len(judged):,} judgments of {count:,} queries are in {escape(str(out))}.")


@commands.command()
def summary(
    collection: _Collection, judge: _Judges = None, data: Data = None, as_json: AsJson = False
) -> None:
    """Tell which rankings are preferred, whether that can be chance, and how far judges agree."""
    check_collection_name(collection)
    with wired(data=data) as wiring:
        book = JudgmentBook(wiring.database)
        grades = book.grades(collection, judges=judge)
        preferences = book.preferences(collection, judges=judge)
    document = {
        "collection": collection,
        "preferences": _preferences(preferences),
        "grades": _grades(grades),
    }
    if as_json:
        print_json(document)
    else:
        _show(document)


@commands.command()
def forget(
    judge: Annotated[str, typer.Argument(help="The judge's name, as it was given.")],
    data: Data = None,
) -> None:
    """Delete all that a judge said, in every collection."""
    with wired(data=data) as wiring:
        gone = JudgmentBook(wiring.database).forget(judge)
    if not gone:
        raise NotFound(f"A judge '{judge}' said nothing.", field="judge")
    output.print(f"{gone:,} judgments of '{escape(judge)}' are gone.")


def _preferences(preferences: list[Preference]) -> list[dict[str, Any]]:
    from eval.human.votes import tally

    pairs: dict[tuple[str, str], list[Preference]] = defaultdict(list)
    for one in preferences:
        pairs[canonical(one.first), canonical(one.second)].append(one)
    rows = []
    for members in pairs.values():
        found = tally([(one.query, one.preferred) for one in members])
        rows.append(
            {
                "first": dict(members[0].first),
                "second": dict(members[0].second),
                "wins": found.wins,
                "losses": found.losses,
                "ties": found.ties,
                "p": found.p,
                "judges": len({one.judge for one in members}),
            }
        )
    return rows


def _grades(grades: list[Grade]) -> dict[str, Any]:
    from eval.human.agreement import agreement

    by_item: dict[str, list[float]] = defaultdict(list)
    for one in grades:
        by_item[f"{one.query}\n{one.item}"].append(one.grade)
    found = agreement(by_item)
    return {
        "judgments": len(grades),
        "queries": len({one.query for one in grades}),
        "judges": len({one.judge for one in grades}),
        "by_several": found.items,
        "equal": found.equal,
        "alpha": found.alpha,
    }


def _show(document: dict[str, Any]) -> None:
    pairs, grades = document["preferences"], document["grades"]
    if not pairs and not grades["judgments"]:
        output.print(f"Nothing was judged in '{document['collection']}' yet.")
        return
    if pairs:
        table = Table(box=None)
        for name in ("First ranking", "Second ranking"):
            table.add_column(name, overflow="fold")
        for name in ("First better", "Second better", "Neither", "p", "Judges"):
            table.add_column(name, justify="right")
        for one in pairs:
            numbers = (f"{one[name]:,}" for name in ("wins", "losses", "ties"))
            first, second = escape(_named(one["first"])), escape(_named(one["second"]))
            table.add_row(first, second, *numbers, f"{one['p']:.3f}", str(one["judges"]))
        output.print(table)
        output.print("Queries; p of the two-sided sign test, ties left out.", style="dim")
    output.print(
        f"{grades['judgments']:,} grades of {grades['queries']:,} queries by {grades['judges']:,} "
        f"judge{'s' if grades['judges'] != 1 else ''}."
    )
    if grades["by_several"]:
        alpha = "unknown" if grades["alpha"] is None else f"{grades['alpha']:.2f}"
        output.print(
            f"{grades['by_several']:,} items were graded by several: {grades['equal']:.0%} of the "
            f"pairs of grades are equal; Krippendorff's alpha is {alpha} (1 full, 0 chance)."
        )


def _named(settings: dict[str, Any]) -> str:
    return canonical(settings) if settings else "as usual"
