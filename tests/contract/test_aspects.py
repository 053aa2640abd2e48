"""What every engine promises of sparse vectors, of several lists in one, and of sorting."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidItem, InvalidQuery
from core.filter_parser import parse_filter
from core.filters import AnyOf
from qdrant.exact import ExactStore
from qdrant.histogram import histogram
from qdrant.ordering import scroll_by
from qdrant.queries import (
    COLOR,
    JOINT,
    TEXT,
    HybridQuery,
    Order,
    Prefetch,
    SparseVector,
    VectorQuery,
)
from qdrant.store import CollectionConfig, Generation, Point, VectorStore
from tests.contract.samples import DIM, SCHEMA, config, numbered, point, vector

HYBRID = CollectionConfig("compact", "f" * 64, {JOINT: DIM, COLOR: 4}, SCHEMA, sparse=(TEXT,))
WORDS = [(1, 5, 9), (1,), (5, 9, 2**32 - 1), (), (9,), (1, 5), (7,), (2,), (2, 7), (3,)]


def words(*indices: int, more: float = 0.0) -> SparseVector:
    return SparseVector(indices, tuple(1.0 + index % 3 + more for index in indices))


def items(count: int = 30) -> list[Point]:
    return [
        Point(
            f"n{i}",
            {JOINT: vector(i), COLOR: vector(1000 + i, 4)},
            {"stock": i % 4, "brand": f"b{i % 2}"},
            {TEXT: words(*WORDS[i % len(WORDS)], more=i / 100)},
        )
        for i in range(count)
    ]


@pytest.fixture
def pair(store: VectorStore) -> tuple[Generation, Generation]:
    """A generation of the engine and one of the oracle, which hold the same."""
    one, oracle = store.create("shop", HYBRID), ExactStore().create("shop", HYBRID)
    for generation in (one, oracle):
        generation.upsert(items())
    return one, oracle


def close(found: dict[str, float]) -> Any:
    return pytest.approx(found, rel=1e-4, abs=1e-6)


def test_sparse_vectors_are_found_by_what_they_share_weighted_by_idf(
    pair: tuple[Generation, Generation],
) -> None:
    query = VectorQuery(SparseVector((1, 9), (1.0, 0.5)), limit=30, using=TEXT)
    one, oracle = ({p.id: p.score for p in each.query(query)} for each in pair)
    assert one == close(oracle)
    assert set(one) == {f"n{i}" for i in range(30) if {1, 9} & set(WORDS[i % 10])}


def test_a_sparse_query_of_nothing_finds_nothing(pair: tuple[Generation, Generation]) -> None:
    assert pair[0].query(VectorQuery(SparseVector(), limit=3, using=TEXT)) == []
    assert pair[0].score(["n1"], SparseVector(), TEXT) == {}


def test_vectors_come_back_as_they_went_in(pair: tuple[Generation, Generation]) -> None:
    for stored in pair[0].retrieve(["n0", "n2", "n3"], with_vectors=True):
        given = items()[int(stored.id[1:])]
        assert stored.sparse.get(TEXT, SparseVector()).indices == given.sparse[TEXT].indices
        assert set(stored.vectors) == {JOINT, COLOR}
        np.testing.assert_allclose(stored.vectors[COLOR], given.vectors[COLOR], atol=1e-5)


def lists(weights: tuple[float, ...] = (1.0, 0.7, 0.3), **changes: Any) -> tuple[Prefetch, ...]:
    asked: list[tuple[str, Any]] = [(JOINT, vector(77)), (TEXT, words(1, 9)), (COLOR, vector(5, 4))]
    return tuple(
        Prefetch(name, each, 12, weight, half=2.0 if name == TEXT else None, **changes)
        for (name, each), weight in zip(asked, weights, strict=True)
    )


@pytest.mark.parametrize("fusion", ["rrf", "weighted"])
def test_lists_are_fused_as_the_formula_says(
    pair: tuple[Generation, Generation], fusion: Literal["rrf", "weighted"]
) -> None:
    query = HybridQuery(lists(), 30, fusion)
    one, oracle = ({p.id: p.score for p in each.hybrid(query)} for each in pair)
    assert set(one) == set(oracle)
    assert one == close(oracle)
    assert list(one.values()) == sorted(one.values(), reverse=True)


def test_what_a_list_has_not_counts_as_told(pair: tuple[Generation, Generation]) -> None:
    query = HybridQuery(lists(missing=0.4), 30)
    one, oracle = ({p.id: p.score for p in each.hybrid(query)} for each in pair)
    assert one == close(oracle)


def test_reciprocal_ranks_take_weights(pair: tuple[Generation, Generation]) -> None:
    parts = (Prefetch(JOINT, vector(77), 30, 1.0), Prefetch(COLOR, vector(5, 4), 30, 0.25))
    one, oracle = (
        {p.id: p.score for p in each.hybrid(HybridQuery(parts, 30, "rrf"))} for each in pair
    )
    assert one == close(oracle)


def test_a_filter_holds_for_every_list(pair: tuple[Generation, Generation]) -> None:
    for wanted in ({"brand": "b1"}, {"stock": {"gte": 2}}):
        passing = parse_filter(wanted, SCHEMA)
        query = HybridQuery(lists(), 30, filter=passing)
        one, oracle = ({p.id: p.score for p in each.hybrid(query)} for each in pair)
        assert one == close(oracle)
        own = Prefetch(JOINT, vector(1), 30, filter=AnyOf("brand", ("b0",)))
        query = HybridQuery((own,), 30, filter=passing)
        assert {p.id for p in pair[0].hybrid(query)} == {p.id for p in pair[1].hybrid(query)}


def test_pages_of_a_hybrid_query_go_on(pair: tuple[Generation, Generation]) -> None:
    whole = [p.id for p in pair[0].hybrid(HybridQuery(lists(), 12))]
    rest = [p.id for p in pair[0].hybrid(HybridQuery(lists(), 7, offset=5, with_payload=False))]
    assert rest == whole[5:]


def test_scores_of_given_points_are_exact(pair: tuple[Generation, Generation]) -> None:
    ids = ["n3", "n7", "n11", "none", "n10"]
    for name, asked in ((JOINT, vector(3)), (COLOR, vector(5, 4)), (TEXT, words(1, 7))):
        assert pair[0].score(ids, asked, name) == close(pair[1].score(ids, asked, name))
    assert pair[0].score([], vector(3)) == {}


def test_what_can_not_be_asked_is_refused(pair: tuple[Generation, Generation]) -> None:
    generation = pair[0]
    for wrong in (
        HybridQuery((), 3),
        HybridQuery((Prefetch(JOINT, vector(1), 3, weight=0.0),), 3),
        HybridQuery((Prefetch(JOINT, vector(1), 3, weight=float("nan")),), 3),
        HybridQuery((Prefetch(TEXT, words(1), 3, half=0.0),), 3),
        HybridQuery((Prefetch("smell", vector(1), 3),), 3),
        HybridQuery((Prefetch(TEXT, vector(1), 3),), 3),
        HybridQuery((Prefetch(TEXT, SparseVector((1, 1), (1.0, 1.0)), 3),), 3),
    ):
        with pytest.raises(InvalidQuery):
            generation.hybrid(wrong)
    with pytest.raises(InvalidQuery):
        generation.score(["n1"], words(1), JOINT)


def test_sparse_vectors_that_can_not_be_are_refused(store: VectorStore) -> None:
    generation = store.create("shop", HYBRID)
    for wrong in (
        {"smell": words(1)},
        {TEXT: SparseVector((1,), ())},
        {TEXT: SparseVector((1, 1), (1.0, 2.0))},
        {TEXT: SparseVector((2**32,), (1.0,))},
        {TEXT: SparseVector((1,), (float("inf"),))},
    ):
        given = Point("a", {JOINT: vector(1), COLOR: vector(1, 4)}, {}, wrong)
        with pytest.raises(InvalidItem):
            generation.upsert([given])
    assert generation.count() == 0
    with pytest.raises(InvalidItem):
        store.create("plain", config()).upsert(
            [Point("a", {JOINT: vector(1)}, {}, {TEXT: words(1)})]
        )


def test_a_new_payload_keeps_all_vectors(pair: tuple[Generation, Generation]) -> None:
    pair[0].set_payload("n0", {"brand": "other"})
    (stored,) = pair[0].retrieve(["n0"], with_vectors=True)
    assert stored.sparse[TEXT].indices == (1, 5, 9)
    assert set(stored.vectors) == {JOINT, COLOR}


def sorted_ids(generation: Generation, order: Order, limit: int, filter: Any = None) -> list[str]:
    ids: list[str] = []
    after: str | None = None
    while True:
        page, after = scroll_by(generation, order, filter=filter, limit=limit, after=after)
        ids += [each.id for each in page]
        if after is None:
            return ids
        assert len(page) == limit


VALUES = [3, 1, 1, 1, None, 2, [2, 5], [0, 3], None, 2, 9, [], 1]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 5, 50])
def test_pages_by_a_field_hold_every_point_once_in_order(
    store: VectorStore, descending: bool, limit: int
) -> None:
    one, oracle = store.create("shop", config()), ExactStore().create("shop", config())
    for generation in (one, oracle):
        generation.upsert(
            [
                point(f"p{i}", i, **({} if value is None else {"stock": value, "price": value}))
                for i, value in enumerate(VALUES)
            ]
        )
    for field in ("stock", "price"):
        order = Order(field, descending)
        found = sorted_ids(one, order, limit)
        assert found == sorted_ids(oracle, order, limit)
        assert sorted(found) == sorted(f"p{i}" for i in range(len(VALUES)))
        firsts = [VALUES[int(each[1:])] for each in found]
        keys = [
            (max if descending else min)(value if isinstance(value, list) else [value])
            for value in firsts
            if value not in (None, [])
        ]
        assert keys == sorted(keys, reverse=descending)
        assert all(value in (None, []) for value in firsts[len(keys) :])


def test_moments_are_sorted_by_time(store: VectorStore) -> None:
    generation = store.create("shop", config())
    moments = ["2026-01-01T00:00:00Z", "2025-06-01T00:00:00Z", "2026-01-01T00:00:00.000001Z"]
    generation.upsert([point(f"p{i}", i, seen_at=each) for i, each in enumerate(moments)])
    assert sorted_ids(generation, Order("seen_at"), 1) == ["p1", "p0", "p2"]


def test_only_numbers_and_moments_can_be_sorted_by(store: VectorStore) -> None:
    generation = store.create("shop", config())
    for field in ("brand", "nothing", "sale"):
        with pytest.raises(InvalidQuery, match=field):
            scroll_by(generation, Order(field))


def test_sorting_goes_on_beside_writes(store: VectorStore) -> None:
    generation = store.create("shop", config())
    generation.upsert(numbered(10))
    first, after = scroll_by(generation, Order("stock"), limit=4)
    generation.delete(["n3"])
    generation.upsert([point("new", 99, stock=2)])
    rest, _ = scroll_by(generation, Order("stock"), limit=50, after=after)
    assert [p.id for p in first] == ["n0", "n1", "n2", "n3"]
    assert [p.id for p in rest][-6:] == [f"n{i}" for i in range(4, 10)]
    assert not {p.id for p in first} & {p.id for p in rest}


def test_histograms_count_exactly(store: VectorStore) -> None:
    generation = store.create("shop", config())
    assert histogram(generation, "price") == []
    generation.upsert([point(f"p{i}", i, price=i * 1.0, stock=7) for i in range(51)])
    bins = histogram(generation, "price", bins=5)
    assert [(b.low, b.high, b.count) for b in bins] == [
        (0, 10, 10), (10, 20, 10), (20, 30, 10), (30, 40, 10), (40, 50, 11)
    ]  # fmt: skip
    edges = histogram(generation, "price", edges=[0.5, 2, 100])
    assert [b.count for b in edges] == [1, 49]
    assert [(b.low, b.high, b.count) for b in histogram(generation, "stock")] == [(7, 7, 51)]
    low = histogram(generation, "price", filter=parse_filter({"price": {"lt": 3}}, SCHEMA), bins=3)
    assert sum(b.count for b in low) == 3


@settings(deadline=None, max_examples=30)
@given(
    values=st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=20),
    bins=st.integers(1, 50),
)
def test_a_histogram_loses_no_value(values: list[float], bins: int) -> None:
    generation = ExactStore().create("shop", config())
    generation.upsert([point(f"p{i}", i, price=value) for i, value in enumerate(values)])
    found = histogram(generation, "price", bins=bins)
    assert sum(each.count for each in found) == len(values)
    assert len(found) <= bins or len(found) == 1


def test_histograms_that_can_not_be_are_refused(store: VectorStore) -> None:
    generation = store.create("shop", config())
    with pytest.raises(InvalidQuery):
        histogram(generation, "brand")
    with pytest.raises(InvalidQuery):
        histogram(generation, "price", bins=0)
    with pytest.raises(InvalidQuery):
        histogram(generation, "price", edges=[3.0, 1.0])


def test_what_is_fused_comes_with_its_exact_score_by_every_list(
    pair: tuple[Generation, Generation],
) -> None:
    query = HybridQuery(lists(missing=0.4), 12)
    one, oracle = (each.fused(query, 5, without={"n1"}, with_vectors=True) for each in pair)
    assert [point.id for point in one.points] == [point.id for point in oracle.points]
    assert (one.fetched, one.left) == (oracle.fetched, oracle.left)
    for hit in one.points:
        raw = [
            pair[1].score([hit.id], each.vector, each.using).get(hit.id, 0.0)
            for each in query.prefetch
        ]
        assert hit.raw == pytest.approx(raw, rel=1e-4, abs=1e-6)
        assert hit.vector is not None
        assert hit.raw[0] == pytest.approx(float(hit.vector @ vector(77)), abs=1e-5)
        assert hit.payload["id"] == hit.id
    assert "n1" not in [point.id for point in one.points]


def test_what_was_read_lately_is_forgotten_with_the_next_write(
    pair: tuple[Generation, Generation],
) -> None:
    generation, query = pair[0], HybridQuery(lists(), 30)
    best = generation.fused(query, 3, with_vectors=True).points[0]
    generation.set_payload(best.id, {"brand": "new"})
    assert generation.fused(query, 3).points[0].payload["brand"] == "new"
    generation.delete([best.id])
    assert best.id not in [point.id for point in generation.fused(query, 30).points]
    assert generation.fused(HybridQuery((Prefetch(TEXT, words(424242), 3),), 3), 3).points == []
