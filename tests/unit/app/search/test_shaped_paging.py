"""Pages of shaped answers: no item twice, none that stays skipped, whatever is written between."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.cursor import Position
from app.search.presentation.arranger import Arranger
from app.search.presentation.windows import Windows
from app.search.retrieve import Wanted, find
from app.search.shaping import Group, Shape
from core.errors import InvalidCursor
from core.fields import FieldType, Schema
from qdrant.exact import ExactStore
from qdrant.store import JOINT, CollectionConfig, Generation, Point

QUESTION = np.array([1.0, 0.0], dtype=np.float32)
SCHEMA = Schema({"product": FieldType.KEYWORD})

angles = st.lists(st.sampled_from([0.1, 0.2, 0.25, 0.3, 0.5, 0.9]), min_size=1, max_size=30)
shapes = st.builds(
    Shape,
    collapse=st.booleans(),
    group=st.none() | st.builds(Group, st.just("product"), st.integers(1, 2)),
    diversity=st.sampled_from([0.0, 0.4, 1.0]),
)


def vector(angle: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    return np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)


def point(name: str, angle: float, **payload: str) -> Point:
    return Point(name, {JOINT: vector(angle)}, {"id": name, **payload})


def generation_of(points: list[Point]) -> Generation:
    config = CollectionConfig("tiny", "f", {JOINT: 2}, SCHEMA, quantization="none")
    generation = ExactStore().create("c", config)
    generation.upsert(points)
    return generation


def untimed(_: str) -> AbstractContextManager[None]:
    return nullcontext()


def windows_over(generation: Generation, shape: Shape, size: int) -> Windows:
    def vectors(ids: object) -> Mapping[str, "np.ndarray[tuple[int], np.dtype[np.float32]]"]:
        found = generation.retrieve(list(ids), with_vectors=True)  # type: ignore[call-overload]
        return {point.id: point.vectors[JOINT] for point in found}

    arranger = Arranger(
        shape,
        rerank=lambda candidates, first: candidates,
        relevance=lambda candidate: candidate.score,
        vectors=vectors,
        may_see=lambda payload: True,
        stage=untimed,
    )
    return Windows(lambda depth: find(generation, Wanted(QUESTION), depth), arranger, size)


def next_page(
    generation: Generation, shape: Shape, size: int, limit: int, start: Position | None
) -> tuple[list[str], Position | None]:
    page = windows_over(generation, shape, size).page(limit, start)
    return [placed.id for placed in page.placed], page.after


def all_pages(generation: Generation, shape: Shape, size: int, limit: int) -> list[str]:
    found: list[str] = []
    start = None
    while True:
        page, start = next_page(generation, shape, size, limit, start)
        found += page
        if start is None:
            return found
        assert len(page) == limit


def catalog(spread: list[float]) -> list[Point]:
    """Every third a duplicate of the one before it; products of two."""
    return [
        point(
            f"{place:03}",
            angle,
            product=f"p{place // 2}",
            **({"duplicate_group": f"{place - 1:03}"} if place % 3 == 1 else {}),
        )
        for place, angle in enumerate(spread)
    ]


@given(angles, shapes, st.integers(1, 7), st.integers(2, 9))
def test_pages_of_any_size_make_up_one_answer(
    spread: list[float], shape: Shape, limit: int, size: int
) -> None:
    generation = generation_of(catalog(spread))
    assert all_pages(generation, shape, size, limit) == all_pages(generation, shape, size, 100)


writes = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "move"]), st.sampled_from([0.0, 0.15, 0.4, 1.0])),
    max_size=6,
)


@given(angles, st.sampled_from([0.0, 0.5]), st.integers(1, 5), st.integers(2, 8), st.data())
def test_nothing_comes_twice_and_nothing_that_stays_is_skipped(
    spread: list[float], diversity: float, limit: int, size: int, data: st.DataObject
) -> None:
    shape = Shape(collapse=False, diversity=diversity)
    generation = generation_of([point(f"{at:03}", angle) for at, angle in enumerate(spread)])
    staying = {f"{at:03}" for at in range(0, len(spread), 2)}
    seen: list[str] = []
    start = None
    fresh = 0
    for _ in range(200):
        page, start = next_page(generation, shape, size, limit, start)
        seen += page
        if start is None:
            break
        for kind, angle in data.draw(writes):
            victim = f"{2 * data.draw(st.integers(0, len(spread) // 2)) + 1:03}"
            if kind == "remove":
                generation.delete([victim])
            elif kind == "move" and generation.retrieve([victim]):
                generation.upsert([point(victim, angle)])
            elif fresh < 20:
                fresh += 1
                generation.upsert([point(f"new{fresh}", angle)])
    assert start is None
    assert len(seen) == len(set(seen))
    assert staying <= set(seen)


@given(angles, st.integers(1, 5), st.integers(2, 8), st.data())
def test_of_each_group_of_duplicates_one_is_shown_also_when_a_better_one_comes_in(
    spread: list[float], limit: int, size: int, data: st.DataObject
) -> None:
    shape = Shape(collapse=True)
    points = [
        point(f"{at:03}", angle, duplicate_group=f"g{at // 3}") for at, angle in enumerate(spread)
    ]
    generation = generation_of(points)
    shown: list[str] = []
    start = None
    fresh = 0
    while True:
        page, start = next_page(generation, shape, size, limit, start)
        shown += [str(found.payload["duplicate_group"]) for found in generation.retrieve(page)]
        if start is None:
            break
        if fresh < 10 and data.draw(st.booleans()):
            fresh += 1
            group = f"g{data.draw(st.integers(0, len(spread) // 3))}"
            generation.upsert([point(f"new{fresh}", 0.0, duplicate_group=group)])
    assert len(shown) == len(set(shown))
    assert {f"g{at // 3}" for at in range(len(spread))} <= set(shown)


def test_a_hit_knows_what_stands_behind_it() -> None:
    generation = generation_of(
        [point("a", 0.2), point("b", 0.1, duplicate_group="a"), point("c", 0.3, _sha256="s"),
         point("d", 0.4, _sha256="s"), point("e", 0.5)]
    )  # fmt: skip
    page = windows_over(generation, Shape(), 10).page(10)
    assert [(placed.id, placed.alike) for placed in page.placed] == [
        ("b", ("a",)), ("c", ("d",)), ("e", ()),
    ]  # fmt: skip


def test_each_value_of_a_field_has_at_most_n_hits() -> None:
    generation = generation_of([point(str(at), 0.1 * at, product=f"p{at % 2}") for at in range(8)])
    shape = Shape(group=Group("product", 2))
    assert all_pages(generation, shape, 3, 1) == ["0", "1", "2", "3"]


def test_what_is_below_the_line_is_left_out_and_remembered() -> None:
    generation = generation_of([point("near", 0.1), point("far", 1.2)])
    windows = windows_over(generation, Shape(line=0.9), 10)
    assert [placed.id for placed in windows.page(10).placed] == ["near"]
    assert isinstance(windows.arrange, Arranger)
    assert [placed.id for placed in windows.arrange.below] == ["far"]


def test_a_cursor_with_a_forged_memory_is_refused() -> None:
    generation = generation_of([point("a", 0.1)])
    with pytest.raises(InvalidCursor):
        windows_over(generation, Shape(), 10).page(1, Position(seen="no"))


def test_what_comes_late_by_the_sum_but_is_relevant_enough_is_found() -> None:
    """Fused scores rank by more than relevance: a window that is cut off whole is not the end."""
    generation = generation_of([point(f"{at:03}", 0.1 + at / 100) for at in range(30)])
    windows = windows_over(generation, Shape(line=0.5), 10)
    assert isinstance(windows.arrange, Arranger)
    windows.arrange.relevance = lambda candidate: 0.9 if candidate.id == "025" else 0.1
    assert windows.page(5).placed == []  # taken for hopeless
    windows.arrange.hopeless = lambda: False
    assert [placed.id for placed in windows.page(5).placed] == ["025"]
