"""Counters of what is recorded, lost and refused."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class RecordMeters:
    """Of the record of searches and events."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.recorded = Counter(
            "binocle_interactions_recorded",
            "Searches and events written to the database.",
            ("what",),
            registry=registry,
        )
        self.lost = Counter(
            "binocle_interactions_lost",
            "Searches and events that were taken and not written, by reason.",
            ("what", "reason"),
            registry=registry,
        )
        self.waiting = Gauge(
            "binocle_interactions_waiting",
            "Searches and events in memory, not written yet.",
            registry=registry,
        )
        self.writes = Histogram(
            "binocle_interactions_write_seconds",
            "Time of one transaction that writes searches and events.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.refused = Counter(
            "binocle_events_refused", "Events refused, by reason.", ("reason",), registry=registry
        )
