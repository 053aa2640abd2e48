"""What came of an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from training.export.drift import Drift, Speed
from training.export.precision import Precision


@dataclass(frozen=True)
class ExportReport:
    """Attributes:
    directory: of the bundle.
    origin: the spec of the model that was exported.
    precision: as asked for.
    methods: how each tower's numbers are kept, in words.
    drift: cosines to PyTorch, by tower.
    pictures: where the images that were compared come from.
    speed: one input alone, by tower.
    sizes: bytes, by file.
    torch_bytes: of the model's weights in PyTorch.
    notes: what a user should know: what was tried and left, what was forced.
    """

    directory: Path
    origin: str
    name: str
    version: str
    licence: str
    dim: int
    nested_dims: tuple[int, ...]
    precision: Precision
    methods: Mapping[str, str]
    drift: Mapping[str, Drift]
    pictures: str
    speed: Mapping[str, Speed]
    sizes: Mapping[str, int]
    torch_bytes: int
    notes: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """Size of the bundle on disk, without its card."""
        return sum(self.sizes.values())

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"directory": str(self.directory), "bytes": self.bytes}
