"""What a load asks of a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.fields import FieldType
from core.items import Item, Visibility
from ingestion.rejects import Rejection
from ingestion.sources.place import Place


@dataclass(frozen=True)
class Candidate:
    """An item with its place in the source: `row` counts from 1, see `Rejection`."""

    item: Item
    row: int
    source: str
    record: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    """What the source itself gives of it, for rejects; None where it has no records."""

    @property
    def given(self) -> Mapping[str, Any]:
        """The record, or else the item under the usual names of columns."""
        if self.record is not None:
            return self.record
        item = self.item
        more = {
            "description": item.description or None,
            "owner_id": item.owner_id,
            "uploaded_at": item.uploaded_at and item.uploaded_at.isoformat(),
            "visibility": None if item.visibility is Visibility.PUBLIC else item.visibility.value,
            "product_id": item.product_id,
            "safety": item.safety,
        }
        return {
            "id": item.id,
            "image": item.image.reference or item.image.data,
            "title": item.title,
            "tags": list(item.tags),
            **{name: value for name, value in more.items() if value is not None},
            **item.attributes,
        }


@dataclass(frozen=True)
class Record:
    """One row of a catalog, as its format gives it."""

    row: int
    values: Mapping[str, Any]
    source: Place | None = None
    """The file that it was in before, where this one only repeats it."""
    known_id: str | None = None
    """The item's id, where it had one before."""
    taken_id: str | None = None
    """An id that is another row's, and so not to be this one's."""


class Source(Protocol):
    """Items in a fixed order, again at every call of `entries`."""

    @property
    def name(self) -> str:
        """For people: the path as they gave it."""
        ...

    @property
    def attributes(self) -> Mapping[str, FieldType]:
        """Types of the items' attributes by field name: what a new collection would declare."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What a person should know of how the source was understood; sentences."""
        ...

    @property
    def total(self) -> int | None:
        """Number of entries where that is cheap to know."""
        ...

    def entries(self) -> Iterator[Candidate | Rejection]:
        """Every entry, usable or not. Raises SourceError when the source as a whole fails."""
        ...


class RecordFile(Protocol):
    """One catalog file."""

    @property
    def name(self) -> str:
        """For people: the path."""
        ...

    @property
    def place(self) -> Place:
        """Where it lies; relative paths of images are beside it."""
        ...

    @property
    def typed(self) -> bool:
        """Whether values have types of their own, so that '1' is a string and not a number."""
        ...

    @property
    def total(self) -> int | None: ...

    def columns(self) -> list[str]:
        """Headings in order. Raises SourceError when the file can't be read."""
        ...

    def records(self) -> Iterator[Record | Rejection]: ...
