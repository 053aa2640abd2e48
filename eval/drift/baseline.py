"""What items and queries were like: samples of vectors, and counts of kinds of queries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.disk import disk_errors
from core.errors import SourceError
from encoders.encoder import Vectors

MOST = 1_000
"""Vectors of a sample: the distances of all pairs of two are 32 MB."""


@dataclass(frozen=True)
class Sample:
    """A collection at a time.

    Attributes:
        at: when, ISO 8601.
        generation: what answered. encoder: fingerprint of its towers.
        items, queries: float32 (n, dim), unit rows; queries are those that were texts.
        kinds: searches by what they were asked by.
    """

    collection: str
    at: str
    generation: str
    encoder: str
    items: Vectors = field(repr=False)
    queries: Vectors = field(repr=False)
    kinds: Mapping[str, int] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write it, whole or not at all. Raises StorageFull and StoreError."""
        about = {
            "collection": self.collection,
            "at": self.at,
            "generation": self.generation,
            "encoder": self.encoder,
            "kinds": dict(self.kinds),
        }
        temporary = path.with_suffix(".tmp")
        with disk_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as stream:
                np.savez(
                    stream,
                    about=np.array(json.dumps(about)),
                    items=self.items,
                    queries=self.queries,
                )
            temporary.replace(path)


def load_sample(path: Path) -> Sample:
    """Raises SourceError where it can't be read."""
    try:
        with np.load(path, allow_pickle=False) as found:
            about = json.loads(str(found["about"]))
            return Sample(items=found["items"], queries=found["queries"], **about)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"The baseline {path} can't be read: {error}.",
            hint="`binocle eval drift COLLECTION --save` writes one.",
        ) from None
