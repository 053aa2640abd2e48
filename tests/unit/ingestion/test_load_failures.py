"""Loads whose disk, store, encoder or source fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.errors import EncoderError, EncoderMismatch, InvalidItem, SourceError, StorageFull
from core.fields import FieldType
from core.items import ImageSource, Item
from encoders.bundle import BundleEncoder
from encoders.encoder import Vectors
from ingestion.load import Task, load
from qdrant.store import JOINT, Generation, Point
from tests.loads import SMALL, Listed, items_of, new_generation
from tests.pictures import encoded, picture


class FullAfter:
    """A generation whose disk is full after `room` points."""

    def __init__(self, inner: Generation, room: int) -> None:
        self._inner = inner
        self._room = room

    def upsert(self, points: Sequence[Point]) -> None:
        if self._inner.count() + len(points) > self._room:
            raise StorageFull("The disk is full.", hint="Free some space.")
        self._inner.upsert(points)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def test_a_full_disk_ends_the_load_and_keeps_what_was_written(tiny_encoder: BundleEncoder) -> None:
    generation = new_generation(tiny_encoder)
    report = load(Task(Listed(items_of(40)), FullAfter(generation, 12), tiny_encoder, pace=SMALL))
    assert isinstance(report.failure, StorageFull)
    assert not report.interrupted
    assert report.indexed == generation.count() == 12


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_disk_too_full_for_the_rejects_file_ends_the_load(tiny_encoder: BundleEncoder) -> None:
    items = [*items_of(4), Item("bad", ImageSource(data=b"bad"))]
    generation = new_generation(tiny_encoder)
    task = Task(Listed(items), generation, tiny_encoder, rejects=Path("/dev/full"), pace=SMALL)
    assert isinstance(load(task).failure, StorageFull)


class Picky:
    """An encoder without apart preprocessing that fails on images of one size, or on all."""

    def __init__(self, inner: BundleEncoder, *, fails_on: int | None) -> None:
        self._inner = inner
        self._fails_on = fails_on
        self.name, self.dim, self.fingerprint = inner.name, inner.dim, inner.fingerprint
        self.image_size = inner.image_size

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return self._inner.encode_texts(texts)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        if any(self._fails_on in (None, image.width) for image in images):
            raise EncoderError("A tower gave a vector that is zero or not finite.")
        return self._inner.encode_images(images)

    def relevance(self, cosine: float, query: str) -> float | None:
        return None


def test_an_image_that_the_encoder_fails_on_is_rejected_alone(tiny_encoder: BundleEncoder) -> None:
    items = [*items_of(6), Item("odd", ImageSource(data=encoded(picture(size=(7, 7)))))]
    generation = new_generation(tiny_encoder)
    report = load(Task(Listed(items), generation, Picky(tiny_encoder, fails_on=7), pace=SMALL))
    assert (report.indexed, report.rejects_by_kind) == (6, {"invalid-item": 1})
    assert report.complete


def test_an_encoder_that_fails_on_all_ends_the_load(tiny_encoder: BundleEncoder) -> None:
    generation = new_generation(tiny_encoder)
    task = Task(Listed(items_of(20)), generation, Picky(tiny_encoder, fails_on=None), pace=SMALL)
    report = load(task)
    assert isinstance(report.failure, EncoderError)
    assert report.indexed == 0


class RefusesOne:
    """A generation that takes no batch with the point 'i3' in it."""

    def __init__(self, inner: Generation) -> None:
        self._inner = inner

    def upsert(self, points: Sequence[Point]) -> None:
        if any(point.id == "i3" for point in points):
            raise InvalidItem("A vector is not finite.", field=JOINT)
        self._inner.upsert(points)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def test_a_point_that_the_store_refuses_is_rejected_alone(tiny_encoder: BundleEncoder) -> None:
    generation = new_generation(tiny_encoder)
    report = load(Task(Listed(items_of(9)), RefusesOne(generation), tiny_encoder, pace=SMALL))
    assert (report.indexed, report.rejected, generation.count()) == (8, 1, 8)


def test_a_source_that_breaks_off_ends_the_load_and_keeps_what_came_before(
    tiny_encoder: BundleEncoder,
) -> None:
    def break_off(row: int) -> None:
        if row == 6:
            raise SourceError("The file is damaged after row 5.")

    generation = new_generation(tiny_encoder)
    report = load(Task(Listed(items_of(9), at=break_off), generation, tiny_encoder, pace=SMALL))
    assert isinstance(report.failure, SourceError)
    assert report.indexed == generation.count() == 5


def test_a_fault_of_the_program_is_raised_and_not_summed_up(tiny_encoder: BundleEncoder) -> None:
    source = Listed(items_of(9), at=lambda row: 1 // (5 - row))
    with pytest.raises(ZeroDivisionError):
        load(Task(source, new_generation(tiny_encoder), tiny_encoder, pace=SMALL))


def test_another_encoder_is_refused_before_anything_is_read(tiny_encoder: BundleEncoder) -> None:
    generation = new_generation(tiny_encoder)
    other = Picky(tiny_encoder, fails_on=None)
    other.fingerprint = "other"
    with pytest.raises(EncoderMismatch, match="other"):
        load(Task(Listed([], at=pytest.fail), generation, other))


def test_all_fields_that_a_collection_lacks_are_told_with_what_adds_them(
    tiny_encoder: BundleEncoder,
) -> None:
    fields = {"year": FieldType.INTEGER, "season": FieldType.KEYWORD}
    source = replace(Listed([]), attributes=fields)
    with pytest.raises(SourceError, match=r"'year' \(integer\), 'season'") as caught:
        load(Task(source, new_generation(tiny_encoder), tiny_encoder))
    assert "year=integer season=keyword" in caught.value.hint


@pytest.mark.parametrize("declared", [{}, {"year": FieldType.KEYWORD}])
def test_a_field_that_the_collection_lacks_or_types_otherwise_is_refused(
    tiny_encoder: BundleEncoder, declared: dict[str, FieldType]
) -> None:
    source = replace(Listed([]), attributes={"year": FieldType.INTEGER})
    with pytest.raises(SourceError, match=r"'year' (is|\(integer\))"):
        load(Task(source, new_generation(tiny_encoder, declared), tiny_encoder))
