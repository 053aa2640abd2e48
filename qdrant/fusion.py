"""How lists are fused and sparse vectors scored, written down plainly: the yardstick for engines.

The formulas are Qdrant's, whose documentation and client they follow.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qdrant.queries import (
    JOINT,
    RRF_K,
    AnyVector,
    Fused,
    FusedPoint,
    HybridQuery,
    Prefetch,
    SparseVector,
)
from qdrant.store import Generation, Point


def ranked(scores: Mapping[str, float]) -> list[tuple[str, float]]:
    """(id, score), best first."""
    return sorted(scores.items(), key=lambda pair: -pair[1])


def scores(
    among: Sequence[Point], vector: AnyVector, using: str, everything: Iterable[Point]
) -> dict[str, float]:
    """The score of each of `among` that a checked vector finds; IDF counts `everything`."""
    if isinstance(vector, SparseVector):
        stored = {point.id: point.sparse[using] for point in everything if using in point.sparse}
        return sparse_scores(vector, stored, [point.id for point in among])
    if not among:
        return {}
    rows = np.stack([point.vectors[using] for point in among])  # float32 (n, dim)
    cosines = np.clip(rows @ vector, -1.0, 1.0)
    return {point.id: float(c) for point, c in zip(among, cosines, strict=True)}


def fuse(query: HybridQuery, lists: Sequence[Sequence[tuple[str, float]]]) -> dict[str, float]:
    """The fused score of each id by lists of (id, score), best first, one per prefetch."""
    found = dict.fromkeys(each for ranked in lists for each, _ in ranked)
    if query.fusion == "rrf":
        answer = dict.fromkeys(found, 0.0)
        for part, ranked in zip(query.prefetch, lists, strict=True):
            for place, (each, _) in enumerate(ranked, start=1):
                answer[each] += 1.0 / (RRF_K + place / part.weight - 1.0)
        return answer
    scores = [dict(ranked) for ranked in lists]
    return {
        each: sum(
            part.weight * share(part, known.get(each, part.missing))
            for part, known in zip(query.prefetch, scores, strict=True)
        )
        for each in found
    }


def share(part: Prefetch, score: float) -> float:
    """What a score counts in weighted fusion, before its weight."""
    if part.half is None:
        return score
    whole = score + part.half
    return score / whole if whole else 0.0


def totals(lists: Sequence[Prefetch], raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 (n,): the fused scores of n points by their scores in each list, raw (n, lists)."""
    total = np.zeros(len(raw))
    for at, part in enumerate(lists):
        own = raw[:, at]
        if part.half is not None:
            whole = own + part.half
            own = np.divide(own, whole, out=np.zeros_like(own), where=whole != 0)
        total += part.weight * own
    return total


class FusedByParts:
    """`Generation.fused` by the other calls of an engine."""

    def fused(
        self: Generation,
        query: HybridQuery,
        keep: int,
        *,
        without: Collection[str] = (),
        with_vectors: bool = False,
    ) -> Fused:
        """See qdrant.store.Generation."""
        found = self.hybrid(replace(query, with_payload=False))
        left_out = set(without)
        ids = [point.id for point in found if point.id not in left_out]
        columns = [self.score(ids, part.vector, part.using) for part in query.prefetch]
        rows = [[own.get(each, 0.0) for own in columns] for each in ids]
        total = totals(query.prefetch, np.array(rows).reshape(len(ids), len(columns)))
        best = sorted(range(len(ids)), key=lambda at: (-total[at], ids[at]))[:keep]
        places = {ids[at]: at for at in best}
        points = [
            FusedPoint(
                each.id,
                float(total[places[each.id]]),
                tuple(rows[places[each.id]]),
                each.payload,
                each.vectors[JOINT] if with_vectors else None,
            )
            for each in self.retrieve(list(places), with_vectors=with_vectors)
        ]
        return Fused(points, len(found), len(ids) - len(best))


def sparse_scores(
    query: SparseVector, stored: Mapping[str, SparseVector], among: Sequence[str]
) -> dict[str, float]:
    """The scores of those of `among` that share an index with the query, weighted by IDF.

    `stored` holds the vectors of all points that have one: IDF counts all of them.
    """
    by_id = {each: dict(zip(v.indices, v.values, strict=True)) for each, v in stored.items()}
    total = len(by_id)
    weights = {}
    for index, value in zip(query.indices, query.values, strict=True):
        holding = sum(index in vector for vector in by_id.values())
        idf = math.log((total - holding + 0.5) / (holding + 0.5) + 1.0)
        weights[index] = value * idf
    answer = {}
    for each in among:
        shared = weights.keys() & by_id.get(each, {}).keys()
        if shared:
            answer[each] = sum(weights[index] * by_id[each][index] for index in shared)
    return answer
