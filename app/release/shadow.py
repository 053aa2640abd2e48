"""Queries of real traffic, asked of both generations; only the old one's answers reach anybody."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

import numpy as np

from app.reembedding.base import Base, LocalBase
from app.reembedding.comparing import asked_from
from app.reembedding.run import answering
from app.release.record import Decision, Outcome, Step
from app.release.work import Query, Work
from core.errors import BinocleError, ImageUnreadable, SourceError
from core.items import ImageSource
from encoders.encoder import Encoder, detail
from encoders.images import decode_image, read_file
from eval.retrieval.agreement import agreement
from ingestion.fetch import fetch_image

_DEPTH = 50
_SHOWN = 3


@dataclass(frozen=True)
class _Answered:
    """What one side answered, and how long each query took with its encoding, in ms."""

    found: list[list[str]]
    ms: list[float]

    @property
    def median(self) -> float:
        return float(np.median(self.ms))


def shadow(work: Work) -> Outcome:
    """Ask both generations, compare, and say whether the candidate stays within its bounds.

    Raises SourceError for queries that can't be used, CollectionBusy and StoreError.
    """
    settings, collection = work.settings.shadow, work.settings.collection
    if settings.skip is not None:
        return Outcome(Decision.SKIPPED, settings.skip)
    name = str(work.record.facts(Step.REEMBED)["generation"])
    with (
        answering(work.wiring, collection) as base,
        closing(work.wiring.store.open(collection, name)) as opened,
    ):
        old = work.wiring.encoder_of(collection, base.config)
        queries, unusable = _usable(work, _asked(work, base), (old, work.candidate()))
        if not queries:
            raise SourceError("There is no query to compare the two generations by.")
        local = LocalBase(opened, work.wiring.ledgers.of(collection, name))
        sides = [(base, old), (local, work.candidate())]
        before, after = (_answers(work, side, encoder, queries) for side, encoder in sides)
        beside = not isinstance(base, LocalBase)
    return _outcome(work, before, after, unusable, beside)


def _outcome(
    work: Work, before: _Answered, after: _Answered, unusable: Sequence[str], beside: bool
) -> Outcome:
    settings = work.settings.shadow
    found = agreement(before.found, after.found)
    facts = {
        "queries": found.queries,
        "unusable": len(unusable),
        "first_unusable": list(unusable[:_SHOWN]),
        "overlap_at_10": round(found.overlap, 4),
        "kendall_tau": None if found.correlation is None else round(found.correlation, 4),
        "serving_ms": None if beside else round(before.median, 3),
        "candidate_ms": round(after.median, 3),
    }
    told = f"{found.queries:,} queries: overlap@10 {found.overlap:.3f}"
    if found.correlation is not None:
        told += f", rank correlation {found.correlation:.3f}"
    if found.overlap < settings.least_overlap:
        return Outcome(
            Decision.REFUSED, f"{told}, less than {settings.least_overlap:g} of overlap.", facts
        )
    if settings.slowest is not None:
        if beside:
            raise SourceError(
                "A running service has the collection: its time over HTTP can't be compared.",
                hint="Leave 'slowest' out of 'shadow', or stop the service meanwhile.",
            )
        times = after.median / before.median
        told += f", {times:.2f} times the median time"
        if times > settings.slowest:
            return Outcome(Decision.REFUSED, f"{told}, over {settings.slowest:g}.", facts)
    return Outcome(Decision.PASSED, f"{told}.", facts)


def _asked(work: Work, base: Base) -> list[Query]:
    """Queries, drawn by the release's seed: of a log as often as they were asked."""
    settings = work.settings.shadow
    if settings.log is not None:
        if work.tools.asked is None:
            raise SourceError("No log can be read here.", hint="Give 'queries' instead.")
        pool: list[Query] = list(work.tools.asked(work.path(settings.log)))
    elif settings.queries is not None:
        found = asked_from(work.path(settings.queries), None)
        assert found is not None
        pool = list(found.texts)
    else:
        points = (point for page in base.pages(vectors=False) for point in page)
        titles = (str(point.payload.get("title", "")) for point in points)
        pool = list(islice((title for title in titles if title.strip()), settings.sample))
    generator = np.random.default_rng(work.settings.seed)
    drawn = generator.permutation(len(pool))[: settings.sample]
    return [pool[place] for place in sorted(drawn.tolist())]


def _usable(
    work: Work, asked: Sequence[Query], encoders: Sequence[Encoder]
) -> tuple[list[Callable[[Encoder], np.ndarray]], list[str]]:
    """What encodes each query by an encoder, images decoded; and why some can't be used."""
    limits = work.wiring.limits()
    size = max(detail(one) for one in encoders)
    usable: list[Callable[[Encoder], np.ndarray]] = []
    unusable: list[str] = []

    def of_text(text: str) -> Callable[[Encoder], np.ndarray]:
        return lambda encoder: encoder.encode_texts([text])

    def of_image(source: ImageSource) -> Callable[[Encoder], np.ndarray]:
        data = _bytes(source, lambda url: fetch_image(url, limits.fetch))
        image = decode_image(data, max_pixels=limits.max_pixels, at_least=size)
        return lambda encoder: encoder.encode_images([image])

    for query in asked:
        try:
            usable.append(of_text(query) if isinstance(query, str) else of_image(query))
        except BinocleError as error:
            unusable.append(error.message)
    return usable, unusable


def _bytes(source: ImageSource, fetch: Callable[[str], bytes]) -> bytes:
    if source.data is not None:
        return source.data
    if source.path is not None:
        return read_file(source.path)
    if source.url is not None:
        return fetch(source.url)
    raise ImageUnreadable("There is no image.")


def _answers(
    work: Work,
    base: Base,
    encoder: Encoder,
    queries: Sequence[Callable[[Encoder], np.ndarray]],
) -> _Answered:
    work.tools.told(f"Asking {base.name}")
    base.nearest(queries[0](encoder), _DEPTH)  # the first is slow for reasons of its own
    found, ms = [], []
    for query in queries:
        started = time.perf_counter()
        found += base.nearest(query(encoder), _DEPTH)
        ms.append(1000 * (time.perf_counter() - started))
    return _Answered(found, ms)
