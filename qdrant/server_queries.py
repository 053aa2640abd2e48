"""Queries, as the client of a Qdrant server takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from qdrant_client.http import models

from core.filters import Filter, both
from qdrant.checks import point_uuid
from qdrant.queries import RRF_K, AnyVector, HybridQuery, Order, Prefetch, SparseVector, VectorQuery
from qdrant.server_config import search_params
from qdrant.server_filters import compiled
from qdrant.store import CollectionConfig

_FACETS_FETCHED = 1000


def nearest(query: VectorQuery, vector: AnyVector, config: CollectionConfig) -> dict[str, Any]:
    """Arguments to `query_points` for the nearest points to one checked vector."""
    return {
        "query": _near(vector),
        "using": query.using,
        "query_filter": compiled(query.filter),
        "search_params": _params(vector, config, query, wanted=query.offset + query.limit),
        "limit": query.limit,
        "offset": query.offset,
        "with_payload": True if query.with_payload else ["id"],
    }


def fused(
    query: HybridQuery, vectors: Sequence[AnyVector], config: CollectionConfig
) -> dict[str, Any]:
    """Arguments to `query_points` for several lists in one; `vectors` are theirs, checked."""
    lists = []
    for part, vector in zip(query.prefetch, vectors, strict=True):
        # A filter of the whole is applied to what the lists found: each has to know it.
        wanted = both(query.filter, part.filter)
        one = VectorQuery(part.vector, part.limit, part.using, wanted)
        lists.append(
            models.Prefetch(
                query=_near(vector),
                using=part.using,
                filter=compiled(wanted),
                params=_params(vector, config, one, wanted=part.limit),
                limit=part.limit,
            )
        )
    return {
        "prefetch": lists,
        "query": _fusion(query),
        "limit": query.limit,
        "offset": query.offset,
        "with_payload": True if query.with_payload else ["id"],
    }


def among(ids: Sequence[str], vector: AnyVector, using: str) -> dict[str, Any]:
    """Arguments to `query_points` for the exact scores of some points."""
    params = None
    if not isinstance(vector, SparseVector):
        codes = models.QuantizationSearchParams(ignore=True)
        params = models.SearchParams(exact=True, quantization=codes)
    keys: list[Any] = [str(point_uuid(each)) for each in ids]
    return {
        "query": _near(vector),
        "using": using,
        "query_filter": models.Filter(must=[models.HasIdCondition(has_id=keys)]),
        "search_params": params,
        "limit": len(ids),
        "with_payload": ["id"],
    }


def sorting(order: Order) -> models.OrderBy:
    """The client's form of an order."""
    direction = models.Direction.DESC if order.descending else models.Direction.ASC
    return models.OrderBy(key=order.field, direction=direction)


def _near(vector: AnyVector) -> Any:
    if isinstance(vector, SparseVector):
        return models.SparseVector(indices=list(vector.indices), values=list(vector.values))
    return vector.tolist()


def _params(
    vector: AnyVector, config: CollectionConfig, query: VectorQuery, *, wanted: int
) -> models.SearchParams | None:
    if isinstance(vector, SparseVector):
        return None  # searched exactly, without a graph and without codes
    return search_params(
        config.quantization, exact=query.exact, filtered=query.filter is not None, wanted=wanted
    )


def _fusion(query: HybridQuery) -> models.RrfQuery | models.FormulaQuery:
    if query.fusion == "rrf":
        weights = [part.weight for part in query.prefetch]
        return models.RrfQuery(rrf=models.Rrf(k=RRF_K, weights=weights))
    defaults: dict[str, Any] = {
        f"$score[{at}]": part.missing for at, part in enumerate(query.prefetch)
    }
    shares: list[Any] = [_share(at, part) for at, part in enumerate(query.prefetch)]
    return models.FormulaQuery(formula=models.SumExpression(sum=shares), defaults=defaults)


def _share(at: int, part: Prefetch) -> models.MultExpression:
    name = f"$score[{at}]"
    score: Any = name
    if part.half is not None:
        whole = models.SumExpression(sum=[name, part.half])
        score = models.DivExpression(
            div=models.DivParams(left=name, right=whole, by_zero_default=0.0)
        )
    return models.MultExpression(mult=[part.weight, score])


def scrolling(
    filter: Filter | None, limit: int, start: UUID | None, order: Order | None
) -> dict[str, Any]:
    """Arguments to `scroll` for a page of points without vectors."""
    return {
        "scroll_filter": compiled(filter),
        "limit": limit,
        "offset": None if start is None else str(start),
        "with_vectors": False,
        "order_by": None if order is None else sorting(order),
    }


def counting(field: str, filter: Filter | None, limit: int) -> dict[str, Any]:
    """Arguments to `facet`: for more than wanted, as shards send their own best, which need not be
    the best of all."""
    return {
        "key": field,
        "facet_filter": compiled(filter),
        "limit": max(limit, _FACETS_FETCHED),
        "exact": True,
    }
