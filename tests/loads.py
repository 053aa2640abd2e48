"""Small loads for tests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.fields import FieldType, Schema
from core.items import ImageSource, Item
from encoders.encoder import Encoder
from ingestion.limits import Pace
from ingestion.rejects import Rejection
from ingestion.sources.source import Candidate, Source
from qdrant.exact import ExactStore
from qdrant.store import JOINT, CollectionConfig, Generation, VectorStore
from tests.pictures import encoded, picture


def new_generation(
    encoder: Encoder,
    attributes: Mapping[str, FieldType] | None = None,
    store: VectorStore | None = None,
) -> Generation:
    """An empty generation for the encoder's vectors, in memory unless `store` says otherwise."""
    schema = Schema(dict(attributes or {}))
    config = CollectionConfig("tiny", encoder.fingerprint, {JOINT: encoder.dim}, schema)
    return (store or ExactStore()).create("things", config)


def write_pictures(folder: Path, **colours: str) -> Path:
    """A PNG of each colour, by name, in `folder`; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (name, colour) in enumerate(colours.items()):
        (folder / f"{name}.png").write_bytes(encoded(picture(colour, seed=seed)))
    return folder


def reject_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def candidates(source: Source) -> list[Candidate]:
    """The source's entries, none of which may be a rejection."""
    found = list(source.entries())
    assert all(isinstance(entry, Candidate) for entry in found), found
    return [entry for entry in found if isinstance(entry, Candidate)]


SMALL = Pace(decoders=2, encoders=2, fetchers=2, encode_batch=4, write_batch=4, ahead=4)


@dataclass
class Listed:
    """A source made of given entries; calls `at` before each."""

    items: Sequence[Item]
    at: Any = lambda row: None
    name: str = "list"
    attributes: Mapping[str, FieldType] = field(default_factory=dict)
    notes: Sequence[str] = ()
    total: int | None = None

    def entries(self) -> Iterator[Candidate | Rejection]:
        for row, item in enumerate(self.items, start=1):
            self.at(row)
            yield Candidate(item, row, self.name)


def items_of(count: int) -> list[Item]:
    return [
        Item(f"i{n}", ImageSource(data=encoded(picture("red", (8, 8), seed=n))))
        for n in range(count)
    ]
