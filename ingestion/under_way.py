"""An item on its way through a load: read, decoded, encoded."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.deciding import Wanted
from ingestion.derive import Likeness
from ingestion.preparing import Prepared
from qdrant.store import Point


@dataclass(frozen=True)
class Loaded:
    wanted: Wanted
    data: bytes


@dataclass(frozen=True)
class Encoded:
    wanted: Wanted
    point: Point
    likeness: Likeness | None


@dataclass(frozen=True)
class Ready:
    wanted: Wanted
    prepared: Prepared
