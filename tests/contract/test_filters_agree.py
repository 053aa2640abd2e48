"""Random filters over random payloads mean the same to every engine as to the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.fields import FieldType
from core.filter_parser import parse_filter
from core.filters import And, Filter, Matches, Not, Or, Range, Sequence
from qdrant.exact import ExactStore
from qdrant.matching import words
from qdrant.store import Generation, VectorQuery
from tests.contract.engines import ENGINES, LOCAL, engine_store
from tests.contract.samples import EXPRESSIONS, PAYLOADS, SCHEMA, config, point, vector

EXAMPLES = {"edge": 100, "local": 25, "rest": 15, "grpc": 15, "server": 100, "cluster": 50}
"""Random examples per test: what is behind 'rest' and 'grpc' is 'local', so few will do."""


@dataclass(frozen=True)
class Pair:
    """An engine and the oracle, with the same points."""

    engine: Generation
    exact: Generation
    settings: settings
    faithful: bool

    def fill(self, payloads: list[dict[str, Any]]) -> None:
        points = [point(f"p{n}", n, **payload) for n, payload in enumerate(payloads)]
        for generation in (self.engine, self.exact):
            generation.delete(list(generation.ids()))
            generation.upsert(points)


@pytest.fixture(scope="module", params=[name for name in ENGINES if name != "exact"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    effort = settings(
        deadline=None,
        max_examples=EXAMPLES[request.param],
        suppress_health_check=[HealthCheck.too_slow],
    )
    faithful = request.param not in LOCAL
    with engine_store(request.param) as store:
        yield Pair(
            store.create("c", config()), ExactStore().create("c", config()), effort, faithful
        )


def test_a_filter_selects_the_same_points_in_both_stores(pair: Pair) -> None:
    @pair.settings
    @given(
        payloads=st.lists(PAYLOADS, min_size=1, max_size=8),
        expressions=st.lists(EXPRESSIONS, min_size=4, max_size=8),
    )
    def agree(payloads: list[dict[str, Any]], expressions: list[dict[str, Any]]) -> None:
        pair.fill(payloads)
        for expression in expressions:
            condition = parse_filter(expression, SCHEMA)
            assert condition is not None
            if pair.faithful or not _beyond_local_mode(condition):
                _check_agreement(pair, condition)

    agree()


def _beyond_local_mode(filter: Filter) -> bool:
    """Whether the local mode may answer otherwise: see test_differences."""
    if isinstance(filter, And | Or):
        return any(_beyond_local_mode(part) for part in filter.parts)
    if isinstance(filter, Not):
        return _beyond_local_mode(filter.part)
    if isinstance(filter, Range) and filter.kind is FieldType.INTEGER:
        bounds = (filter.gt, filter.gte, filter.lt, filter.lte)
        return any(abs(float(bound)) >= 2**53 for bound in bounds if bound is not None)
    if isinstance(filter, Sequence):
        return True  # it looks for the text as it stands
    return isinstance(filter, Matches) and len(words(filter.text)) > 1


def _check_agreement(pair: Pair, condition: Filter) -> None:
    engine, exact = pair.engine, pair.exact
    found = [each.id for each in engine.scroll(filter=condition)[0]]
    assert found == [each.id for each in exact.scroll(filter=condition)[0]], condition
    assert engine.count(condition) == len(found)
    query = VectorQuery(vector(0), limit=10, filter=condition, exact=True)
    ranked, wanted = engine.query(query), exact.query(query)
    assert [each.id for each in ranked] == [each.id for each in wanted]
    np.testing.assert_allclose(
        [each.score for each in ranked], [each.score for each in wanted], atol=1e-6
    )


def test_values_are_counted_the_same_in_both_stores(pair: Pair) -> None:
    @pair.settings
    @given(
        payloads=st.lists(PAYLOADS, min_size=1, max_size=8),
        expression=EXPRESSIONS | st.just({}),
        field=st.sampled_from(["brand", "stock", "sale"]),
        limit=st.integers(1, 4),
    )
    def agree(
        payloads: list[dict[str, Any]], expression: dict[str, Any], field: str, limit: int
    ) -> None:
        condition = parse_filter(expression, SCHEMA)
        assume(pair.faithful or condition is None or not _beyond_local_mode(condition))
        pair.fill(payloads)
        counted = pair.engine.facet(field, filter=condition, limit=limit)
        assert counted == pair.exact.facet(field, filter=condition, limit=limit)

    agree()
