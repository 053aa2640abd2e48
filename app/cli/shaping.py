"""What `binocle search` may say of its answer's shape."""

from __future__ import annotations

from typing import Annotated

import typer

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
