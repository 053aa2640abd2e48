"""A catalog as sources use it: images, what is known of them, and which rows are held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from core.errors import SettingsError
from training.pairs.catalog_settings import Catalog, SourceSettings, Split
from training.pairs.identity import text_key
from training.pairs.pair import Views
from training.pairs.place import Place
from training.pairs.reading import read_rows
from training.pairs.rows import RowImage, Rows


@dataclass(frozen=True)
class Shelf:
    """A catalog's rows with its settings."""

    rows: Rows
    settings: Catalog
    facts_columns: tuple[str, ...] = ()

    @classmethod
    def open(
        cls,
        settings: Catalog,
        place: Place,
        columns: Sequence[str | None] = (),
        *,
        facts: Sequence[str] = (),
    ) -> Shelf:
        """Reads the catalog with `columns`, beside those that its settings name.

        `facts` are columns that the source's texts ask for. Errors as `read_rows`.
        """
        rows = read_rows(settings, [*columns, *facts], place)
        return cls(rows, settings, tuple(dict.fromkeys((*settings.facts, *facts))))

    @property
    def numbers(self) -> NDArray[np.int64]:
        """int64, the usable rows."""
        return self.rows.numbers

    def image(self, row: int) -> RowImage:
        return self.rows.images[row]

    def text(self, column: str, row: int) -> str:
        return self.rows.text(column, row)

    def product(self, row: int) -> str | None:
        """The product's key: of this catalog, as another one may count from 1, too."""
        column = self.settings.product
        value = self.rows.text(column, row) if column else ""
        return f"{self.settings.place}#{column}={value}" if value else None

    def facts(self, row: int) -> frozenset[str]:
        """What is known of the row's image."""
        found = ((column, self.rows.text(column, row)) for column in self.facts_columns)
        return frozenset(fact(column, value) for column, value in found if value)

    def parts(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """`rows` as those to train on and those held out, by the settings' split.

        Raises SettingsError when either would be empty.
        """
        split = self.settings.split
        if split is None:
            return rows, rows[:0]
        held = is_held_out(self.rows.texts(split.by, rows), split)
        check_parts(held, split, self.rows.name)
        return rows[~held], rows[held]


def fact(column: str, value: str) -> str:
    """A fact as pairs carry it, such as 'colour=red'."""
    return f"{column}={text_key(value)}"


def is_held_out(values: Sequence[str], split: Split) -> NDArray[np.bool_]:
    """bool (n,): whether the group of each value is held out; rows without a value never are."""
    known = {value: _is_held_out(value, split) for value in set(values)}
    return np.array([known[value] for value in values], dtype=bool)


def _is_held_out(value: str, split: Split) -> bool:
    key = text_key(value)
    digest = blake2b(f"{split.seed}|{key}".encode(errors="replace"), digest_size=8).digest()
    return bool(key) and int.from_bytes(digest, "big") < split.share * 2**64


def check_parts(held: NDArray[np.bool_], split: Split, name: str) -> None:
    """Raises SettingsError unless some are held out and some are not."""
    if held.any() and not held.all():
        return
    outcome = "everything" if held.any() else "nothing"
    raise SettingsError(
        f"Splitting {name} by '{split.by}' holds {outcome} out: it has few groups.",
        hint="Split by another column, change 'share', or try another 'seed'.",
        field="split",
    )


def views(settings: SourceSettings, random: np.random.Generator) -> Views | None:
    """Fresh views by the source's augmentation. Always draws, so that the rest of the pair is the
    same with an augmentation and without."""
    seed = int(random.integers(2**63))
    return Views(settings.augmentation, seed) if settings.augmentation is not None else None
