"""Random filters over random payloads mean the same to the engine as to the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.filter_parser import parse_filter
from qdrant.edge import EdgeStore
from qdrant.exact import ExactStore
from qdrant.store import Generation, VectorQuery
from tests.contract.samples import EXPRESSIONS, PAYLOADS, SCHEMA, config, point, vector
from tests.stores import store_root

Pair = tuple[Generation, Generation]


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with store_root() as root:
        store = EdgeStore(root)
        yield store.create("c", config()), ExactStore().create("c", config())
        store.close()


def _fill(pair: Pair, payloads: list[dict[str, Any]]) -> None:
    points = [point(f"p{number}", number, **payload) for number, payload in enumerate(payloads)]
    for generation in pair:
        generation.delete(list(generation.ids()))
        generation.upsert(points)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(
    payloads=st.lists(PAYLOADS, min_size=1, max_size=8),
    expressions=st.lists(EXPRESSIONS, min_size=4, max_size=8),
)
def test_a_filter_selects_the_same_points_in_both_stores(
    pair: Pair, payloads: list[dict[str, Any]], expressions: list[dict[str, Any]]
) -> None:
    _fill(pair, payloads)
    edge, exact = pair
    for expression in expressions:
        condition = parse_filter(expression, SCHEMA)
        found = [each.id for each in edge.scroll(filter=condition)[0]]
        assert found == [each.id for each in exact.scroll(filter=condition)[0]], expression
        assert edge.count(condition) == len(found)
        query = VectorQuery(vector(0), limit=10, filter=condition, exact=True)
        ranked, wanted = edge.query(query), exact.query(query)
        assert [each.id for each in ranked] == [each.id for each in wanted]
        np.testing.assert_allclose(
            [each.score for each in ranked], [each.score for each in wanted], atol=1e-6
        )


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(
    payloads=st.lists(PAYLOADS, min_size=1, max_size=8),
    expression=EXPRESSIONS | st.just({}),
    field=st.sampled_from(["brand", "stock", "sale"]),
    limit=st.integers(1, 4),
)
def test_values_are_counted_the_same_in_both_stores(
    pair: Pair, payloads: list[dict[str, Any]], expression: dict[str, Any], field: str, limit: int
) -> None:
    _fill(pair, payloads)
    edge, exact = pair
    condition = parse_filter(expression, SCHEMA)
    counted = edge.facet(field, filter=condition, limit=limit)
    assert counted == exact.facet(field, filter=condition, limit=limit)
