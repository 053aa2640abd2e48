"""The Open Clip Art Library as Debian installs it: drawings with titles, keywords and artists.

Each drawing is a PNG and an SVG at the same relative path; the SVG carries RDF metadata. It was
written by hundreds of people and several programs, so it is tidied here by rules that hold for all
drawings alike: no title is made up, and none is translated.
"""

from __future__ import annotations

import html
import re
import subprocess
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

LIBRARY = Path("/usr/share/openclipart")
PACKAGES = ("openclipart-png", "openclipart-svg")

_DC = "{http://purl.org/dc/elements/1.1/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_PUBLIC_DOMAIN = ("/cc/PublicDomain", "/licenses/publicdomain/")
_JUNK_TAG = re.compile(r"hash.*|0x[0-9a-f]+|unsorted|openclipart|signs and symbols|http.*|[^a-z]+")
_JUNK_TEXT = re.compile(r"HASH\(0x[0-9a-f]+\)|email adress|https?://\S+|[^A-Za-z]+")
"""Debris of uploads (memory addresses, contact data) and texts without one letter."""
_EMAIL = re.compile(r"[\[(<]?\s*\S+(?:@|\s+(?:at|on)\s+)\S+\.\S+\s*[\])>]?", re.IGNORECASE)
_NOT_A_TITLE = re.compile(r"^(Clipart by Nicu Buculei - .*|Part of the Flat Icon .*|R1[56] .*)$")
_CREDIT = re.compile(r"^Clipart by .* - ")
_FILE_ALIASES = {"Gerald G.": "ganson", "AJ Ashton": "aj", "A.J. Ashton": "aj"}
_SAME_TITLE_LIMIT = 3
"""As many differently named files under one title make it the name of a collection."""

CATEGORIES = {
    "animals/birds": "birds",
    "animals/bugs": "insects",
    "animals/dinosaurs": "dinosaurs",
    "animals/fish": "fish",
    "animals/mammals": "mammals",
    "buildings/furniture": "furniture",
    "computer": "computers",
    "computer/icons": "icons",
    "education/books": "books",
    "food/beverages": "drinks",
    "food/desserts": "desserts",
    "food/fruit": "fruit",
    "food/vegetables": "vegetables",
    "geography/astronomy": "astronomy",
    "people/clothing": "clothing",
    "plants/flowers": "flowers",
    "plants/trees": "trees",
    "recreation/games": "games",
    "recreation/holiday": "holidays",
    "recreation/music": "music",
    "recreation/party": "party",
    "recreation/sports": "sports",
    "recreation/toys": "toys",
    "science/astronomy": "astronomy",
    "signs_and_symbols": "signs",
    "signs_and_symbols/clocks": "clocks",
    "signs_and_symbols/flags": "flags",
    "signs_and_symbols/money": "money",
    "signs_and_symbols/weather": "weather",
    "transportation": "vehicles",
    "transportation/aiga-symbols": "signs",
    "transportation/boating": "boats",
    "transportation/roadsigns": "signs",
}
"""Category by folder: the longest one that fits, otherwise the top folder's own name."""


class LibraryMissing(Exception):
    """The Debian packages are not installed, or not where they should be."""


@dataclass(frozen=True)
class Drawing:
    """One drawing. `id` is its path in the library without the ending."""

    id: str
    png: Path
    svg: Path
    title: str
    description: str
    tags: tuple[str, ...]
    artist: str
    public_domain: bool

    @property
    def folder(self) -> str:
        return self.id.rpartition("/")[0]

    @property
    def category(self) -> str:
        return category_of(self.folder)


def category_of(folder: str) -> str:
    """The category of a folder such as 'animals/birds/penguin': here 'birds'."""
    parts = folder.split("/")
    for length in range(len(parts), 0, -1):
        name = CATEGORIES.get("/".join(parts[:length]))
        if name:
            return name
    return parts[0]


def read_library(root: Path = LIBRARY) -> list[Drawing]:
    """All drawings under `root`, ordered by id. Raises LibraryMissing when there is no library."""
    svg_root, png_root = root / "svg", root / "png"
    if not svg_root.is_dir() or not png_root.is_dir():
        raise LibraryMissing(
            f"There is no Open Clip Art Library in {root}. "
            f"Install it with: apt-get install {' '.join(PACKAGES)}"
        )
    drawings = [
        _read_drawing(svg, svg_root, png_root)
        for svg in sorted(svg_root.rglob("*.svg"), key=lambda path: path.as_posix())
    ]
    present = [drawing for drawing in drawings if drawing.png.is_file()]
    if not present:
        raise LibraryMissing(f"{root} holds no drawing that has both an SVG and a PNG.")
    return list(_name_by_file_where_title_is_a_collection(present))


def package_version(package: str) -> str:
    """The installed version of a Debian package. Raises LibraryMissing when it is not installed."""
    command = ["dpkg-query", "--show", "--showformat=${Version}", package]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise LibraryMissing(
            f"The Debian package {package} is not installed. "
            f"Install it with: apt-get install {package}"
        ) from error


def _read_drawing(svg: Path, svg_root: Path, png_root: Path) -> Drawing:
    relative = svg.relative_to(svg_root).with_suffix("")
    # Illustrator's files need the entities of their own DTD, which hardened parsers refuse; these
    # files come signed from Debian.
    root = ET.parse(svg).getroot()  # noqa: S314
    work = next((node for node in root.iter() if node.tag.endswith("}Work")), ET.Element("Work"))
    artist = _artist(_text(work.find(f"{_DC}creator")))
    licences = [node.get(f"{_RDF}resource", "") for node in work if node.tag.endswith("}license")]
    return Drawing(
        id=relative.as_posix(),
        png=png_root / f"{relative.as_posix()}.png",
        svg=svg,
        title=_title(_text(work.find(f"{_DC}title"))),
        description=_description(_text(work.find(f"{_DC}description"))),
        tags=_tags(work.find(f"{_DC}subject"), artist),
        artist=artist,
        public_domain=any(licence.endswith(_PUBLIC_DOMAIN) for licence in licences),
    )


def _text(node: ET.Element | None) -> str:
    """All text under `node` on one line, with what was encoded twice on its way put right."""
    words = "".join(node.itertext()).split() if node is not None else []
    text = html.unescape(html.unescape(" ".join(words)))
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def _title(raw: str) -> str:
    """The title in words, with a capital first; '' where it names a series and no drawing."""
    title = _CREDIT.sub("", _NOT_A_TITLE.sub("", _EMAIL.sub("", raw)))
    title = re.sub(r"\.svg$", "", title).replace("_", " ")
    title = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", title)  # LeafRake
    title = re.sub(r"(?<=[a-z])\d+$", "", " ".join(title.split()))  # Boat2
    return title[:1].upper() + title[1:]


def _description(raw: str) -> str:
    text = _EMAIL.sub("", raw).strip()
    return "" if _JUNK_TEXT.fullmatch(text) else text


def _artist(raw: str) -> str:
    """The artist's name without e-mail addresses; '' where a broken upload left debris."""
    if raw.startswith("HASH("):
        return ""
    return " ".join(_EMAIL.sub("", raw).split()).rstrip(" -")


def _tags(subject: ET.Element | None, artist: str) -> tuple[str, ...]:
    """The keywords in lower case, each once, without the artist's name and upload debris."""
    if subject is None:
        return ()
    members = [_text(node) for node in subject.iter(f"{_RDF}li")] or [_text(subject)]
    words = [
        " ".join(word.replace("_", " ").replace("|", " ").lower().split())
        for member in members
        for word in member.split(",")
    ]
    kept = [
        word for word in words if not _JUNK_TAG.fullmatch(word) and word not in ("", artist.lower())
    ]
    return tuple(dict.fromkeys(kept))


def _name_by_file_where_title_is_a_collection(drawings: Iterable[Drawing]) -> Iterator[Drawing]:
    """Whole icon sets carry one title; there the file's name says what is drawn."""
    drawings = list(drawings)
    names: dict[str, set[str]] = defaultdict(set)
    for drawing in drawings:
        names[drawing.title].add(file_title(drawing.png.stem, drawing.artist))
    for drawing in drawings:
        if not drawing.title or len(names[drawing.title]) >= _SAME_TITLE_LIMIT:
            yield replace(drawing, title=file_title(drawing.png.stem, drawing.artist))
        else:
            yield drawing


def file_title(stem: str, artist: str) -> str:
    """A title from a file's name: 'contour_fox_nicu_bucul_01' by Nicu Buculei is 'Contour fox'."""
    name = re.sub(r"(_\d+[a-z]?|_[a-z])?_?$", "", stem.lower())
    slug = re.sub(r"[^a-z0-9]+", "_", artist.lower()).strip("_")
    for credit in (slug, _FILE_ALIASES.get(artist, "")):
        for length in range(len(credit), 1, -1):
            if re.search(rf"[_-]{re.escape(credit[:length])}_?$", name):
                name = name[: -length - 1].rstrip("_-")
                break
    name = re.sub(r"^aiga_", "", re.sub(r"\d+$", "", name))
    words = re.sub(r"[_-]+", " ", name).split()
    return " ".join(words).capitalize()
