"""Bringing over what was written to the base meanwhile: by the ids that the ledger numbered."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from itertools import islice

from app.reembedding.base import Base
from app.reembedding.filling import Failed, Filler
from app.reembedding.images import Images, Wish
from app.wiring import Wiring
from core.errors import GenerationChanged
from ingestion.fetch import Fetcher
from ingestion.ledger import Ledger
from ingestion.limits import Pace
from qdrant.store import Generation

_AT_ONCE = 200


def bring(
    base: Base, generation: Generation, filler: Filler, ids: Sequence[str], ledger: Ledger
) -> list[Failed]:
    """Make `generation`, whose ledger is given, hold these items as `base` does.

    What can't be re-embedded is taken out of it, and answered.
    """
    failed: list[Failed] = []
    left = iter(ids)
    while part := list(islice(left, _AT_ONCE)):
        ledger.drop(part)
        points = base.retrieve(part)
        there = {point.id for point in points}
        lost = filler.fill(base, [points]).failed if points else []
        generation.delete([each for each in part if each not in there])
        generation.delete([each.id for each in lost])
        failed += lost
    return failed


def bring_last(
    wiring: Wiring, base: Base, generation: Generation, ids: Sequence[str], *, leave_out: bool
) -> None:
    """The last changes, while writers wait: within the service that is about to switch.

    Raises EncoderMismatch, and GenerationChanged where an item can't be re-embedded and is not to
    be left out.
    """
    collection = base.collection
    limits = wiring.limits()
    with closing(Fetcher(limits.fetch.for_loads())) as fetcher:
        thumbnails, sent = wiring.thumbnails(collection), wiring.originals(collection)
        images = Images(thumbnails, fetcher, limits, Wish.AUTO, sent)
        encoder = wiring.encoder_of(collection, generation.config)
        filler = Filler(generation, encoder, images, Pace(decoders=2, encoders=1))
        ledger = wiring.ledgers.of(collection, generation.name)
        failed = bring(base, generation, filler, ids, ledger)
    if failed and not leave_out:
        raise GenerationChanged(
            f"{len(failed):,} items that were written meanwhile can't be re-embedded; the first, "
            f"'{failed[0].id}': {failed[0].reason}",
            hint="Mend them, or leave them out by --leave-out.",
        )
