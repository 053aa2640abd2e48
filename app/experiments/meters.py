"""Counters of experiments."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class ExperimentMeters:
    """Of the experiments of one service."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.running = Gauge(
            "binocle_experiments_running",
            "Experiments that run and are applied here.",
            registry=registry,
        )
        self.suspended = Gauge(
            "binocle_experiments_suspended",
            "Experiments that run and can't be applied here just now.",
            registry=registry,
        )
        self.searches = Counter(
            "binocle_experiment_searches",
            "Searches answered by a variant.",
            ("experiment", "variant"),
            registry=registry,
        )
        self.failures = Counter(
            "binocle_experiment_failures",
            "Searches that the service failed under a variant.",
            ("experiment", "variant"),
            registry=registry,
        )
        self.broken = Counter(
            "binocle_experiment_guardrails_broken",
            "Variants that were stopped as they broke a guardrail.",
            ("experiment",),
            registry=registry,
        )
