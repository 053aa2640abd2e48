"""What every store promises of the points in one generation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import InvalidItem, ItemNotFound, StoreUnavailable
from qdrant.store import JOINT, Generation, Point
from tests.contract.samples import DIM, numbered, point, vector


def test_a_point_comes_back_as_it_was_stored(generation: Generation) -> None:
    payload = {"title": "Été", "tags": ["a", "b"], "_item": {"deep": [1, None, 2.5, True]}}
    generation.upsert([Point("a/b c#1", {JOINT: vector(1)}, payload)])
    (found,) = generation.retrieve(["a/b c#1"], with_vectors=True)
    assert found.id == "a/b c#1"
    assert found.payload == {**payload, "id": "a/b c#1"}
    assert found.vectors[JOINT].dtype == np.float32
    np.testing.assert_allclose(found.vectors[JOINT], vector(1), atol=1e-6)


def test_points_are_retrieved_in_the_order_asked_for(generation: Generation) -> None:
    generation.upsert(numbered(3))
    found = generation.retrieve(["n2", "gone", "n0", "n2"])
    assert [each.id for each in found] == ["n2", "n0", "n2"]
    assert not found[0].vectors


def test_retrieving_nothing_gives_nothing(generation: Generation) -> None:
    assert generation.retrieve([]) == []


def test_an_upsert_replaces_the_whole_point(generation: Generation) -> None:
    generation.upsert([point("a", 1, brand="acme", stock=1)])
    generation.upsert([point("a", 2, stock=2)])
    (found,) = generation.retrieve(["a"], with_vectors=True)
    assert found.payload == {"id": "a", "stock": 2}
    np.testing.assert_allclose(found.vectors[JOINT], vector(2), atol=1e-6)
    assert generation.count() == 1


def test_of_several_points_with_one_id_the_last_counts(generation: Generation) -> None:
    generation.upsert([point("a", 1, stock=1), point("b", 2), point("a", 3, stock=3)])
    assert generation.count() == 2
    assert generation.retrieve(["a"])[0].payload["stock"] == 3


def test_upserting_no_points_is_no_error(generation: Generation) -> None:
    generation.upsert([])
    assert generation.count() == 0


def test_a_batch_larger_than_one_operation_arrives_whole(generation: Generation) -> None:
    generation.upsert(numbered(1234))
    assert generation.count() == 1234


def test_payload_handed_out_is_not_the_stored_one(generation: Generation) -> None:
    given: dict[str, Any] = {"tags": ["a"]}
    generation.upsert([point("a", 1, **given)])
    given["tags"].append("b")
    found = generation.retrieve(["a"])[0].payload["tags"]
    found.append("c")
    assert generation.retrieve(["a"])[0].payload["tags"] == ["a"]


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros(DIM, dtype=np.float32),
        np.full(DIM, np.nan, dtype=np.float32),
        np.array([np.inf] + [0] * (DIM - 1), dtype=np.float32),
        np.ones(DIM - 1, dtype=np.float32),
        np.ones((1, DIM), dtype=np.float32),
    ],
    ids=["zero", "nan", "infinite", "too short", "two axes"],
)
def test_a_bad_vector_is_refused_and_nothing_of_its_batch_is_written(
    generation: Generation, bad: NDArray[np.float32]
) -> None:
    with pytest.raises(InvalidItem, match="'bad'"):
        generation.upsert([point("good"), Point("bad", {JOINT: bad}, {})])
    assert generation.count() == 0


@pytest.mark.parametrize("vectors", [{}, {"other": vector(1)}, {JOINT: vector(1), "x": vector(1)}])
def test_vectors_have_to_be_the_declared_ones(
    generation: Generation, vectors: dict[str, NDArray[np.float32]]
) -> None:
    with pytest.raises(InvalidItem, match="joint"):
        generation.upsert([Point("bad", vectors, {})])


@pytest.mark.parametrize(
    "payload",
    [{"x": float("nan")}, {"x": 2**70}, {"x": b"bytes"}, {"x": "\ud800"}, {"x": object()}],
    ids=["nan", "large integer", "bytes", "lone surrogate", "object"],
)
def test_a_payload_that_is_not_json_is_refused_and_nothing_is_written(
    generation: Generation, payload: dict[str, Any]
) -> None:
    with pytest.raises(InvalidItem, match="'bad'"):
        generation.upsert([point("good"), point("bad", **payload)])
    assert generation.count() == 0


@pytest.mark.parametrize("bad", ["", "a\nb", "x" * 513, "\ud800"])
def test_an_id_that_cannot_be_used_is_refused(generation: Generation, bad: str) -> None:
    with pytest.raises(InvalidItem):
        generation.upsert([Point(bad, {JOINT: vector(1)}, {})])


def test_a_payload_is_replaced_and_the_vector_stays(generation: Generation) -> None:
    generation.upsert([point("a", 1, brand="acme", stock=1)])
    generation.set_payload("a", {"stock": 2})
    (found,) = generation.retrieve(["a"], with_vectors=True)
    assert found.payload == {"id": "a", "stock": 2}
    np.testing.assert_allclose(found.vectors[JOINT], vector(1), atol=1e-6)


def test_payloads_are_replaced_together_and_the_vectors_stay(generation: Generation) -> None:
    generation.upsert([point("a", 1, stock=1), point("b", 2, stock=1), point("c", 3, stock=1)])
    generation.set_payloads({"a": {"stock": 2}, "b": {"brand": "acme"}, "gone": {"stock": 3}})
    found = generation.retrieve(["a", "b", "c", "gone"], with_vectors=True)
    assert [each.payload for each in found] == [
        {"id": "a", "stock": 2},
        {"id": "b", "brand": "acme"},
        {"id": "c", "stock": 1},
    ]
    for each, seed in zip(found, (1, 2, 3), strict=True):
        np.testing.assert_allclose(each.vectors[JOINT], vector(seed), atol=1e-6)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"x": 1}, {"x": 1.0}),
        ({"x": 1}, {"x": True}),
        ({"x": [1, 2]}, {"x": [1.0, 2]}),
        ({"x": {"lat": 1.0, "lon": 2.0}}, {"x": {"lat": 3.0}}),
        ({"x.y": 1, "x": {"y": 2}}, {"x": {"y": 2}}),
        ({"x": None}, {}),
        ({}, {"x": None}),
        ({"x": "same", "y": ["a", "b"]}, {"x": "same", "y": ["b", "a"]}),
    ],
    ids=str,
)
def test_the_new_payload_is_there_to_the_letter(
    generation: Generation, before: dict[str, Any], after: dict[str, Any]
) -> None:
    generation.upsert([point("a", **before)])
    generation.set_payloads({"a": after})
    (found,) = generation.retrieve(["a"])
    assert repr(sorted(found.payload.items())) == repr(sorted({"id": "a", **after}.items()))


def test_replacing_the_payload_of_no_item_is_an_error(generation: Generation) -> None:
    with pytest.raises(ItemNotFound, match="'gone'"):
        generation.set_payload("gone", {"stock": 2})
    assert generation.count() == 0


def test_deleted_points_are_gone_and_missing_ones_passed_over(generation: Generation) -> None:
    generation.upsert(numbered(3))
    generation.delete(["n1", "gone"])
    generation.delete([])
    assert sorted(generation.ids()) == ["n0", "n2"]


def test_a_closed_handle_refuses_politely(generation: Generation) -> None:
    generation.close()
    generation.close()
    for call in (
        lambda: generation.upsert([point("a")]),
        lambda: generation.set_payload("a", {}),
        lambda: generation.delete(["a"]),
        lambda: generation.retrieve(["a"]),
        lambda: generation.scroll(),
        lambda: list(generation.ids()),
        generation.count,
        lambda: generation.facet("brand"),
        generation.compact,
        generation.index_fields,
        generation.flush,
    ):
        with pytest.raises(StoreUnavailable, match="closed"):
            call()
