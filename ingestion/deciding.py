"""What has to be done for an item: nothing, a new payload, or all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.items import Item
from ingestion.ledger import Entry, Ledger
from ingestion.payload import ITEM, SHA256, hashes
from ingestion.sources.source import Candidate
from ingestion.target import Target


@dataclass(frozen=True)
class Wanted:
    """A candidate that is new or changed.

    Attributes:
        entry: what the ledger is to hold of it, without the image's SHA-256.
        held: SHA-256 of the image file that the collection's vector was made from; '' where the
            collection has no such item.
        unsure: nothing that the source says has changed, but what is behind the image's URL may.
    """

    candidate: Candidate
    entry: Entry
    held: str = ""
    unsure: bool = False


@dataclass
class Decision:
    """Candidates by what they need.

    Attributes:
        renewed: the image is the same; only the payload and the text are not.
        fresh: the image is new, or has to be read to know.
    """

    unchanged: int = 0
    renewed: list[Wanted] = field(default_factory=list)
    fresh: list[Wanted] = field(default_factory=list)


def entry_of(item: Item) -> Entry:
    """What the source says of the item, as hashes. Opens no image."""
    return Entry(*hashes(item))


def decide(
    candidates: Sequence[Candidate],
    generation: Target,
    ledger: Ledger | None,
    *,
    look_again: bool = False,
) -> Decision:
    """What each needs, by the ledger; the store is asked only for items that the ledger lacks.

    Args:
        look_again: an image behind a URL has to be read to know, whatever the source says.
    """
    ids = [candidate.item.id for candidate in candidates]
    known = dict(ledger.known(ids)) if ledger is not None else {}
    held = _held([each for each in ids if each not in known], generation)
    found: dict[str, Entry] = {}
    decision = Decision()
    for candidate in candidates:
        item = candidate.item
        entry = entry_of(item)
        present = known.get(item.id) or held.get(item.id)
        if present is None:
            decision.fresh.append(Wanted(candidate, entry))
        elif present.item == entry.item:
            unsure = look_again and item.image.url is not None and bool(present.sha256)
            if unsure:
                decision.fresh.append(Wanted(candidate, entry, present.sha256, unsure=True))
            else:
                decision.unchanged += 1
            if item.id not in known:
                found[item.id] = Entry(entry.item, entry.image, present.sha256)
        elif present.image == entry.image and present.sha256:
            decision.renewed.append(Wanted(candidate, entry, present.sha256))
        else:
            decision.fresh.append(Wanted(candidate, entry, present.sha256))
    if ledger is not None:
        ledger.adopt(found)
    return decision


def _held(ids: Sequence[str], generation: Target) -> Mapping[str, Entry]:
    """What the store itself tells of items, without the identity of their images."""
    if not ids:
        return {}
    return {
        point.id: Entry(str(point.payload.get(ITEM, "")), "", str(point.payload.get(SHA256, "")))
        for point in generation.retrieve(ids)
    }
