"""A look at a source before it is loaded: how it is understood, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from core.errors import BinocleError
from core.fields import FieldType
from ingestion.mapping_file import mapping_as_yaml
from ingestion.rejects import Rejection
from ingestion.resuming import SeenIds
from ingestion.sources.catalog import CatalogSource
from ingestion.sources.source import Candidate, Source
from ingestion.task import check_fields

ROWS = 1000
"""Rows that are looked at."""
ITEMS = 10
"""Items that are shown."""


@dataclass
class Problem:
    """What is wrong with some of the rows, in one way.

    Attributes:
        count: rows it is found in.
        first: one of them.
    """

    kind: str
    field: str | None
    count: int
    first: Rejection


@dataclass(frozen=True)
class Preview:
    """What a load would make of the first rows. No image is opened, and nothing is fetched.

    Attributes:
        mapping: YAML that says the same as what was inferred; None where there are no columns.
        rows: how many were looked at.
        items: the first of them that can be loaded, up to ten.
        problems: most frequent first.
        refusal: why nothing could be loaded into the collection as it is; None where it could.
    """

    mapping: str | None
    rows: int
    items: tuple[Candidate, ...]
    problems: tuple[Problem, ...]
    refusal: BinocleError | None


def preview(source: Source, declared: Mapping[str, FieldType] | None) -> Preview:
    """Looks at the first thousand rows.

    Args:
        declared: fields of the collection, where it exists.
    """
    refusal = None
    if declared is not None:
        try:
            check_fields(source, declared)
        except BinocleError as error:
            refusal = error
    places: set[tuple[str | None, int | None]] = set()
    items: list[Candidate] = []
    problems: dict[tuple[str, str | None], Problem] = {}
    with closing(SeenIds()) as seen:
        for entry in _first(source, places):
            wrong = entry if isinstance(entry, Rejection) else seen.check(entry) or _missing(entry)
            if wrong is not None:
                new = Problem(wrong.kind, wrong.field, 0, wrong)
                problems.setdefault((wrong.kind, wrong.field), new).count += 1
            elif len(items) < ITEMS and isinstance(entry, Candidate):
                items.append(entry)
    mapping = mapping_as_yaml(source.rows) if isinstance(source, CatalogSource) else None
    ordered = sorted(problems.values(), key=lambda problem: -problem.count)
    return Preview(mapping, len(places), tuple(items), tuple(ordered), refusal)


def _first(
    source: Source, places: set[tuple[str | None, int | None]]
) -> Iterator[Candidate | Rejection]:
    """Entries of the first rows, which are noted in `places`."""
    for entry in source.entries():
        place = (entry.source, entry.row)
        if place not in places and len(places) == ROWS:
            return
        places.add(place)
        yield entry


def _missing(candidate: Candidate) -> Rejection | None:
    path = candidate.item.image.path
    if path is None or path.exists():
        return None
    reason = f"There is no file {path}."
    return Rejection(
        reason, "image-unreadable", candidate.row, candidate.item.id, "image", candidate.source
    )
