"""binocle demo"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from app.cli.load_view import exit_code, load_with_progress, summarise
from app.cli.search import show
from app.cli.terminal import Data, announce, errors, output
from app.loading import BulkLoad
from app.search.query import IdPart, ImagePart, Part, SearchRequest, TextPart
from app.server import listen, serve_wired
from app.settings import Settings
from app.wiring import Wiring, build
from core.errors import SourceError
from encoders.images import read_file

_SAMPLE = Path(__file__).parents[2] / "examples" / "catalog" / "catalog.csv"
_IMAGES = _SAMPLE.parent / "images"


def demo(
    directory: Annotated[
        Path | None, typer.Argument(help="A folder of images; none takes the sample catalog.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port to serve on.")] = None,
    serve: Annotated[bool, typer.Option(help="Serve the page and the API at the end.")] = True,
    data: Data = None,
) -> None:
    """Index the sample (or a folder of yours), show three searches, and serve the page."""
    settings = Settings.load(data=data, http__port=port)
    source = directory.expanduser() if directory else _SAMPLE
    if not source.exists():
        raise SourceError(f"There is nothing at {source}.", hint="Give a folder of images.")
    listening = listen(settings.http) if serve else None  # a taken port is told before the work
    wiring = build(settings, role="demo")
    try:
        name = collection_name(directory) if directory else "sample"
        errors.print(f"Indexing {source} into the collection '{name}'.", soft_wrap=True)
        plan = BulkLoad(name, str(source))
        loaded = load_with_progress(wiring, plan)
        summarise(plan, loaded)
        if loaded.report.interrupted or loaded.report.failure or loaded.count == 0:
            raise typer.Exit(exit_code(loaded))
        _show_examples(wiring, name, sample=directory is None)
        if listening is not None:
            serve_wired(wiring, listening, announce=announce)
    finally:
        wiring.close()
        if listening is not None:
            listening.close()


def collection_name(directory: Path) -> str:
    """A collection's name from a folder's."""
    name = re.sub(r"[^a-z0-9]+", "-", directory.expanduser().absolute().name.lower()).strip("-")
    return name[:63] or "pictures"


def _show_examples(wiring: Wiring, collection: str, *, sample: bool) -> None:
    searcher = wiring.searcher()
    first = next(iter(searcher.search(collection, SearchRequest(limit=1)).hits)).id
    asked = _sample_searches() if sample else _folder_searches(first)
    for title, parts in asked:
        output.print(f"\n[bold]{title}[/]")
        show(searcher.search(collection, SearchRequest(parts, limit=5)).as_json())


def _sample_searches() -> tuple[tuple[str, tuple[Part, ...]], ...]:
    beagle = ImagePart(read_file(_IMAGES / "animals-mammals-dogs-beagle_copper_ganson.webp"))
    apple = ImagePart(read_file(_IMAGES / "food-fruit-apple.webp"))
    return (
        ("By text: 'red flag'", (TextPart("red flag"),)),
        ("By image: a drawing of a beagle", (beagle,)),
        ("By both: a drawing of a red apple, and 'green'", (apple, TextPart("green"))),
    )


def _folder_searches(first: str) -> tuple[tuple[str, tuple[Part, ...]], ...]:
    return (
        ("By text: 'people'", (TextPart("people"),)),
        (f"By image: like {first}", (IdPart(first),)),
        (f"By both: like {first}, and 'blue'", (IdPart(first), TextPart("blue"))),
    )
