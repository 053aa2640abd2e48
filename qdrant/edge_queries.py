"""Queries, as the embedded engine takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import qdrant_edge as engine

from core.filters import both
from qdrant.edge_config import search_params
from qdrant.edge_filters import compiled
from qdrant.queries import RRF_K, AnyVector, HybridQuery, Order, Prefetch, SparseVector, VectorQuery
from qdrant.store import CollectionConfig


def nearest(query: VectorQuery, vector: AnyVector, config: CollectionConfig) -> engine.QueryRequest:
    """The request for the nearest points to one checked vector."""
    return engine.QueryRequest(
        limit=query.limit,
        offset=query.offset,
        query=_near(vector, query.using),
        filter=compiled(query.filter),
        params=_params(vector, config, query, wanted=query.offset + query.limit),
        with_payload=True if query.with_payload else ["id"],
    )


def fused(
    query: HybridQuery,
    vectors: Sequence[AnyVector],
    config: CollectionConfig,
    *,
    bare: bool = False,
) -> engine.QueryRequest:
    """The request for several lists in one; `vectors` are theirs, checked.

    bare: the engine's own ids are enough.
    """
    lists = []
    for part, vector in zip(query.prefetch, vectors, strict=True):
        # The engine applies a filter of the whole to what the lists found: each has to know it.
        wanted = both(query.filter, part.filter)
        one = VectorQuery(part.vector, part.limit, part.using, wanted)
        lists.append(
            engine.Prefetch(
                limit=part.limit,
                query=_near(vector, part.using),
                filter=compiled(wanted),
                params=_params(vector, config, one, wanted=part.limit),
            )
        )
    return engine.QueryRequest(
        limit=query.limit,
        offset=query.offset,
        query=_fusion(query),
        prefetches=lists,
        with_payload=False if bare else (True if query.with_payload else ["id"]),
    )


def these(ids: Sequence[UUID]) -> engine.Filter:
    """The filter that only these points pass. Making it costs as much as asking by it."""
    return engine.Filter(must=[engine.HasIdCondition(set(ids))])


def among(count: int, filter: engine.Filter, vector: AnyVector, using: str) -> engine.QueryRequest:
    """The request for the exact scores of `count` points that alone pass a filter."""
    params = None
    if not isinstance(vector, SparseVector):
        codes = engine.QuantizationSearchParams(ignore=True)
        params = engine.SearchParams(exact=True, quantization=codes)
    return engine.QueryRequest(
        limit=count,
        query=_near(vector, using),
        filter=filter,
        params=params,
        with_payload=False,
    )


def sorting(order: Order) -> engine.OrderBy:
    """The engine's form of an order."""
    direction = engine.Direction.Desc if order.descending else engine.Direction.Asc
    return engine.OrderBy(order.field, direction=direction)


def _near(vector: AnyVector, using: str) -> engine.Query:
    if isinstance(vector, SparseVector):
        sparse = engine.SparseVector(list(vector.indices), list(vector.values))
        return engine.Query.Nearest(sparse, using=using)
    return engine.Query.Nearest(vector.tolist(), using=using)


def _params(
    vector: AnyVector, config: CollectionConfig, query: VectorQuery, *, wanted: int
) -> engine.SearchParams | None:
    if isinstance(vector, SparseVector):
        return None  # searched exactly, without a graph and without codes
    return search_params(
        config.quantization, exact=query.exact, filtered=query.filter is not None, wanted=wanted
    )


def _fusion(query: HybridQuery) -> engine.Fusion | engine.Formula:
    if query.fusion == "rrf":
        weights = [part.weight for part in query.prefetch]
        fusion: Any = engine.Fusion.Rrf(k=RRF_K, weights=weights)  # one to the engine, not to mypy
        return cast("engine.Fusion", fusion)
    defaults = {f"$score[{at}]": part.missing for at, part in enumerate(query.prefetch)}
    shares = [_share(at, part) for at, part in enumerate(query.prefetch)]
    return engine.Formula(engine.Expression.Sum(shares), defaults)


def _share(at: int, part: Prefetch) -> engine.Expression:
    score = engine.Expression.Variable(f"$score[{at}]")
    if part.half is not None:
        whole = engine.Expression.Sum([score, engine.Expression.Constant(part.half)])
        score = engine.Expression.Div(score, whole, 0.0)
    return engine.Expression.Mult([engine.Expression.Constant(part.weight), score])
