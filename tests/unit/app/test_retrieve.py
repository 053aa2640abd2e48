"""Pages are cut from one ranking, whatever the engine does with ties."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.cursor import Position
from app.search.presentation.paging import MAX_DEPTH, Page, page_by_score
from app.search.retrieve import Wanted, browse, find
from qdrant.exact import ExactStore
from qdrant.store import JOINT, CollectionConfig, Generation, Point

QUESTION = np.array([1.0, 0.0], dtype=np.float32)


def generation_of(angles: Sequence[float]) -> Generation:
    """A point for each angle to the question, in radians."""
    config = CollectionConfig("tiny", "f", {JOINT: 2}, quantization="none")
    generation = ExactStore().create("c", config)
    generation.upsert(
        [
            Point(f"{place:03}", {JOINT: _at(angle)}, {"id": f"{place:03}"})
            for place, angle in enumerate(angles)
        ]
    )
    return generation


def _at(angle: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    return np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)


def page_of(
    generation: Generation,
    limit: int,
    start: Position | None = None,
    without: frozenset[str] = frozenset(),
) -> Page:
    wanted = Wanted(QUESTION, without=without)
    return page_by_score(
        lambda depth, payload: find(generation, wanted, depth, with_payload=payload),
        generation,
        limit,
        start,
    )


def all_pages(generation: Generation, limit: int, without: frozenset[str]) -> list[list[str]]:
    pages, start = [], None
    while True:
        page = page_of(generation, limit, start, without)
        pages.append([point.id for point in page.candidates])
        if page.after is None:
            return pages
        start = page.after


few_angles = st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=1, max_size=40)


@given(few_angles, st.integers(1, 12))
def test_pages_make_up_the_ranking_also_where_most_scores_are_equal(
    angles: list[float], limit: int
) -> None:
    pages = all_pages(generation_of(angles), limit, frozenset())
    ranking = sorted(range(len(angles)), key=lambda place: (angles[place], place))
    assert [item for page in pages for item in page] == [f"{place:03}" for place in ranking]
    assert all(len(page) == limit for page in pages[:-1])


@given(few_angles, st.integers(1, 12))
def test_what_is_left_out_leaves_no_gap(angles: list[float], limit: int) -> None:
    pages = all_pages(generation_of([*angles, 0.0, 0.25]), limit, frozenset({"000", "001"}))
    found = [item for page in pages for item in page]
    assert len(found) == len(set(found)) == len({*range(len(angles) + 2)} - {0, 1})
    assert not {"000", "001"} & set(found)


def test_a_page_goes_on_where_it_ended_when_points_come_and_go() -> None:
    generation = generation_of([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    page = page_of(generation, 2)
    assert page.after is not None
    generation.delete(["001"])  # the very point that the page ended with
    generation.upsert([Point("new", {JOINT: _at(0.0)}, {})])
    following = page_of(generation, 2, page.after)
    assert [point.id for point in following.candidates] == ["002", "003"]


def test_later_pages_have_their_payload_too() -> None:
    generation = generation_of([0.1, 0.2, 0.3])
    first = page_of(generation, 1)
    second = page_of(generation, 1, first.after)
    assert second.candidates[0].payload == {"id": "001"}


def test_a_ranking_ends_at_its_depth() -> None:
    generation = generation_of(np.linspace(0.1, 1.0, 5).tolist())
    page = page_of(generation, MAX_DEPTH)
    assert page.after is None


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_browsing_visits_every_point_once(limit: int) -> None:
    generation = generation_of([0.1] * 7)
    found: list[str] = []
    start = None
    while True:
        page = browse(generation, limit, None, start)
        found += [point.id for point in page.candidates]
        if page.after is None:
            break
        start = page.after
    assert sorted(found) == [f"{place:03}" for place in range(7)]
