"""Small catalogs for tests of training data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.pictures import encoded, picture
from training.pairs.build import build_sources
from training.pairs.settings import DataSettings
from training.pairs.source import Built

COLOURS = ("red", "green", "blue", "yellow")
KINDS = ("shirt", "shoe", "hat")


def jpeg(colour: str, seed: int = 0) -> bytes:
    """The file of a picture of 48 x 40 pixels."""
    return encoded(picture(colour, seed=seed), "JPEG")


def shop_rows(count: int = 24) -> dict[str, list[Any]]:
    """Columns of a shop: id, image (JPEG bytes), title, colour, kind, brand (two items each)."""
    numbers = range(count)
    colours = [COLOURS[number % 4] for number in numbers]
    kinds = [KINDS[number % 3] for number in numbers]
    pairs = zip(colours, kinds, numbers, strict=True)
    return {
        "id": [f"i{number}" for number in numbers],
        "image": [jpeg(colour, seed) for seed, colour in enumerate(colours)],
        "title": [f"{colour.title()} {kind} {number}" for colour, kind, number in pairs],
        "colour": colours,
        "kind": kinds,
        "brand": [f"brand {number // 2}" for number in numbers],
    }


def write_shop(path: Path, count: int = 24, **changes: Sequence[Any] | None) -> Path:
    """A Parquet shop; `changes` replace columns, None drops them."""
    columns = {**shop_rows(count), **changes}
    pq.write_table(pa.table({k: v for k, v in columns.items() if v is not None}), path)
    return path


def build(folder: Path, *sources: Mapping[str, Any]) -> list[Built]:
    """The sources of these settings, relative to `folder`."""
    return build_sources(DataSettings.model_validate({"sources": sources}), folder)


def build_one(folder: Path, **settings: Any) -> Built:
    return build(folder, settings)[0]
