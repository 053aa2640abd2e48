"""binocle collections compact"""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.terminal import Data, Store, errors, output, wired
from app.compacting import compact


def compact_collection(
    name: Annotated[str, typer.Argument(help="The collection.")],
    data: Data = None,
    store: Store = None,
) -> None:
    """Build the index anew over all that was written since the last load.

    A running service goes on answering meanwhile, and takes the result over.
    """
    with wired(data=data, store=store) as wiring:
        done = compact(
            wiring,
            name,
            lambda count: errors.print(f"Building the index over {count:,} items ...", style="dim"),
        )
    output.print(f"'{name}' answers from {done.generation}, with {done.count:,} items indexed.")
