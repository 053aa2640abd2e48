"""Near-duplicates find each other, and nothing else does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy.engine import URL

from core.items import ImageSource, Item
from database.engine import Database
from encoders.bundle import BundleEncoder
from ingestion.derive import Derive, Likeness, likeness_of
from ingestion.duplicates import DISTANCE, GROUP, DuplicateIndex, alike
from ingestion.load import Task, load
from qdrant.store import Generation
from tests.loads import SMALL, Listed, new_generation
from tests.pictures import encoded

LAYOUT = bytes(108)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = URL.create("sqlite+pysqlite", database=str(tmp_path / "likes.db"))
    with closing(Database(url)) as database:
        yield database


@pytest.fixture
def index(database: Database) -> DuplicateIndex:
    return DuplicateIndex(database, "shop")


def scene(seed: int, size: tuple[int, int] = (240, 180)) -> Image.Image:
    """A picture of soft patches, which no other seed has."""
    cells = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC)


def like(seed: int) -> Likeness:
    found = likeness_of(scene(seed))
    assert found is not None
    return found


def flipped(likeness: Likeness, *bits: int) -> Likeness:
    phash = likeness.phash
    for bit in bits:
        phash ^= 1 << bit
    return replace(likeness, phash=phash)


def test_a_copy_that_is_smaller_or_saved_anew_is_in_the_group_of_the_first(
    index: DuplicateIndex,
) -> None:
    small, again = likeness_of(scene(1, (120, 90))), scene(1)
    again = Image.open(io.BytesIO(encoded(again, "JPEG", quality=60)))
    groups = index.add(
        {"a": like(1), "other": like(2), "small": small, "again": likeness_of(again)}
    )
    assert groups == {"small": "a", "again": "a"}


def test_groups_are_found_by_later_batches_and_by_other_processes(
    index: DuplicateIndex, database: Database
) -> None:
    assert index.add({"a": like(1)}) == {}
    assert DuplicateIndex(database, "shop").add({"b": like(1)}) == {"b": "a"}
    assert DuplicateIndex(database, "elsewhere").add({"c": like(1)}) == {}


def test_exactly_the_hashes_within_the_distance_are_found(index: DuplicateIndex) -> None:
    first = Likeness(0x0123456789ABCDEF, LAYOUT, 1.0)

    @settings(deadline=None)
    @given(st.sets(st.integers(0, 63), max_size=6))
    def found(bits: set[int]) -> None:
        index.clear()
        groups = index.add({"a": first, "b": flipped(first, *bits)})
        assert groups == ({"b": "a"} if len(bits) <= DISTANCE else {})

    found()


def test_other_colours_and_other_shapes_are_other_pictures() -> None:
    first = Likeness(1, LAYOUT, 1.0)
    assert not alike(first, replace(first, layout=bytes([9]) * 108))
    assert not alike(first, replace(first, aspect=1.2))


def test_of_a_chain_only_what_resembles_the_first_is_its_group(index: DuplicateIndex) -> None:
    first = Likeness(0, LAYOUT, 1.0)
    second = flipped(first, 0, 1, 2, 3)
    third = flipped(second, 20, 21, 22)
    assert index.add({"a": first, "b": second, "c": third}) == {"b": "a"}


def test_an_item_indexed_again_stays_where_it_was(index: DuplicateIndex) -> None:
    index.add({"a": like(1), "b": like(1)})
    assert index.add({"a": like(1)}) == {}
    assert index.add({"b": like(1)}) == {"b": "a"}


def test_a_first_item_with_a_new_picture_leaves_its_group(index: DuplicateIndex) -> None:
    index.add({"a": like(1), "b": like(1), "c": like(1)})
    moved = index.add({"a": like(2)})["a"]
    assert moved not in ("a", "b", "c")
    assert index.add({"d": like(1)}) == {"d": "a"}
    assert index.add({"e": like(2)}) == {"e": moved}


def test_a_group_outlives_its_first_item(index: DuplicateIndex) -> None:
    index.add({"a": like(1), "b": like(1)})
    index.remove(["a"])
    assert index.add({"c": like(1)}) == {"c": "a"}


def test_what_is_all_of_one_colour_is_like_nothing(index: DuplicateIndex) -> None:
    plain = likeness_of(Image.new("RGB", (64, 64), "white"))
    assert plain is None
    assert index.add({"a": plain, "b": plain}) == {}


def test_an_item_that_became_plain_is_forgotten(index: DuplicateIndex) -> None:
    index.add({"a": like(1)})
    index.add({"a": None})
    assert index.add({"b": like(1)}) == {}


def test_a_load_writes_groups_and_colours(
    database: Database, tiny_encoder: BundleEncoder, index: DuplicateIndex
) -> None:
    generation: Generation = new_generation(tiny_encoder)
    images = {"a": scene(1), "b": scene(1, (120, 90)), "c": scene(3)}
    items = [Item(name, ImageSource(data=encoded(image))) for name, image in images.items()]
    task = Task(
        Listed(items), generation, tiny_encoder, pace=SMALL, derive=Derive(), duplicates=index
    )
    assert load(task).indexed == 3
    payloads = {point.id: point.payload for point in generation.retrieve(["a", "b", "c"])}
    grouped = {name: payload.get(GROUP) for name, payload in payloads.items()}
    pairs = {grouped["a"] or "a", grouped["b"] or "b"}
    assert len(pairs) == 1
    assert grouped["c"] is None
    assert all(payload["colors"] and payload["_phash"] for payload in payloads.values())
