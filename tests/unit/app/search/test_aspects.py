"""Several aspects of similarity in one ranking."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.search.aspects import (
    APPEARANCE,
    LEXICAL,
    Evidence,
    checked_weights,
    is_code,
    kind_of,
    question_of,
    weights_of,
)
from app.search.fused import find_fused, retrieve
from app.search.retrieve import Wanted
from core.errors import InvalidQuery
from encoders.appearance import DIM
from encoders.lexical import document
from qdrant.exact import ExactStore
from qdrant.store import COLOR, JOINT, TEXT, CollectionConfig, Generation, Point

JOINT_DIM = 4
NOTHING = np.empty((0, DIM), dtype=np.float32)


def unit(*values: float, dim: int = JOINT_DIM) -> np.ndarray:
    row = np.zeros(dim, dtype=np.float32)
    row[: len(values)] = values
    return row / np.linalg.norm(row)


QUERY = unit(1, 0)


def generation_of(count: int = 60, *, aspects: bool = True) -> Generation:
    """Items whose joint cosine to QUERY falls with their number; titles are 'thing N'."""
    config = CollectionConfig(
        "tiny",
        "f",
        {JOINT: JOINT_DIM, COLOR: DIM} if aspects else {JOINT: JOINT_DIM},
        sparse=(TEXT,) if aspects else (),
    )
    generation = ExactStore().create("things", config)
    points = []
    for n in range(count):
        angle = math.pi / 2 * n / count
        vectors = {JOINT: unit(math.cos(angle), math.sin(angle))}
        if aspects:
            vectors[COLOR] = unit(math.sin(angle), math.cos(angle), dim=DIM)
        words = {TEXT: document(f"thing {n:04}")} if aspects else {}
        points.append(Point(f"i{n:04}", vectors, {"id": f"i{n:04}"}, words))
    generation.upsert(points)
    return generation


def evidence(generation: Generation, text: str | None = None, **looks: np.ndarray) -> Evidence:
    points = generation.retrieve(list(generation.ids())[:40], with_vectors=True)
    sample = np.stack([point.vectors[JOINT] for point in points])
    seen = looks.get("looks")
    drawn = NOTHING if seen is None else np.stack([point.vectors[COLOR] for point in points])
    return Evidence(QUERY, text, seen, sample, drawn)


def test_a_name_brings_the_one_item_that_has_it_to_the_top() -> None:
    generation = generation_of()
    question = question_of(generation.config, evidence(generation, "thing 0041"), None)
    found = find_fused(generation, Wanted(QUERY), question, 10)
    assert found.candidates[0].id == "i0041"
    assert [c.id for c in found.candidates[1:4]] == ["i0000", "i0001", "i0002"]


def test_appearance_moves_what_looks_alike_up() -> None:
    generation = generation_of()
    (thing,) = generation.retrieve(["i0030"], with_vectors=True)
    looks = thing.vectors[COLOR]
    question = question_of(
        generation.config, evidence(generation, looks=looks), {JOINT: 0.001, APPEARANCE: 1}
    )
    found = find_fused(generation, Wanted(QUERY), question, 5)
    assert found.candidates[0].id == "i0030"


def test_a_fused_score_is_the_sum_of_the_shares_of_exact_scores() -> None:
    generation = generation_of()
    question = question_of(generation.config, evidence(generation, "thing 0007"), None)
    for candidate in find_fused(generation, Wanted(QUERY), question, 20).candidates:
        total = sum(each.share(candidate.aspects[each.name].raw) for each in question.aspects)
        assert candidate.score == pytest.approx(total)
        joint = generation.score([candidate.id], QUERY)[candidate.id]
        assert candidate.aspects[JOINT].raw == pytest.approx(joint)


def test_a_deeper_list_scores_what_it_has_as_the_shallow_one() -> None:
    generation = generation_of(400)
    question = question_of(generation.config, evidence(generation, "thing 0300"), None)
    wanted = Wanted(QUERY)
    shallow = {c.id: c.score for c in find_fused(generation, wanted, question, 20).candidates}
    deep = {c.id: c.score for c in find_fused(generation, wanted, question, 300).candidates}
    assert shallow.items() <= deep.items()


def test_all_of_a_small_collection_is_found_and_the_list_says_so() -> None:
    generation = generation_of(30)
    question = question_of(generation.config, evidence(generation, "thing 0003"), None)
    found = find_fused(generation, Wanted(QUERY, without=frozenset({"i0000"})), question, 50)
    assert found.exhausted
    assert len(found.candidates) == 29


def test_places_by_each_aspect_are_told_where_they_are_asked_for() -> None:
    generation = generation_of()
    question = question_of(generation.config, evidence(generation, "0041"), None)
    top = find_fused(generation, Wanted(QUERY), question, 10, explain=True).candidates[0]
    assert (top.id, top.aspects[LEXICAL].rank, top.aspects[JOINT].rank) == ("i0041", 1, 42)


def test_a_collection_made_before_ranks_by_meaning_alone_and_says_so() -> None:
    generation = generation_of(aspects=False)
    question = question_of(generation.config, evidence(generation, "thing 0041"), None)
    found = retrieve(generation, Wanted(QUERY), question, 5, True)
    assert [candidate.id for candidate in found.candidates][:2] == ["i0000", "i0001"]
    assert found.candidates[0].score == pytest.approx(1.0)
    assert found.plan["left_out"] == {LEXICAL: "the collection was made without words"}


def test_aspects_that_can_not_be_used_at_all_are_an_error() -> None:
    generation = generation_of(aspects=False)
    with pytest.raises(InvalidQuery, match="made without words"):
        question_of(generation.config, evidence(generation, "lamp"), {LEXICAL: 1.0})


@pytest.mark.parametrize(
    "text", ["lexical", "lexical=x", "smell=1", "joint=-1", "joint=nan", "joint=0", ""]
)
def test_weights_that_make_no_sense_are_errors(text: str) -> None:
    with pytest.raises(InvalidQuery):
        weights_of(text)


def test_weights_come_in_one_order() -> None:
    assert weights_of("lexical=0.5, joint:1") == checked_weights({"joint": 1, "lexical": 0.5})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("AB-104", True),
        ("sku 004711", True),
        ("4711", True),
        ("red shoes", False),
        ("mp3", True),
        ("size 9 shoes for men", False),
        ("top 10", False),
    ],
)
def test_codes_are_told_from_words(text: str, code: bool) -> None:
    assert is_code(text) is code


def test_the_kind_of_a_query_goes_by_its_parts() -> None:
    assert [kind_of("x", True), kind_of(None, True), kind_of("a lamp", False)] == [
        *("mix", "image", "text")
    ]
