"""What a load is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import SourceError
from core.fields import FieldType
from encoders.encoder import Encoder
from ingestion.derive import NOTHING, Derive
from ingestion.duplicates import DuplicateIndex
from ingestion.elsewhere import Elsewhere
from ingestion.ledger import Ledger
from ingestion.limits import Limits, Pace
from ingestion.sources.source import Source
from ingestion.syncing import Sync
from ingestion.target import Target
from ingestion.thumbnails import ThumbnailStore


@dataclass(frozen=True)
class Task:
    """What to load, with what, and where to.

    Attributes:
        thumbnails: None makes none.
        rejects: the JSONL file to append rejections to; None only counts them.
        beside_rejects: a file to write with the first of them, and what it is to hold.
        ledger: of this generation; without it, the store is asked for every item.
        sync: None deletes nothing.
        most_rejects: share of the entries, 0 to 1, above which the load fails; None is no limit.
        derive: what to learn of each image.
        duplicates: groups near-duplicates; None groups none.
        look_again: read images behind URLs again, though the source says nothing new of them.
        most_changes: stop, as if interrupted, before more items than these are written; None is no
            limit.
        elsewhere: decodes, encodes and writes in the place of this process's threads.
    """

    source: Source
    generation: Target
    encoder: Encoder
    thumbnails: ThumbnailStore | None = None
    rejects: Path | None = None
    beside_rejects: tuple[Path, str] | None = None
    limits: Limits = field(default_factory=Limits)
    pace: Pace = field(default_factory=Pace)
    ledger: Ledger | None = None
    sync: Sync | None = None
    most_rejects: float | None = None
    most_changes: int | None = None
    look_again: bool = False
    derive: Derive = NOTHING
    duplicates: DuplicateIndex | None = None
    elsewhere: Elsewhere | None = None


def check_fields(source: Source, declared: Mapping[str, FieldType]) -> None:
    """Raises SourceError when the collection lacks fields of the source, or types one otherwise."""
    missing = {}
    for name, kind in source.attributes.items():
        there = declared.get(name)
        if there is None:
            missing[name] = kind
        elif there is not kind:
            raise SourceError(
                f"The field '{name}' is {kind.value} in {source.name}, but is {there.value} in the "
                "collection.",
                hint="Declare its type, ignore its column, or load into a new collection.",
                field=name,
            )
    if missing:
        named = ", ".join(f"'{name}' ({kind.value})" for name, kind in missing.items())
        some = "The field" if len(missing) == 1 else "The fields"
        given = " ".join(f"{name}={kind.value}" for name, kind in missing.items())
        raise SourceError(
            f"{some} {named} of {source.name} {'is' if len(missing) == 1 else 'are'} not in the "
            "collection.",
            hint=f"`binocle collections add-field COLLECTION {given}` adds what is missing; or "
            "ignore its column, or load into a new collection.",
            field=next(iter(missing)),
        )
