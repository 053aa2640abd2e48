"""The items of an evaluation set, from any catalog that can be loaded."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import SettingsError, SourceError
from core.items import ImageSource, Item
from eval.retrieval.set_settings import ItemsOf, MappingOf
from ingestion.mapping import ColumnMapping
from ingestion.rejects import Rejection
from ingestion.sources.opening import open_source

_BUILTIN = ("id", "title", "description", "tags", "owner_id")
_NAMED = 3


@dataclass(frozen=True)
class Gallery:
    """Items, and the names of their fields."""

    items: tuple[Item, ...]
    fields: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def ids(self) -> list[str]:
        return [item.id for item in self.items]

    @property
    def images(self) -> list[ImageSource]:
        return [item.image for item in self.items]

    def values(self, field: str) -> list[tuple[str, ...]]:
        """Of each item the values of a field, as words; none where it has no value.

        Raises SettingsError for a field that no item has, with the nearest there is.
        """
        check_field(field, self.fields)
        return [_values(item, field) for item in self.items]

    def attributes(self, fields: Sequence[str]) -> dict[str, list[str | None]]:
        """By field the value of each item; several values are joined by commas."""
        return {
            field: [", ".join(values) or None for values in self.values(field)] for field in fields
        }


def read_gallery(
    settings: ItemsOf, folder: Path, *, limit: int | None = None, seed: int = 0
) -> Gallery:
    """The items that `settings` name; relative paths are below `folder`.

    Args:
        limit: draw this many of them, by `seed`, in their order.

    Raises SourceError when the source can't be read, has an id twice, or nothing is left.
    """
    where = str(folder / Path(settings.source).expanduser())
    source = open_source(where, _mapping(settings.mapping))
    items: list[Item] = []
    rejected: list[Rejection] = []
    for entry in source.entries():
        if isinstance(entry, Rejection):
            rejected.append(entry)
        else:
            items.append(entry.item)
    fields = (*_BUILTIN, *source.attributes)
    notes = _rejected(rejected)
    for field in settings.where:
        check_field(field, fields)
    kept = [item for item in items if _passes(item, settings.where)]
    if not kept:
        raise SourceError(f"No item of {settings.source} is left to evaluate.", hint=notes or "")
    if limit is not None and limit < len(kept):
        drawn = np.random.default_rng(seed).choice(len(kept), limit, replace=False)
        told = f"Only {limit:,} of {len(kept):,} items: figures are higher than over all of them."
        kept = [kept[place] for place in np.sort(drawn)]
        notes = f"{notes} {told}".strip()
    return Gallery(tuple(kept), fields, (notes,) if notes else ())


def check_field(field: str, fields: Sequence[str]) -> None:
    """Raises SettingsError unless `field` is one of `fields`."""
    if field not in fields:
        near = difflib.get_close_matches(field, fields, n=1)
        raise SettingsError(
            f"The items have no field '{field}'.",
            hint=(f"Did you mean '{near[0]}'? " if near else "") + f"Fields: {', '.join(fields)}.",
            field=field,
        )


def _mapping(settings: MappingOf) -> ColumnMapping | None:
    given: dict[str, Any] = settings.model_dump(exclude_defaults=True)
    return ColumnMapping(**given) if given else None


def _values(item: Item, field: str) -> tuple[str, ...]:
    value = getattr(item, field) if field in _BUILTIN else item.attributes.get(field)
    members = value if isinstance(value, list | tuple) else [value]
    words = [_word(member) for member in members if member is not None]
    return tuple(dict.fromkeys(word for word in words if word.strip()))


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _passes(item: Item, where: Mapping[str, str | list[str]]) -> bool:
    return all(
        set(_values(item, field)) & set([wanted] if isinstance(wanted, str) else wanted)
        for field, wanted in where.items()
    )


def _rejected(found: Sequence[Rejection]) -> str:
    if not found:
        return ""
    first = "; ".join(f"row {one.row}: {one.reason}" for one in found[:_NAMED])
    return f"{len(found):,} row(s) of the source can't be used: {first}"
