"""Gauges of the collections' health, told with the other metrics.

binocle_collection_items{collection}                        items that answer
binocle_collection_newest_item_timestamp_seconds{...}       the latest uploaded_at of an item
binocle_items_without_current_embedding_ratio{collection}   0 to 1, see `Health`
binocle_drift_detected{collection,what}                     1 where the last report says so
binocle_drift_checked_timestamp_seconds{collection}         when that was
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.collection import OpenCollection
from app.drift.places import report_path
from app.release.record import Records, State, Step
from app.wiring import Wiring
from core.errors import BinocleError
from qdrant.queries import Order

_FRESH_S = 60.0
_UPLOADED = "uploaded_at"


@dataclass(frozen=True)
class Health:
    """One collection.

    Attributes:
        newest: the latest `uploaded_at`, seconds since 1970; None where no item has one.
        without: share of the items without a vector of the current model: that of the release
            published last, or, where there was none, of the settings. 1 where another model
            answers; else the items that the re-embedding had to leave out.
        drifted: by what was looked at, of the last report. checked: its time; None without one.
    """

    items: int
    newest: float | None
    without: float
    drifted: Mapping[str, bool]
    checked: float | None


def health(wiring: Wiring, opened: OpenCollection) -> Health:
    """Of a collection that is open. Raises StoreError."""
    count = opened.count()
    report = _read(report_path(wiring, opened.name))
    drifted = {what: bool(found) for what, found in report.get("drifted", {}).items()
               if found is not None}  # fmt: skip
    return Health(
        items=count,
        newest=_newest(opened),
        without=_without(wiring, opened, count),
        drifted=drifted if report.get("encoder") == opened.config.fingerprint else {},
        checked=_seconds(report.get("at")),
    )


class HealthCollector(Collector):
    """Asks at most once a minute, however often the metrics are read."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._known: dict[str, Health] = {}
        self._at = float("-inf")

    def describe(self) -> list[Metric]:
        """Nothing is asked before the service is up."""
        return list(families({}))

    def collect(self) -> Iterator[Metric]:
        now = time.monotonic()
        if now - self._at >= _FRESH_S:
            self._known, self._at = self._asked(), now
        return families(self._known)

    def _asked(self) -> dict[str, Health]:
        found = {}
        for name in self._wiring.catalog.answering():
            try:
                with self._wiring.catalog.lease(name) as opened:
                    found[name] = health(self._wiring, opened)
            except BinocleError:
                continue  # /readyz tells of it; a gauge that is absent is right here
        return found


def families(known: Mapping[str, Health]) -> Iterator[Metric]:
    """The gauges of these collections, by name."""

    def family(name: str, says: str, *labels: str) -> GaugeMetricFamily:
        return GaugeMetricFamily(name, says, labels=("collection", *labels))

    items = family("binocle_collection_items", "Items that answer.")
    newest = family(
        "binocle_collection_newest_item_timestamp_seconds", "The latest uploaded_at of an item."
    )
    without = family(
        "binocle_items_without_current_embedding_ratio",
        "Share of the items without a vector of the model released last.",
    )
    drift = family("binocle_drift_detected", "Whether the last report found drift.", "what")
    checked = family("binocle_drift_checked_timestamp_seconds", "When drift was looked for.")
    for name, one in known.items():
        items.add_metric([name], one.items)
        without.add_metric([name], one.without)
        if one.newest is not None:
            newest.add_metric([name], one.newest)
        for what, found in one.drifted.items():
            drift.add_metric([name, what], float(found))
        if one.checked is not None:
            checked.add_metric([name], one.checked)
    yield from (items, newest, without, drift, checked)


def _newest(opened: OpenCollection) -> float | None:
    def find() -> float | None:
        found = opened.generation.first_by(Order(_UPLOADED, descending=True), filter=None, limit=1)
        return _seconds(found[0].payload.get(_UPLOADED)) if found else None

    return opened.remember(("newest",), find)


def _without(wiring: Wiring, opened: OpenCollection, count: int) -> float:
    released = [
        one
        for one in Records(wiring.directories.releases).all()
        if one.collection == opened.name and one.state is State.PUBLISHED
    ]
    if released:
        wanted = str(released[-1].facts(Step.TRAIN)["fingerprint"])
    else:
        own = wiring.loaded_encoder()
        wanted = own.fingerprint if own is not None else opened.config.fingerprint
    if opened.config.fingerprint != wanted:
        return 1.0
    left_out = wiring.directories.rejects / f"{opened.name}-not-reembedded.jsonl"
    try:
        lost = sum(1 for _ in left_out.open(encoding="utf-8"))
    except OSError:
        lost = 0
    return lost / (lost + count) if lost else 0.0


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return {}


def _seconds(moment: object) -> float | None:
    if isinstance(moment, datetime):
        return moment.timestamp()
    try:
        return datetime.fromisoformat(str(moment)).timestamp()
    except ValueError:
        return None
