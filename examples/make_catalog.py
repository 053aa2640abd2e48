"""Makes the sample catalog from the Debian packages openclipart-png and openclipart-svg.

    python examples/make_catalog.py              examples/catalog, the drawings in selection.txt
    python examples/make_catalog.py --all DIR    DIR/catalog.csv, all drawings, images left in place

The same packages give the same bytes on every run.
"""

from __future__ import annotations

import colorsys
import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from openclipart import (
    LIBRARY,
    PACKAGES,
    Drawing,
    LibraryMissing,
    package_version,
    read_library,
)
from PIL import Image

HERE = Path(__file__).parent
SELECTION = HERE / "selection.txt"
LONGEST_SIDE = 256  # pixels
SMALLEST_SIDE = 48  # pixels of the longer side, below which a drawing shows nothing
SIZE_LIMIT = 8 * 1024 * 1024  # bytes, all of the catalog
TAG_SEPARATOR = "|"
_VISIBLE = 16  # alpha, of 255, from which a pixel counts as drawn
_HUES = (
    (15, "red"),
    (42, "orange"),
    (70, "yellow"),
    (165, "green"),
    (255, "blue"),
    (295, "purple"),
    (345, "pink"),
    (361, "red"),
)
"""Names of hues up to that many degrees."""


class CatalogError(Exception):
    """The catalog can't be made as asked."""


def select(drawings: Sequence[Drawing], wanted: Iterable[str]) -> list[Drawing]:
    """The drawings with the `wanted` ids, in that order.

    Raises CatalogError when one is not there or not in the public domain.
    """
    by_id = {drawing.id: drawing for drawing in drawings}
    wanted = list(wanted)
    missing = [name for name in wanted if name not in by_id]
    if missing:
        raise CatalogError(
            f"{len(missing)} of the selected drawings are not in this version of the library, "
            f"the first is {missing[0]}."
        )
    chosen = [by_id[name] for name in wanted]
    closed = [drawing.id for drawing in chosen if not drawing.public_domain]
    if closed:
        raise CatalogError(f"Not marked as public domain: {', '.join(closed)}.")
    return chosen


def item_id(drawing: Drawing) -> str:
    """An id that is also safe as a file name and in a URL's path."""
    return drawing.id.replace("/", "-")


def shrink(path: Path) -> Image.Image:
    """The drawing without its empty margin, at most 256 pixels long, RGB or (see-through) RGBA.

    Raises CatalogError when it is empty or smaller than 48 pixels.
    """
    with Image.open(path) as source:
        image = source.convert("RGBA")
    drawn = image.getchannel("A").point(lambda alpha: 255 if alpha >= _VISIBLE else 0)
    image = image.crop(drawn.getbbox() or (0, 0, 0, 0))
    if max(image.size) < SMALLEST_SIDE:
        raise CatalogError(f"{path} is drawn on {image.width} x {image.height} pixels only.")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    opaque = image.getchannel("A").getextrema()[0] == 255
    return image.convert("RGB") if opaque else image


def colour_name(image: Image.Image) -> str:
    """The colour that covers most of the drawing; outlines give way to what they enclose."""
    pixels = image.convert("RGBA").resize((48, 48), Image.Resampling.BOX).tobytes()
    colours = Counter(
        _name_of(*pixels[i : i + 3]) for i in range(0, len(pixels), 4) if pixels[i + 3] >= 128
    )
    greys = {name: colours.pop(name, 0) for name in ("black", "grey", "white")}
    chromatic = sum(colours.values())
    ranked = colours if chromatic * 3 >= sum(greys.values()) else Counter(greys)
    return min(ranked, key=lambda name: (-ranked[name], name), default="white")


def _name_of(red: int, green: int, blue: int) -> str:
    hue, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
    if value < 0.2 or saturation < 0.15:
        return "black" if value < 0.3 else "white" if value > 0.85 else "grey"
    name = next(name for limit, name in _HUES if hue * 360 < limit)
    if name == "orange" and value < 0.7:
        return "brown"
    if name == "pink" and value < 0.5:
        return "purple"
    return "pink" if name == "red" and saturation < 0.5 and value > 0.75 else name


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="\n")


def make_sample(drawings: Sequence[Drawing], folder: Path, versions: Mapping[str, str]) -> int:
    """Write images/, catalog.csv and ATTRIBUTION.md into `folder`; return their bytes in all.

    `versions` are the packages' versions by name. Raises CatalogError above 8 MiB.
    """
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    for stale in images.iterdir():
        stale.unlink()
    rows = []
    for drawing in drawings:
        image = shrink(drawing.png)
        name = f"images/{item_id(drawing)}.webp"
        image.save(folder / name, "WEBP", quality=80, alpha_quality=80, method=6)
        rows.append((*_row(drawing, name), colour_name(image)))
    write_csv(folder / "catalog.csv", (*_COLUMNS, "colour"), rows)
    (folder / "ATTRIBUTION.md").write_text(
        attribution(drawings, versions), encoding="utf-8", newline="\n"
    )
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    if size > SIZE_LIMIT:
        raise CatalogError(f"The catalog has {size:,} bytes; {SIZE_LIMIT:,} are allowed.")
    return size


def make_all(drawings: Sequence[Drawing], folder: Path) -> Path:
    """Write the whole library as `folder`/catalog.csv with absolute image paths; return that path.

    A drawing that lies in several folders is there several times, as in the library.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = [(*_row(drawing, str(drawing.png.absolute())), drawing.folder) for drawing in drawings]
    if len({row[0] for row in rows}) != len(rows):
        raise CatalogError("Two drawings have the same id.")
    write_csv(folder / "catalog.csv", (*_COLUMNS, "folder"), rows)
    return folder / "catalog.csv"


_COLUMNS = ("id", "image", "title", "description", "tags", "category", "artist")


def _row(drawing: Drawing, image: str) -> tuple[str, ...]:
    return (
        item_id(drawing),
        image,
        drawing.title,
        drawing.description,
        TAG_SEPARATOR.join(drawing.tags),
        drawing.category,
        drawing.artist,
    )


def attribution(drawings: Sequence[Drawing], versions: Mapping[str, str]) -> str:
    """The page that says where the drawings come from, under which terms, and who drew them."""
    packages = "\n".join(f"- {name} {version}" for name, version in versions.items())
    artists = Counter(drawing.artist for drawing in drawings)
    table = "\n".join(
        f"| {name.replace('|', ' ')} | {count} |"
        for name, count in sorted(artists.items(), key=lambda pair: (pair[0].casefold(), pair[0]))
    )
    return _ATTRIBUTION.format(
        count=len(drawings), artists=len(artists), packages=packages, table=table
    )


_ATTRIBUTION = """\
# Where these drawings come from

The {count} drawings in `images/` are from the [Open Clip Art Library](https://openclipart.org),
release 0.18, as packaged by Debian:

{packages}

Their artists ({artists} names below) dedicated them to the public domain (Creative Commons Public
Domain Dedication). Each drawing's own metadata says so, and `examples/make_catalog.py` refuses one
that does not. The dedication is in `/usr/share/doc/openclipart-png/copyright` of the Debian
package. It reads in part:

> Dedicator recognizes that, once placed in the public domain, the Work may be freely reproduced,
> distributed, transmitted, used, modified, built upon, or otherwise exploited by anyone for any
> purpose, commercial or non-commercial, and in any way, including by methods that have not yet been
> invented or conceived.

Nobody has to be named; we name them gladly. `catalog.csv` gives the artist of each drawing.

What was changed: the empty margin was cut off, and the drawing was scaled to at most 256 pixels
and stored as WebP. Titles and keywords are the artists' own, tidied; where a whole series shares
one title, the title is made from the file's name.

| artist | drawings |
|---|---:|
{table}
"""


def main(
    everything: Annotated[
        Path | None,
        typer.Option("--all", metavar="DIR", help="Write the whole library as DIR/catalog.csv."),
    ] = None,
    to: Annotated[Path, typer.Option(help="Where to write the sample.")] = HERE / "catalog",
    library: Annotated[Path, typer.Option(help="Folder with png/ and svg/.")] = LIBRARY,
) -> None:
    """Make the sample catalog, or with --all a catalog of the whole library."""
    try:
        versions = {} if everything else {name: package_version(name) for name in PACKAGES}
        drawings = read_library(library)
        if everything is not None:
            path = make_all(drawings, everything)
            typer.echo(f"{len(drawings):,} drawings in {path}")
            return
        chosen = select(drawings, SELECTION.read_text(encoding="utf-8").split())
        size = make_sample(chosen, to, versions)
        typer.echo(f"{len(chosen):,} drawings, {size / 2**20:.1f} MiB in {to}")
    except (LibraryMissing, CatalogError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(main)
