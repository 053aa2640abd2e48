"""Made catalogs of any length: rows of a CSV over a few image files."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PIL import Image

_FILES = 200
_SIDE = 48


def made_pictures(folder: Path, files: int = _FILES) -> list[Path]:
    """Small PNGs of noise in `folder`; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    paths = [folder / f"{number:04}.png" for number in range(files)]
    for path in paths:
        blocks = generator.integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(blocks).resize((_SIDE, _SIDE), Image.Resampling.NEAREST).save(path)
    return paths


def write_catalog(path: Path, pictures: list[Path], rows: int, *, edition: int = 0) -> Path:
    """A CSV of `rows` products; another `edition` has other prices, and all else the same."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("id", "image", "title", "brand", "price"))
        for number in range(rows):
            picture = pictures[number % len(pictures)]
            title = f"Product {number} of kind {number % 97}"
            price = f"{number % 500 + edition}.99"
            writer.writerow((f"p{number:08}", picture, title, f"brand {number % 53}", price))
    return path
