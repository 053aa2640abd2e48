"""The Open Clip Art Library as pairs: the PNG's pixels, the SVG's title, keywords, description."""

from __future__ import annotations

import html
import re
import struct
from collections import Counter
from pathlib import Path

from training.compact.sources import Sample, Source

ROOT = Path("/usr/share/openclipart")
"""Where Debian's openclipart-png and openclipart-svg put their drawings."""

_NOISE = frozenset(
    [
        "hash",
        "icon",
        "icons",
        "lemon",
        "theme",
        "etiquette",
        "flat",
        "signs",
        "and",
        "symbols",
        "unsorted",
        "special",
        "other",
        "svg",
        "clip",
        "art",
        "clipart",
        "action",
        "actions",
        "apps",
        "application",
        "applications",
        "mimetypes",
        "devices",
        "filesystems",
        "public",
        "domain",
        "collection",
        "misc",
        "miscellaneous",
        "various",
        "gramastar",
        "magick",
        "lemon theme icon",
    ]
)
_LARGEST = 16_000_000
"""Pixels; the few larger drawings take longer to decode than they are worth."""
_SHARED_TITLE = 4
"""A title on more drawings than this names their collection, not what they show."""


def openclipart(root: Path = ROOT, held_share: float = 0.16) -> Source:
    """Some 8,000 public-domain drawings; drawings of one author's series are held out together."""
    paths = [path for path in sorted((root / "png").rglob("*.png")) if _pixels(path) <= _LARGEST]
    metadata = {path: _metadata(root, path) for path in paths}
    titles = Counter(title for title, _, _ in metadata.values())
    samples = [_sample(root, path, *metadata[path], titles) for path in paths]
    return Source("openclipart", samples, held_share, colours=True)


def _pixels(png: Path) -> int:
    with png.open("rb") as stream:
        width, height = struct.unpack(">II", stream.read(24)[16:])
    return int(width * height)


def _metadata(root: Path, png: Path) -> tuple[str, list[str], str]:
    svg = (root / "svg" / png.relative_to(root / "png")).with_suffix(".svg")
    text = svg.read_text(errors="replace")[:80_000] if svg.is_file() else ""
    return (
        _first(r"<dc:title[^>]*>([^<]*)<", text),
        [_plain(word) for word in re.findall(r"<rdf:li[^>]*>([^<]*)<", text)],
        _first(r"<dc:description[^>]*>([^<]*)<", text),
    )


def _sample(
    root: Path, path: Path, title: str, keywords: list[str], about: str, titles: Counter[str]
) -> Sample:
    relative = path.relative_to(root / "png")
    name = name_words(path.stem)
    folder = relative.parent.name.replace("_", " ")
    own = title if title and titles[title] <= _SHARED_TITLE else ""
    own = own if 1 < len(own) < 80 else ""
    words = [word for word in dict.fromkeys(keywords) if word and word.lower() not in _NOISE]
    shown = _plain(own).lower() or name or folder
    texts = [shown, shown, shown, name or shown]
    if words:
        texts += [", ".join(words[:4]), *words[:2]]
    if folder not in _NOISE:
        texts.append(f"clip art of {folder}")
    if 8 < len(about) < 100 and "@" not in about:
        texts.append(about)
    clean = tuple(text for text in texts if len(text) > 1)
    return Sample(str(relative), path.read_bytes, clean, folder, f"{relative.parent}/{name}")


def name_words(stem: str) -> str:
    """'apple_with_worm_dan_gerh_01' -> 'apple with worm': what it shows, less author and number.

    Authors are the last one or two words before the number, by the library's rule; where the name
    would end up empty, its first word stays.
    """
    parts = [part for part in re.split(r"[_\-\s.]+", stem.lower()) if part]
    numbered = bool(parts) and bool(re.fullmatch(r"\d+[a-z]?", parts[-1]))
    words = [part for part in parts if not re.search(r"\d", part)]
    if numbered and len(words) > 3:
        words = words[:-2]
    elif numbered and len(words) > 1:
        words = words[:-2] or words[:1]
    return " ".join(word for word in words if word not in _NOISE)


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return _plain(found[1]) if found else ""


def _plain(text: str) -> str:
    return re.sub(r"[\s_]+", " ", html.unescape(text)).strip()
