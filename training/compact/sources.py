"""Where pairs come from: images with several true texts each, in groups to hold out whole."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Loader = Callable[[], bytes]

_SKIPPED_LABELS = frozenset({"Not sure", "Skip", "Other"})


@dataclass(frozen=True)
class Sample:
    """An image and what is true of it.

    `texts` are alternatives, one is drawn for each pass; `kind` is the short label that judges
    call relevant; `group` decides the hold-out.
    """

    key: str
    load: Loader = field(repr=False, compare=False)
    texts: tuple[str, ...]
    kind: str
    group: str


@dataclass(frozen=True)
class Source:
    """A named list of samples; `colours` says that colour words may be added from the pixels."""

    name: str
    samples: Sequence[Sample]
    held_share: float
    colours: bool = False

    def held(self, sample: Sample) -> bool:
        """Whether the sample's whole group is kept out of training; the same in every run."""
        digest = hashlib.sha256(f"{self.name}/{sample.group}".encode()).digest()
        return int.from_bytes(digest[:4], "big") / 2**32 < self.held_share


def fashion(data: Path, held_share: float = 0.25) -> Source:
    """Product photos; unseen brands are held out."""
    return Source("fashion", [_product(row) for row in _rows(data, "fashion-train")], held_share)


def _product(row: dict[str, Any]) -> Sample:
    title, article = row["title"].strip(), _words(row["article_type"])
    colour, gender = (row["colour"] or "").lower(), (row["gender"] or "").lower()
    kind = f"{colour} {article}"
    bare = title.split(" ", 1)[-1]
    texts = (
        title,
        title,
        bare,
        kind,
        kind,
        article,
        f"{gender} {kind}",
        f"{article} for {gender}",
        f"{(row['usage'] or '').lower()} {article}",
        f"a photo of {kind}",
    )
    return Sample(row["id"], _constant(row["image"]), _clean(texts), kind, title.split(" ")[0])


def clothing(data: Path, held_share: float = 0.25) -> Source:
    """Snapshots of clothes; unseen senders are held out."""
    rows = [row for row in _rows(data, "clothing-train") if row["label"] not in _SKIPPED_LABELS]
    return Source("clothing", [_snapshot(row) for row in rows], held_share, colours=True)


def _snapshot(row: dict[str, Any]) -> Sample:
    label = _words(row["label"]).replace("longsleeve", "long sleeve shirt")
    whose = "kids" if row["kids"] else "adult"
    texts = (label, f"a photo of a {label}", f"{label} on a bed", f"{label} worn by {whose}")
    return Sample(row["id"], _constant(row["image"]), texts, label, str(row["sender_id"]))


def grocery(data: Path) -> Source:
    """Phone photos in a shop for training; the shop's own product pages tell of each label."""
    pages = {row["label"]: row for row in _rows(data, "grocery-catalog")}
    rows = _rows(data, "grocery-train")
    samples = [_grocery(row, pages.get(row["label"]), row["id"]) for row in rows]
    samples += [_grocery(page, page, f"page/{label}") for label, page in pages.items()]
    return Source("grocery", samples, 0.0)


def grocery_held(data: Path) -> Source:
    """The shop's validation photos, for measuring only."""
    rows = _rows(data, "grocery-val")
    return Source("grocery-val", [_grocery(row, None, row["id"]) for row in rows], 1.0)


def _grocery(row: dict[str, Any], page: dict[str, Any] | None, key: str) -> Sample:
    label, coarse = row["label"].lower(), row["coarse"].lower().replace("-", " ")
    texts = [label, coarse, coarse, f"a photo of {label}", f"{label}, {row['category'].lower()}"]
    if page:
        texts += [page["title"], page["description"][:100]]
    return Sample(key, _constant(row["image"]), _clean(texts), coarse, key)


def _rows(data: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(data / f"{name}.parquet").to_pylist()
    return rows


def _constant(data: bytes) -> Loader:
    return lambda: data


def _words(text: str | None) -> str:
    return re.sub(r"[\s_-]+", " ", (text or "").replace("Tshirt", "T-shirt")).strip().lower()


def _clean(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(text.strip() for text in texts if text and text.strip())


def stamps(root: Path) -> Source:
    """Tux Paint's stamps (Debian's tuxpaint-stamps-default), for measuring only: photos and
    drawings of things, each with a sentence."""
    samples = []
    for path in sorted(root.rglob("*.png")):
        about = path.with_suffix(".txt")
        lines = about.read_text(errors="replace").splitlines() if about.is_file() else []
        if lines and "_mirror" not in path.stem:
            key = str(path.relative_to(root))
            samples.append(Sample(key, path.read_bytes, (lines[0],), path.parent.name, key))
    return Source("stamps", samples, 1.0)
