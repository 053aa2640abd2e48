"""Deleting what the source does not have any more, unless that is suspiciously much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from core.errors import SyncRefused
from ingestion.ledger import Ledger
from ingestion.resuming import SeenIds
from ingestion.target import Target

_AT_ONCE = 500


@dataclass(frozen=True)
class Sync:
    """How a load brings deletions over.

    Attributes:
        most_share: of the collection's items, 0 to 1, that may be deleted without `force`.
        force: delete whatever the source does not have.
    """

    most_share: float = 0.2
    force: bool = False


def delete_gone(
    generation: Target,
    ledger: Ledger | None,
    seen: SeenIds,
    sync: Sync,
    *,
    nameless: int,
    since: int = 0,
) -> int:
    """Delete the items whose ids the source did not have; how many.

    Args:
        seen: every id of the source, those of its rejects too.
        nameless: rejected entries whose id could not be read: they may be any item.
        since: number of the last change beside the loads before this one began: what somebody has
            written after it is newer than the source, and stays.

    Raises SyncRefused, and deletes nothing, where that is more than `sync` allows, or where
    nameless rejects make it uncertain.
    """
    gone = sum(len(part) for part in _gone(generation, ledger, seen, since))
    if not gone:
        return 0
    count = generation.count()
    if not sync.force:
        _check(gone, count, sync.most_share, nameless, generation.collection)
    for part in _gone(generation, ledger, seen, since):
        if ledger is not None:
            ledger.drop(part)
        generation.delete(part)
    return gone


def _check(gone: int, count: int, most: float, nameless: int, collection: str) -> None:
    if gone > most * count:
        raise SyncRefused(
            f"The source lacks {gone:,} of the {count:,} items of '{collection}' "
            f"({gone / count:.0%}); at most {most:.0%} are deleted at once.",
            hint="See whether the source is whole. --force deletes them, --max-deletes moves the "
            "limit. All else of the load is done.",
        )
    if nameless:
        raise SyncRefused(
            f"{gone:,} items of '{collection}' are not in the source, but {nameless:,} of its rows "
            "could not be read so far as to know their ids.",
            hint="Mend those rows, which the rejects file names, or add --force. Nothing was "
            "deleted; all else of the load is done.",
        )


def _gone(
    generation: Target, ledger: Ledger | None, seen: SeenIds, since: int
) -> Iterator[list[str]]:
    """Ids of the collection that the source does not have, in parts."""
    ids = generation.ids()
    while part := list(islice(ids, _AT_ONCE)):
        there = seen.among(part)
        lacking = [each for each in part if each not in there]
        if lacking and ledger is not None:
            newer = {each for _, each in ledger.changed_since(since)}
            lacking = [each for each in lacking if each not in newer]
        if lacking:
            yield lacking
