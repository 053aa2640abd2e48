"""binocle collections ranking"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.terminal import Data, Store, output, print_json, wired
from app.ranking import ranking_of_collection, reset_ranking, set_ranking
from app.search.rerank.ranking import as_document, ranking_from_file


def ranking(
    name: Annotated[str, typer.Argument(help="The collection.")],
    file: Annotated[
        Path | None, typer.Option("--file", help="JSON or YAML to set it from.")
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Go back to the default.")] = False,
    data: Data = None,
    store: Store = None,
) -> None:
    """Show how a collection ranks, as JSON, or set it: stages, rules, grouping, diversity."""
    with wired(data=data, store=store) as wiring:
        if reset:
            reset_ranking(wiring, name)
        if file is not None:
            set_ranking(wiring, name, ranking_from_file(file))
        found = ranking_of_collection(wiring, name)
    if reset or file is not None:
        output.print(f"'{name}' ranks so from its next search on.")
    else:
        print_json(as_document(found))
