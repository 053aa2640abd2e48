"""Emoji as pairs: two drawings of each, its name and its tags.

From the npm packages `emoji-datasource-google` and `emoji-datasource-twitter` (images; MIT, the
drawings Apache-2.0 and CC-BY 4.0) and `emojibase-data` (names and tags; MIT), unpacked side by
side.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training.compact.sources import Sample, Source

STYLES = ("google", "twitter")
_VARIATION = "-FE0F"
"""Asks for the coloured drawing; one package writes it, the other leaves it out."""


def emoji(packages: Path) -> Source:
    """The emoji of both styles, without the variants in skin tones."""
    known = _names(packages)
    samples = []
    for style in STYLES:
        root = packages / f"emoji-datasource-{style}"
        for row in json.loads((root / "emoji.json").read_text()):
            path = root / "img" / style / "64" / row["image"]
            told = known.get(row["unified"]) or known.get(row["unified"].replace(_VARIATION, ""))
            if told and path.is_file():
                samples.append(_sample(style, row["unified"], path, told))
    return Source("emoji", samples, 0.0, colours=True)


def _names(packages: Path) -> dict[str, dict[str, Any]]:
    rows = json.loads((packages / "emojibase-data" / "en" / "data.json").read_text())
    return {row["hexcode"]: row for row in rows if row.get("group") is not None}


def _sample(style: str, code: str, path: Path, told: dict[str, Any]) -> Sample:
    label = told["label"].lower()
    tags = [tag.lower() for tag in told.get("tags", ())]
    joined = [", ".join(tags[:4])] if tags else []
    texts = [label] * 3 + tags[:3] + joined + [f"emoji of {label}", f"a drawing of a {label}"]
    return Sample(f"{style}/{code}", path.read_bytes, tuple(texts), label, code)
