"""The rows of a catalog by number: texts in memory, images only when asked for."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.errors import InvalidItem
from core.items import ImageSource
from ingestion.sources import cells
from training.pairs.skips import Skip


@dataclass(frozen=True)
class RowImage(ImageSource):
    """An image that can be named to a person, also where it is bare bytes in a file."""

    origin: str = field(default="", compare=False)


class Images(Protocol):
    """Images by row. Raises InvalidItem where a row has none."""

    def __len__(self) -> int: ...

    def __getitem__(self, row: int) -> RowImage: ...


@dataclass(frozen=True)
class PathImages:
    """Images by the bytes of their paths, as the file system gives them (not always UTF-8)."""

    paths: pa.Array

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, row: int) -> RowImage:
        path = os.fsdecode(self.paths[row].as_py())
        return RowImage(path=Path(path), origin=path)


@dataclass(frozen=True)
class CellImages:
    """Images by the cells of a catalog: paths below `folder`, URLs, bytes.

    Args:
        cells: anything that gives a cell by row: a list, an Arrow array.
        file: name of the catalog, for people.
    """

    cells: Any
    folder: Path
    file: str

    def __len__(self) -> int:
        return len(self.cells)

    def __getitem__(self, row: int) -> RowImage:
        cell = self.cells[row]
        value = cell.as_py() if isinstance(cell, pa.Scalar) else cell
        found = cells.image(value, self.folder)
        origin = found.reference or f"{self.file} row {row + 1}"
        return RowImage(found.path, found.url, found.data, origin)


class JoinedImages:
    """The images of several files, one after the other."""

    def __init__(self, parts: Sequence[Images]) -> None:
        self._parts = tuple(parts)
        self._ends = list(accumulate(len(part) for part in parts))

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, row: int) -> RowImage:
        part = bisect_right(self._ends, row)
        return self._parts[part][row - (self._ends[part - 1] if part else 0)]


@dataclass(frozen=True)
class Rows:
    """A catalog, read.

    Attributes:
        name: for people: the path as it was given.
        columns: texts by column, only those that were asked for; '' for nothing.
        images: by row.
        numbers: int64, the rows that can be used: with an image's cell, not left out.
        skips: rows that can't be used, and why.
        identity: what changes when the catalog's files do.
        outside: whether images are files or URLs of their own, and may change without the catalog.
        id_column, title_column: what the usual names make of the columns; None for nothing.
    """

    name: str
    columns: Mapping[str, Any]
    images: Images
    numbers: NDArray[np.int64]
    skips: tuple[Skip, ...] = ()
    identity: str = ""
    outside: bool = True
    id_column: str | None = None
    title_column: str | None = None

    def text(self, column: str, row: int) -> str:
        """The cell as text, blanks in it single; '' for nothing."""
        return " ".join(str(self.columns[column][row]).split())

    def texts(self, column: str, rows: NDArray[np.int64] | None = None) -> list[str]:
        """Of the rows given, or else of `numbers`."""
        wanted = self.numbers if rows is None else rows
        values = self.columns[column].take(pa.array(wanted)).to_pylist()
        return [" ".join(value.split()) for value in values]


def usable(images: Images, name: str) -> tuple[list[int], list[Skip]]:
    """The rows whose cell names an image, by looking at every cell; the others with reasons."""
    rows: list[int] = []
    skips: list[Skip] = []
    for row in range(len(images)):
        try:
            images[row]
        except InvalidItem as error:
            skips.append(Skip(name, f"{name} row {row + 1}", str(error)))
        else:
            rows.append(row)
    return rows, skips
