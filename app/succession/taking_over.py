"""What a service does for the process that builds the next generation of one of its collections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from app.reembedding.base import LocalBase, nearest_of
from app.reembedding.catching_up import bring_last
from app.succession.replacing import Meanwhile, bring_fitting
from app.succession.wire import point_as_json, point_from_json, rows_from_texts
from app.wiring import Wiring
from core.errors import GenerationChanged
from ingestion.ledger import Ledger
from ingestion.payload import SHA256
from qdrant.config_json import config_as_json
from qdrant.store import JOINT, Generation

_AT_ONCE = 200


def described(wiring: Wiring, collection: str) -> dict[str, Any]:
    """The generation that answers now; from here on every change of it is numbered."""
    with wiring.catalog.writing(collection) as (opened, _):
        generation = opened.generation
        ledger = wiring.ledgers.of(collection, generation.name)
        return {
            "collection": collection,
            "generation": generation.name,
            "config": config_as_json(generation.config),
            "change": ledger.latest(),
            "count": generation.count(),
        }


def points_of(
    wiring: Wiring,
    collection: str,
    ids: Sequence[str] | None,
    after: str | None,
    limit: int,
    *,
    vectors: bool,
    base: str | None = None,
) -> dict[str, Any]:
    """Points by their ids, or the next `limit` of all; as JSON. Raises GenerationChanged where
    another generation than `base` answers."""
    with wiring.catalog.lease(collection) as opened:
        generation, following = opened.generation, None
        _check_base(generation, base)
        if ids is None:
            page, following = generation.scroll(limit=limit, after=after)
            ids = [point.id for point in page]
        found = generation.retrieve(ids, with_vectors=vectors)
        return {"points": [point_as_json(point) for point in found], "after": following}


def nearest_points(
    wiring: Wiring, collection: str, vectors: Sequence[str], limit: int
) -> dict[str, Any]:
    """Ids of the nearest points to each vector, with nothing between the engine and the answer."""
    with wiring.catalog.lease(collection) as opened:
        rows = rows_from_texts(vectors, opened.config.vectors[JOINT])
        return {"ids": nearest_of(opened.generation, rows, limit)}


def write_points(
    wiring: Wiring,
    collection: str,
    points: Sequence[Mapping[str, Any]],
    payloads: Mapping[str, Mapping[str, Any]],
    delete: Sequence[str],
    *,
    base: str | None = None,
) -> None:
    """Write what a load has made: not noted, as the load keeps the ledger itself, of `base`.

    Raises GenerationChanged where another generation answers.
    """
    checked = [point_from_json(point) for point in points]
    with wiring.catalog.writing(collection) as (opened, _):
        _check_base(opened.generation, base)
        if delete:
            opened.generation.delete(delete)
        if payloads:
            opened.generation.set_payloads(_of_the_same_images(opened.generation, payloads))
        if checked:
            opened.generation.upsert(checked)


def _of_the_same_images(
    generation: Generation, payloads: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """Without those of items that somebody gave another image since the load looked: the vectors
    would not be of what the payload says."""
    there = generation.retrieve(list(payloads))
    return {
        each.id: payloads[each.id]
        for each in there
        if each.payload.get(SHA256) == payloads[each.id].get(SHA256)
    }


def take_over(
    wiring: Wiring,
    collection: str,
    generation: str,
    *,
    base: str,
    since: int,
    replay: bool,
    leave_out: bool = False,
) -> None:
    """Answer from `generation`, with all that was written to `base` after the change `since`.

    Where it was made with another encoder, that is loaded first, and what has changed since is
    encoded anew; `leave_out` are the items of which no image can be had, else they hold it up.

    Raises GenerationChanged where another generation answers than `base`, or where there were
    changes that are not to be brought over as they are.
    """

    def bring_over(old: Generation, new: Generation) -> None:
        _check_base(old, base)
        added = old.config.schema.attributes.items() - new.config.schema.attributes.items()
        if added:  # declared while `new` was built
            new.add_fields(dict(added))
        ledger = wiring.ledgers.of(collection, old.name)
        changed = [each for _, each in ledger.changed_since(since)]
        if changed and not replay:
            raise GenerationChanged(
                f"{len(changed):,} items of '{collection}' were written since.",
                hint="Bring them over first.",
            )
        if old.config.fingerprint == new.config.fingerprint:
            copy_changed(old, new, changed, wiring.ledgers.of(collection, new.name))
        else:
            bring_last(wiring, LocalBase(old, ledger), new, changed, leave_out=leave_out)

    wiring.catalog.take_over(collection, generation, bring_over)


def give_way(
    wiring: Wiring, collection: str, generation: str, *, base: str, since: int
) -> Meanwhile:
    """Answer from `generation`, which was built from a source of its own, with what was written to
    `base` after the change `since`, as far as it fits. Raises as `take_over`."""
    found = Meanwhile()

    def bring_over(old: Generation, new: Generation) -> None:
        nonlocal found
        _check_base(old, base)
        changed = [each for _, each in wiring.ledgers.of(collection, base).changed_since(since)]
        found = bring_fitting(old, new, changed, wiring.ledgers.of(collection, new.name))

    wiring.catalog.take_over(collection, generation, bring_over)
    return found


def _check_base(old: Generation, base: str | None) -> None:
    if base is not None and old.name != base:
        raise GenerationChanged(
            f"Collection '{old.collection}' answers from {old.name} now, not from {base}.",
            hint="Run it again.",
        )


def copy_changed(
    old: Generation, new: Generation, ids: Iterable[str], ledger: Ledger | None = None
) -> None:
    """Make `new` hold these items as `old` does; `ledger` is that of `new`."""
    left = iter(ids)
    while part := list(islice(left, _AT_ONCE)):
        if ledger is not None:
            ledger.drop(part)
        points = old.retrieve(part, with_vectors=True)
        there = {point.id for point in points}
        gone = [each for each in part if each not in there]
        if gone:
            new.delete(gone)
        if points:
            new.upsert(points)
