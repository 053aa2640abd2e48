"""Online metrics as Prometheus series: counted as searches and events come, nothing is read.

They count all that is taken, bots too; `binocle eval online` leaves these out and knows how sure
its figures are. Each process counts what it takes. An event's collection, kind and time of search
are in its query's id; only that a search was clicked before, and its variants, are remembered, for
the last searches of this process: what reaches another replica counts for no variant there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Histogram

from core.interactions import BUILTIN_ACTIONS, CLICK, DWELL, IMPRESSION, Asked, Event
from core.query_ids import QueryId

UNKNOWN = "unknown"
"""The collection of an id whose collection is not there."""
OTHER = "other"
"""Conversions beyond the first names: names come from outside, and series cost memory."""
_NAMES = 30
_REMEMBERED = 50_000
T = TypeVar("T")
_CLICKED, _CONVERTED = 1, 2
_POSITIONS = (1, 2, 3, 5, 10, 20, 50, 100)
_TO_CLICK = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
_DWELL = (1, 5, 10, 30, 60, 120, 300, 600)


class OnlineMeters:
    """Safe to call from several threads.

    Args:
        name_of: the collection that an id's tag stands for, or None.
    """

    def __init__(self, registry: CollectorRegistry, name_of: Callable[[bytes], str | None]) -> None:
        self._name_of = name_of
        self._lock = Lock()
        self._variants: OrderedDict[str, Mapping[str, str]] = OrderedDict()
        self._done: OrderedDict[str, int] = OrderedDict()
        self._conversions: set[str] = set()
        by = ("collection", "kind")

        def counter(name: str, says: str, labels: Sequence[str] = by) -> Counter:
            return Counter(f"binocle_{name}", says, labels, registry=registry)

        def histogram(name: str, says: str, buckets: Sequence[float]) -> Histogram:
            return Histogram(
                f"binocle_{name}", says, ("collection",), buckets=buckets, registry=registry
            )

        self._searches = counter("searches", "Searches answered, later pages not counted.")
        self._empty = counter("searches_without_results", "Searches that found nothing.")
        self._clicked = counter("searches_clicked", "Searches with a click.")
        self._converted = counter("searches_converted", "Searches with a conversion.")
        self._reciprocal = counter(
            "click_reciprocal_ranks",
            "Sum of 1 / place of the first click of each search; by searches, the MRR of clicks.",
        )
        self._impressions = counter("impressions", "Items shown.")
        self._clicks = counter("clicks", "Clicks.")
        self._events = counter(
            "conversions", "Conversions, by their names.", ("collection", "action")
        )
        self._position = histogram("click_position", "Place of clicks, from 1.", _POSITIONS)
        self._to_click = histogram(
            "seconds_to_click", "From a search to its first click.", _TO_CLICK
        )
        self._dwell = histogram("dwell_seconds", "Time spent on an item.", _DWELL)
        self._by_variant = counter(
            "variant_searches",
            "Searches of experiments: outcome is all, no_result, clicked or converted.",
            ("collection", "experiment", "variant", "outcome"),
        )

    def searched(self, asked: Asked) -> None:
        """Count a search that was answered."""
        labels = (asked.collection, asked.kind)
        self._searches.labels(*labels).inc()
        if not asked.found:
            self._empty.labels(*labels).inc()
        if asked.variants:
            with self._lock:
                _remember(self._variants, asked.query_id, dict(asked.variants))
            self._count_variants(asked.query_id, asked.collection, "all")
            if not asked.found:
                self._count_variants(asked.query_id, asked.collection, "no_result")

    def happened(self, event: Event, of: QueryId) -> None:
        """Count an event on an answer."""
        collection = self._name_of(of.tag) or UNKNOWN
        labels = (collection, of.kind)
        if event.action == IMPRESSION:
            self._impressions.labels(*labels).inc()
        elif event.action == CLICK:
            self._click(event, of, collection)
        elif event.action == DWELL:
            self._dwell.labels(collection).observe(event.seconds or 0.0)
        else:
            self._events.labels(collection, self._conversion(event.action)).inc()
            if self._is_first(of.text, _CONVERTED):
                self._converted.labels(*labels).inc()
                self._count_variants(of.text, collection, "converted")

    def _click(self, event: Event, of: QueryId, collection: str) -> None:
        labels = (collection, of.kind)
        self._clicks.labels(*labels).inc()
        if event.position is not None:
            self._position.labels(collection).observe(event.position)
        if not self._is_first(of.text, _CLICKED):
            return
        self._clicked.labels(*labels).inc()
        self._count_variants(of.text, collection, "clicked")
        self._to_click.labels(collection).observe((event.at - of.at).total_seconds())
        if event.position is not None:
            self._reciprocal.labels(*labels).inc(1 / event.position)

    def _is_first(self, query_id: str, what: int) -> bool:
        """Whether this is the first of its kind on the search."""
        with self._lock:
            done = self._done.get(query_id, 0)
            _remember(self._done, query_id, done | what)
        return not done & what

    def _count_variants(self, query_id: str, collection: str, outcome: str) -> None:
        with self._lock:
            variants = self._variants.get(query_id, {})
        for experiment, variant in variants.items():
            self._by_variant.labels(collection, experiment, variant, outcome).inc()

    def _conversion(self, action: str) -> str:
        assert action not in BUILTIN_ACTIONS
        with self._lock:
            if action in self._conversions or len(self._conversions) < _NAMES:
                self._conversions.add(action)
                return action
        return OTHER


def _remember(known: OrderedDict[str, T], key: str, value: T) -> None:
    """Keep the last ones."""
    known[key] = value
    if len(known) > _REMEMBERED:
        known.popitem(last=False)
