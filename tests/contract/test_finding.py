"""What every store promises of queries, scrolling and counts."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import InvalidCursor, InvalidFilter, InvalidQuery
from core.fields import FieldType
from core.filter_parser import parse_filter
from core.filters import AnyOf, Filter, Range
from qdrant.store import Generation, VectorQuery
from tests.contract.samples import DIM, SCHEMA, numbered, point, vector

LOW_STOCK = Range("stock", FieldType.INTEGER, lt=5)


def test_the_nearest_point_comes_first_with_its_cosine(generation: Generation) -> None:
    generation.upsert(numbered(20))
    found = generation.query(VectorQuery(vector(7), limit=5))
    assert found[0].id == "n7"
    assert found[0].score == pytest.approx(1.0, abs=1e-5)
    expected = sorted((float(vector(i) @ vector(7)) for i in range(20)), reverse=True)[:5]
    np.testing.assert_allclose([each.score for each in found], expected, atol=1e-5)
    assert all(-1 <= each.score <= 1 for each in found)


def test_the_length_of_a_query_does_not_matter(generation: Generation) -> None:
    generation.upsert(numbered(5))
    found = generation.query(VectorQuery(vector(3) * np.float32(40), limit=1))
    assert found[0].score == pytest.approx(1.0, abs=1e-5)


def test_a_query_skips_its_offset(generation: Generation) -> None:
    generation.upsert(numbered(20))
    whole = [each.id for each in generation.query(VectorQuery(vector(7), limit=10))]
    rest = [each.id for each in generation.query(VectorQuery(vector(7), limit=6, offset=4))]
    assert rest == whole[4:]


def test_a_query_past_the_last_point_is_empty(generation: Generation) -> None:
    generation.upsert(numbered(3))
    assert generation.query(VectorQuery(vector(7), limit=10, offset=10)) == []


def test_a_query_of_an_empty_generation_is_empty(generation: Generation) -> None:
    assert generation.query(VectorQuery(vector(7), limit=10)) == []


@pytest.mark.parametrize("exact", [True, False])
def test_a_query_keeps_to_its_filter(generation: Generation, exact: bool) -> None:
    generation.upsert(numbered(20))
    query = VectorQuery(vector(7), limit=20, filter=LOW_STOCK, exact=exact)
    assert {each.id for each in generation.query(query)} == {f"n{i}" for i in range(5)}


def test_payload_comes_along_only_if_asked_for(generation: Generation) -> None:
    generation.upsert(numbered(1))
    (bare,) = generation.query(VectorQuery(vector(0), limit=1, with_payload=False))
    (full,) = generation.query(VectorQuery(vector(0), limit=1))
    assert bare.id == "n0"
    assert bare.payload == {}
    assert full.payload == {"id": "n0", "stock": 0, "brand": "b0"}


@pytest.mark.parametrize(
    "query",
    [
        VectorQuery(np.zeros(DIM, dtype=np.float32), limit=1),
        VectorQuery(np.full(DIM, np.nan, dtype=np.float32), limit=1),
        VectorQuery(vector(1, dim=DIM + 1), limit=1),
        VectorQuery(vector(1), limit=1, using="other"),
        VectorQuery(vector(1), limit=0),
        VectorQuery(vector(1), limit=1, offset=-1),
    ],
    ids=["zero", "nan", "dimension", "name", "limit", "offset"],
)
def test_a_malformed_query_is_refused(generation: Generation, query: VectorQuery) -> None:
    with pytest.raises(InvalidQuery):
        generation.query(query)


@pytest.mark.parametrize("filter", [None, LOW_STOCK])
def test_pages_hold_every_point_once_in_one_order(
    generation: Generation, filter: Filter | None
) -> None:
    generation.upsert(numbered(25))
    seen: list[str] = []
    after: str | None = None
    while True:
        page, after = generation.scroll(filter=filter, limit=4, after=after)
        seen += [each.id for each in page]
        if after is None:
            break
        assert len(page) == 4
    wanted = {f"n{i}" for i in range(25 if filter is None else 5)}
    assert len(seen) == len(wanted)
    assert set(seen) == wanted
    if filter is None:
        assert seen == list(generation.ids())


def test_a_page_that_ends_with_the_last_point_has_no_next_one(generation: Generation) -> None:
    generation.upsert(numbered(4))
    page, after = generation.scroll(limit=4)
    assert len(page) == 4
    assert after is None


def test_a_page_goes_on_though_its_first_point_was_deleted(generation: Generation) -> None:
    generation.upsert(numbered(10))
    order = list(generation.ids())
    _, after = generation.scroll(limit=4)
    generation.delete([order[4]])
    page, _ = generation.scroll(limit=10, after=after)
    assert [each.id for each in page] == order[5:]


def test_a_token_that_is_none_is_refused(generation: Generation) -> None:
    with pytest.raises(InvalidCursor):
        generation.scroll(after="nonsense")


def test_values_are_counted_by_frequency_and_within_the_filter(generation: Generation) -> None:
    generation.upsert(numbered(10))
    assert generation.facet("brand") == [("b0", 4), ("b1", 3), ("b2", 3)]
    assert generation.facet("brand", limit=1) == [("b0", 4)]
    assert generation.facet("brand", filter=LOW_STOCK) == [("b0", 2), ("b1", 2), ("b2", 1)]


def test_each_value_of_a_list_counts_and_absent_ones_do_not(generation: Generation) -> None:
    generation.upsert([point("a", tags=["x", "y"]), point("b", tags=["x"]), point("c", tags=[])])
    assert generation.facet("tags") == [("x", 2), ("y", 1)]


def test_values_that_no_point_has_any_more_are_not_counted(generation: Generation) -> None:
    generation.upsert([point("a", brand="x"), point("b", brand="y")])
    generation.delete(["a"])
    assert generation.facet("brand") == [("y", 1)]


def test_among_values_of_one_count_the_smallest_come_first(generation: Generation) -> None:
    generation.upsert(numbered(1100))
    assert generation.facet("stock", limit=3) == [(0, 1), (1, 1), (2, 1)]
    assert len(generation.facet("id", limit=1050)) == 1050


def test_a_count_is_of_now_however_often_it_was_asked(generation: Generation) -> None:
    for expected in (3, 4):
        generation.upsert(numbered(expected))
        assert [generation.count(LOW_STOCK), generation.count(LOW_STOCK)] == [expected] * 2
    generation.set_payload("n0", {"stock": 99})
    assert generation.count(LOW_STOCK) == 3
    generation.delete(["n1"])
    assert generation.count(LOW_STOCK) == 2


def test_truths_and_numbers_are_counted_as_what_they_are(generation: Generation) -> None:
    generation.upsert([point("a", sale=True, stock=1), point("b", sale=False, stock=1)])
    counted = generation.facet("sale")
    assert counted == [(False, 1), (True, 1)]
    assert all(isinstance(value, bool) for value, _ in counted)
    assert generation.facet("stock") == [(1, 2)]


@pytest.mark.parametrize("field", ["price", "title", "nothing"])
def test_a_field_whose_values_cannot_be_counted_is_refused(
    generation: Generation, field: str
) -> None:
    with pytest.raises(InvalidFilter, match=field):
        generation.facet(field)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ({"id": "a"}, "a"),
        ({"title": {"match": "SHOES red"}}, "a"),
        ({"description": {"exists": False}}, "abc"),
        ({"tags": {"any": ["x", "z"]}}, "ab"),
        ({"owner_id": {"prefix": "me"}}, "b"),
        ({"uploaded_at": {"gte": "2026-01-01T01:00:00+01:00"}}, "b"),
        ({"visibility": {"none": ["private"]}}, "ab"),
        ({"width": {"lte": 640.0}, "height": 480}, "c"),
        ({"price": 3}, "ab"),
        ({"price": {"gt": 0, "gte": 3, "lt": 9, "lte": 3}}, "ab"),
        ({"sale": True}, "a"),
        ({"sale": [True, False]}, "ab"),
        ({"not": {"or": [{"sale": True}, {"visibility": "private"}]}}, "b"),
    ],
)
def test_built_in_and_declared_fields_filter(
    generation: Generation, expression: object, wanted: str
) -> None:
    generation.upsert(
        [
            point("a", title="Red running shoes", tags=["x"], price=3.0, sale=True),
            point(
                "b",
                tags=["y", "z"],
                owner_id="me@example",
                uploaded_at="2026-01-01T00:00:00Z",
                visibility="public",
                price=[3, 9],
                sale=False,
            ),
            point("c", visibility="private", width=640, height=480),
        ]
    )
    condition = parse_filter(expression, SCHEMA)
    assert "".join(sorted(each.id for each in generation.scroll(filter=condition)[0])) == wanted
    assert generation.count(condition) == len(wanted)


def test_a_filter_sees_a_replaced_payload_and_not_the_old_one(generation: Generation) -> None:
    generation.upsert([point("a", 1, brand="old")])
    generation.set_payload("a", {"brand": "new"})
    assert generation.count(AnyOf("brand", ("old",))) == 0
    assert generation.count(AnyOf("brand", ("new",))) == 1
