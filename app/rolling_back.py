"""Going back to the generation before, and what that leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

from app.wiring import Wiring


@dataclass(frozen=True)
class RolledBack:
    """Attributes:
    generation: what answers now.
    left: what answered until now.
    behind: items written or deleted one by one, or over HTTP, since `left` was published:
        `generation` has not got that. What loads wrote is not counted; None where nothing ever was
        loaded, as changes are not numbered there.
    """

    generation: str
    left: str
    behind: int | None


def roll_back(wiring: Wiring, collection: str) -> RolledBack:
    """Publish the generation that was published before. A service notices by itself.

    Raises CollectionNotFound, and GenerationNotFound where there is none.
    """
    left = wiring.store.published(collection) or ""
    generation = wiring.store.rollback(collection)
    ledger = wiring.ledgers.present(collection, left)
    behind = len(ledger.changed_since(0)) if ledger is not None else None
    return RolledBack(generation, left, behind)
