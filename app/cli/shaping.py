"""What `binocle search` may say beside its query."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from app.search.query import Region
from core.errors import InvalidQuery

BINS = 10
"""Of a histogram."""


class Words(StrEnum):
    """What becomes of words that are values of fields."""

    OFF = "off"
    BOOST = "boost"
    FILTER = "filter"


Facets = Annotated[
    str | None, typer.Option(help="Fields whose values to count, with commas between.")
]
Histograms = Annotated[
    str | None, typer.Option(help="Number fields to count in at most ten bins, with commas.")
]
Understand = Annotated[
    bool,
    typer.Option(
        "--understand",
        help='Read the text by the grammar of the box, such as "shoes under 50 -leather".',
    ),
]
RecogniseWords = Annotated[
    Words, typer.Option(help="With --understand: what to do about words that are values of fields.")
]
OnlyRegion = Annotated[
    str | None,
    typer.Option(help="X,Y,W,H, as shares from 0 to 1: only this part of the images and items."),
]
Cursor = Annotated[str | None, typer.Option(help="Where the page before ended.")]

GroupBy = Annotated[
    str | None, typer.Option("--group", help="At most a few hits of each value of this field.")
]
PerGroup = Annotated[int, typer.Option(min=1, max=100, help="Most hits of one group.")]
Diversity = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="0: by score alone; 1: by difference from the hits before."),
]
Collapse = Annotated[
    bool | None,
    typer.Option("--collapse/--no-collapse", help="One of near-duplicates, one of a product."),
]
MinRelevance = Annotated[
    float | None, typer.Option(min=0, max=1, help="Leave out hits of less relevance.")
]
NearestBelow = Annotated[
    bool, typer.Option("--nearest-below", help="Where all were left out, show the nearest.")
]
Aspects = Annotated[
    str | None,
    typer.Option(
        help="What to compare by, such as joint=1,lexical=0.5 (also: appearance) [as suits the "
        "query]."
    ),
]
Rerank = Annotated[
    str | None, typer.Option(help="Stages to run, with commas, of those configured; none: none.")
]


def names(given: str | None) -> tuple[str, ...]:
    """The names in a text with commas."""
    return tuple(name.strip() for name in given.split(",") if name.strip()) if given else ()


def region_of(given: str | None) -> Region | None:
    """The region that 'X,Y,W,H' says. Raises InvalidQuery."""
    if given is None:
        return None
    try:
        x, y, w, h = (float(number) for number in given.split(","))
    except ValueError:
        raise InvalidQuery(
            f"'{given}' is no region.", hint="Four numbers, such as 0.5,0,0.5,1.", field="region"
        ) from None
    return Region(x, y, w, h)
