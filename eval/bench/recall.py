"""How much of the exact answer an ANN index finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eval.bench.measures import Measure


def bench_recall(
    find: Callable[[int, bool], Sequence[str]], *, queries: int, k: int, name: str, basis: str
) -> Measure:
    """Mean share of the exact top `k` that the index finds, 0 to 1.

    `find(query, exact)` gives the ids of the top `k` for a query's number, by the index or exactly.
    """
    shares = []
    for query in range(queries):
        exact = set(find(query, True))
        if exact:
            shares.append(len(exact & set(find(query, False))) / min(k, len(exact)))
    return Measure(name, sum(shares) / len(shares), "", basis)
