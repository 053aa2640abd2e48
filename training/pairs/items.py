"""The items that judgments, clicks and mined pairs name: rows of a catalog by id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from training.pairs.catalog_settings import ItemCatalog
from training.pairs.place import Place
from training.pairs.shelf import Shelf


@dataclass(frozen=True)
class Items:
    """A catalog's rows by id; of rows with one id the first counts."""

    shelf: Shelf
    row_of: dict[str, int]

    @classmethod
    def open(cls, settings: ItemCatalog, place: Place) -> Items:
        """Reads the catalog. Raises SourceError as `read_rows`, and where it has no ids."""
        shelf = Shelf.open(settings.model_copy(update={"split": settings.item_split}), place)
        column = shelf.rows.id_column
        if column is None:
            raise SourceError(
                f"{shelf.rows.name} has no column that looks like an id.",
                hint="Name it with 'id'.",
                field="id",
            )
        rows = shelf.numbers
        row_of: dict[str, int] = {}
        for row, item in zip(rows.tolist(), shelf.rows.texts(column), strict=True):
            row_of.setdefault(item, row)
        return cls(shelf, row_of)

    def rows(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """int64 (n,): the row of each id; -1 for one that the catalog does not have."""
        return np.array([self.row_of.get(item, -1) for item in ids], dtype=np.int64)
