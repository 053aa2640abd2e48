"""A text search inside the process against its bare parts: one text encode, one engine query."""

from __future__ import annotations

from collections.abc import Callable

from eval.bench.measures import Measure, time_in_turn


def bench_search(
    encode: Callable[[int], object],
    query: Callable[[int], object],
    search: Callable[[int], object],
    *,
    rounds: int = 300,
    warm_up: int = 20,
) -> list[Measure]:
    """p50 of the three, called in turn, and the ratio of the search to the sum of its parts."""
    calls = [encode, query, search]
    time_in_turn(calls, warm_up)
    encoded, queried, searched = time_in_turn(calls, rounds)
    parts = encoded.p50 + queried.p50
    return [
        Measure("text encode p50", encoded.p50, "ms", "encoder alone"),
        Measure("engine query p50", queried.p50, "ms", "engine alone"),
        Measure("text search p50", searched.p50, "ms", "in process, 20 hits"),
        Measure("text search p99", searched.p99, "ms", "in process, 20 hits"),
        Measure(
            "search / (encode + query)", searched.p50 / parts, "x", f"{rounds} rounds", at_most=1.4
        ),
    ]
