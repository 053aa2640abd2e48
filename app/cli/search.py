"""binocle search"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.explaining import show_explained
from app.cli.shaping import (
    BINS,
    Aspects,
    Collapse,
    Cursor,
    Diversity,
    Facets,
    GroupBy,
    Histograms,
    MinRelevance,
    NearestBelow,
    OnlyRegion,
    PerGroup,
    RecogniseWords,
    Rerank,
    Understand,
    Words,
    names,
    region_of,
)
from app.cli.terminal import AsJson, Data, EncoderSpec, Store, output, print_json, wired
from app.running import search_running_service
from app.search.aspects import weights_of
from app.search.query import IdPart, ImagePart, Part, SearchRequest, TextPart
from app.search.shaping import Group, Shaping, stages_of
from core.errors import CollectionBusy
from encoders.images import read_file

_SHOWN = 10
"""Values of a facet."""


def search(
    collection: Annotated[str, typer.Argument(help="The collection to search.")],
    text: Annotated[str | None, typer.Argument(help="What to look for, in words.")] = None,
    image: Annotated[
        list[Path] | None, typer.Option("--image", help="An image to resemble; may be repeated.")
    ] = None,
    like: Annotated[
        list[str] | None, typer.Option("--like", help="Id of an item to resemble; may be repeated.")
    ] = None,
    filter_: Annotated[
        str | None, typer.Option("--filter", help='JSON, such as \'{"price": {"lt": 50}}\'.')
    ] = None,
    limit: Annotated[int, typer.Option(help="Most hits to show.")] = 10,
    sort: Annotated[
        str | None, typer.Option(help="Without a query: a field; -FIELD is largest first.")
    ] = None,
    understand: Understand = False,
    recognise: RecogniseWords = Words.OFF,
    region: OnlyRegion = None,
    cursor: Cursor = None,
    facets: Facets = None,
    histograms: Histograms = None,
    group: GroupBy = None,
    per_group: PerGroup = 1,
    diversity: Diversity = None,
    collapse: Collapse = None,
    min_relevance: MinRelevance = None,
    nearest_below: NearestBelow = False,
    rerank: Rerank = None,
    aspects: Aspects = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show how it came about.")] = False,
    as_json: AsJson = False,
    data: Data = None,
    store: Store = None,
    encoder: EncoderSpec = None,
) -> None:
    """Find items by text, by image, or by both; without a query, browse."""
    parts: list[Part] = [TextPart(text)] if text is not None else []
    only = region_of(region)
    parts += [ImagePart(read_file(path), region=only) for path in image or []]
    parts += [IdPart(item, region=only) for item in like or []]
    shaping = Shaping(
        collapse=collapse,
        group=Group(group, per_group) if group else None,
        diversity=diversity,
        min_relevance=min_relevance,
        nearest_below=nearest_below,
        rerank=stages_of(rerank),
        aspects=weights_of(aspects) if aspects else None,
    )
    request = SearchRequest(
        tuple(parts),
        filter=filter_,
        limit=limit,
        cursor=cursor,
        facets=names(facets),
        histograms=dict.fromkeys(names(histograms), BINS),
        sort=sort,
        explain=explain,
        shaping=shaping,
        understand=understand,
        recognise=recognise.value,
    )
    with wired(data=data, store=store, encoder=encoder) as wiring:
        try:
            answer = wiring.searcher().search(collection, request).as_json()
        except CollectionBusy as busy:
            answer = search_running_service(wiring.directories.root, collection, request, busy)
    if as_json:
        print_json(answer)
    elif explain:
        show_explained(answer)
        show_counts(answer)
    else:
        show(answer)


def show(answer: dict[str, Any]) -> None:
    """An answer as a table."""
    for text in answer.get("understood", []):
        output.print(f"read: {escape(text['read'])}", style="dim", soft_wrap=True)
        for note in text["notes"]:
            output.print(f"note: {escape(note)}", style="dim", soft_wrap=True)
    if not answer["hits"]:
        output.print("Nothing found.")
        if answer.get("nearest_below"):
            output.print("The nearest of what is not relevant enough:")
            show({**answer, "hits": answer["nearest_below"], "understood": [], "facets": {}})
        show_counts(answer)
        return
    table = Table("Relevance", "Score", "Title", box=None)
    grouped = any(hit.get("group") is not None for hit in answer["hits"])
    if grouped:
        table.add_column("Group", overflow="fold")
    table.add_column("Id", overflow="fold")
    for hit in answer["hits"]:
        relevance = "" if hit["relevance"] is None else f"{hit['relevance']:.0%}"
        score = "" if hit["score"] is None else f"{hit['score']:.3f}"
        group = [escape(str(hit.get("group") or ""))] if grouped else []
        table.add_row(relevance, score, escape(hit["title"]), *group, escape(hit["id"]))
    output.print(table)
    for hit in answer["hits"]:
        if hit.get("alike"):
            note = f"{escape(hit['id'])}: {hit['alike']} near-duplicates behind it"
            output.print(note, style="dim")
    show_counts(answer)
    stages = ", ".join(f"{name} {taken:.1f}" for name, taken in answer["timings_ms"].items())
    shown, total = len(answer["hits"]), answer["total"]
    output.print(f"{shown} of {total:,} items, ms: {stages}", style="dim", soft_wrap=True)
    if answer["cursor"]:
        output.print(f"more: --cursor {answer['cursor']}", style="dim", soft_wrap=True)


def show_counts(answer: dict[str, Any]) -> None:
    """Facets and histograms, a line each."""
    for field, values in answer.get("facets", {}).items():
        told = ", ".join(f"{escape(str(one['value']))} {one['count']:,}" for one in values[:_SHOWN])
        more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
        output.print(f"{field}: {told or 'no values'}{more}", soft_wrap=True)
    for field, bins in answer.get("histograms", {}).items():
        told = ", ".join(f"{one['from']:g} to {one['to']:g}: {one['count']:,.0f}" for one in bins)
        output.print(f"{field}: {told or 'no values'}", soft_wrap=True)
