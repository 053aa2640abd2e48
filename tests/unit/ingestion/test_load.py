"""Loads into a store in memory: what goes in, what does not, and how they end."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.errors import EncoderError, EncoderMismatch, InvalidItem, SourceError, StorageFull
from core.fields import FieldType
from core.items import ImageSource, Item
from encoders.bundle import BundleEncoder
from encoders.encoder import Vectors
from ingestion.limits import Pace
from ingestion.load import Task, load
from ingestion.rejects import Rejection
from ingestion.report import LoadProgress
from ingestion.sources.opening import open_source
from ingestion.sources.source import Candidate
from ingestion.thumbnails import ThumbnailStore
from qdrant.store import JOINT, Generation, Point
from tests.loads import new_generation, reject_lines, write_pictures
from tests.pictures import encoded, picture

SMALL = Pace(decoders=2, encoders=2, fetchers=2, encode_batch=4, write_batch=4, ahead=4)


@dataclass
class Listed:
    """A source made of given entries; calls `at` before each."""

    items: Sequence[Item]
    at: Any = lambda row: None
    name: str = "list"
    attributes: Mapping[str, FieldType] = field(default_factory=dict)
    notes: Sequence[str] = ()
    total: int | None = None

    def entries(self) -> Iterator[Candidate | Rejection]:
        for row, item in enumerate(self.items, start=1):
            self.at(row)
            yield Candidate(item, row, self.name)


def _items(count: int) -> list[Item]:
    return [
        Item(f"i{n}", ImageSource(data=encoded(picture("red", (8, 8), seed=n))))
        for n in range(count)
    ]


def test_what_was_loaded_is_found(tmp_path: Path, tiny_encoder: BundleEncoder) -> None:
    write_pictures(tmp_path, a="red", b="blue", c="green")
    generation = new_generation(tiny_encoder)
    report = load(Task(open_source(tmp_path), generation, tiny_encoder, pace=SMALL))
    assert (report.read, report.indexed, report.rejected, report.complete) == (3, 3, 0, True)
    (point,) = generation.retrieve(["b.png"], with_vectors=True)
    expected = tiny_encoder.encode_images([picture("blue", seed=1)])[0]
    np.testing.assert_allclose(point.vectors[JOINT], expected, atol=1e-5)
    assert (point.payload["title"], point.payload["width"]) == ("b", 48)


def test_every_stage_is_timed(tmp_path: Path, tiny_encoder: BundleEncoder) -> None:
    write_pictures(tmp_path, a="red")
    report = load(Task(open_source(tmp_path), new_generation(tiny_encoder), tiny_encoder))
    assert set(report.stage_seconds) == {"read", "fetch", "decode", "encode", "write"}


def test_thumbnails_are_made_and_named_in_the_payload(
    tmp_path: Path, tiny_encoder: BundleEncoder
) -> None:
    write_pictures(tmp_path / "in", a="red")
    store, generation = ThumbnailStore(tmp_path / "thumbnails"), new_generation(tiny_encoder)
    load(Task(open_source(tmp_path / "in"), generation, tiny_encoder, store))
    assert store.read(generation.retrieve(["a.png"])[0].payload["_thumbnail"])


def test_bad_images_are_rejected_each_with_its_reason_and_the_rest_goes_in(
    tmp_path: Path, tiny_encoder: BundleEncoder
) -> None:
    folder = write_pictures(tmp_path / "in", good="red")
    (folder / "cut.jpg").write_bytes(encoded(picture(size=(200, 200)), "JPEG")[:3000])
    (folder / "empty.png").touch()
    (folder / "text.jpg").write_text("hello")
    (folder / "lost.png").symlink_to("gone.png")
    rejects = tmp_path / "rejects.jsonl"
    generation = new_generation(tiny_encoder)
    report = load(Task(open_source(folder), generation, tiny_encoder, rejects=rejects, pace=SMALL))
    assert (report.read, report.indexed, report.rejected, report.complete) == (5, 1, 4, True)
    assert report.rejects_by_kind == {"image-unreadable": 4}
    assert report.rejects_path == rejects
    reasons = {line["id"]: line["reason"] for line in reject_lines(rejects)}
    assert set(reasons) == {"cut.jpg", "empty.png", "text.jpg", "lost.png"}
    assert "broken link" in reasons["lost.png"]
    assert "Not an image" in reasons["text.jpg"]


def test_the_later_of_two_equal_ids_is_rejected_and_names_the_first(
    tmp_path: Path, tiny_encoder: BundleEncoder
) -> None:
    write_pictures(tmp_path, a="red", b="blue")
    (tmp_path / "c.csv").write_text("id,image\n1,a.png\n2,b.png\n1,b.png\n")
    generation, rejects = new_generation(tiny_encoder), tmp_path / "rejects.jsonl"
    report = load(Task(open_source(tmp_path / "c.csv"), generation, tiny_encoder, rejects=rejects))
    assert report.rejects_by_kind == {"duplicate-id": 1}
    (line,) = reject_lines(rejects)
    assert (line["row"], line["id"]) == (4, "1")
    assert "row 2 of" in line["reason"]
    assert generation.retrieve(["1"])[0].payload["_image"].endswith("a.png")


def test_a_second_load_passes_over_what_is_unchanged(
    tmp_path: Path, tiny_encoder: BundleEncoder
) -> None:
    write_pictures(tmp_path, a="red", b="blue", c="green")
    generation = new_generation(tiny_encoder)
    load(Task(open_source(tmp_path), generation, tiny_encoder))
    (tmp_path / "b.png").write_bytes(encoded(picture("yellow", (9, 9))))
    write_pictures(tmp_path / "more", d="pink")
    report = load(Task(open_source(tmp_path), generation, tiny_encoder))
    assert (report.read, report.unchanged, report.indexed) == (4, 2, 2)
    assert generation.count() == 4
    assert generation.retrieve(["b.png"])[0].payload["width"] == 9


def test_unchanged_images_are_not_opened(tmp_path: Path, tiny_encoder: BundleEncoder) -> None:
    generation, items = new_generation(tiny_encoder), _items(3)
    load(Task(Listed(items), generation, tiny_encoder))
    report = load(Task(Listed(items), generation, tiny_encoder))
    assert report.unchanged == 3
    assert "decode" not in report.stage_seconds


def test_a_stop_keeps_what_was_read_and_the_next_load_goes_on(tiny_encoder: BundleEncoder) -> None:
    stop, items, generation = threading.Event(), _items(30), new_generation(tiny_encoder)
    source = Listed(items, at=lambda row: stop.set() if row == 15 else None)
    first = load(Task(source, generation, tiny_encoder, pace=SMALL), stop=stop)
    assert first.interrupted
    assert not first.complete
    assert 0 < first.indexed == generation.count() < 30
    second = load(Task(Listed(items), generation, tiny_encoder, pace=SMALL))
    assert (second.unchanged, second.indexed) == (first.indexed, 30 - first.indexed)
    assert second.complete


def test_ctrl_c_is_an_interruption_and_not_an_error(tiny_encoder: BundleEncoder) -> None:
    pressed, generation = threading.Event(), new_generation(tiny_encoder)

    def wait_for_ctrl_c(row: int) -> None:
        if row == 5:
            pressed.wait(10)

    def press(progress: LoadProgress) -> None:
        if not pressed.is_set():
            pressed.set()
            raise KeyboardInterrupt

    source = Listed(_items(400), at=wait_for_ctrl_c)
    report = load(Task(source, generation, tiny_encoder, pace=SMALL), on_progress=press)
    assert report.interrupted
    assert 4 <= report.indexed == generation.count() < 400


def test_a_second_ctrl_c_ends_it_at_once(tiny_encoder: BundleEncoder) -> None:
    pressed = threading.Event()

    def press(progress: LoadProgress) -> None:
        if pressed.is_set():
            release.set()
        pressed.set()
        raise KeyboardInterrupt

    release = threading.Event()
    source = Listed(_items(3), at=lambda row: release.wait(10))
    with pytest.raises(KeyboardInterrupt):
        load(Task(source, new_generation(tiny_encoder), tiny_encoder), on_progress=press)


def test_progress_counts_up_to_the_report(tmp_path: Path, tiny_encoder: BundleEncoder) -> None:
    write_pictures(tmp_path, a="red", b="blue")
    seen: list[LoadProgress] = []
    task = Task(open_source(tmp_path), new_generation(tiny_encoder), tiny_encoder)
    report = load(task, on_progress=seen.append)
    assert (seen[-1].done, seen[-1].total, seen[-1].read) == (2, 2, report.read)


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
    report = load(Task(Listed(_items(40)), FullAfter(generation, 12), tiny_encoder, pace=SMALL))
    assert isinstance(report.failure, StorageFull)
    assert not report.interrupted
    assert report.indexed == generation.count() == 12


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_disk_too_full_for_the_rejects_file_ends_the_load(tiny_encoder: BundleEncoder) -> None:
    items = [*_items(4), Item("bad", ImageSource(data=b"bad"))]
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
    items = [*_items(6), Item("odd", ImageSource(data=encoded(picture(size=(7, 7)))))]
    generation = new_generation(tiny_encoder)
    report = load(Task(Listed(items), generation, Picky(tiny_encoder, fails_on=7), pace=SMALL))
    assert (report.indexed, report.rejects_by_kind) == (6, {"invalid-item": 1})
    assert report.complete


def test_an_encoder_that_fails_on_all_ends_the_load(tiny_encoder: BundleEncoder) -> None:
    generation = new_generation(tiny_encoder)
    task = Task(Listed(_items(20)), generation, Picky(tiny_encoder, fails_on=None), pace=SMALL)
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
    report = load(Task(Listed(_items(9)), RefusesOne(generation), tiny_encoder, pace=SMALL))
    assert (report.indexed, report.rejected, generation.count()) == (8, 1, 8)


def test_a_source_that_breaks_off_ends_the_load_and_keeps_what_came_before(
    tiny_encoder: BundleEncoder,
) -> None:
    def break_off(row: int) -> None:
        if row == 6:
            raise SourceError("The file is damaged after row 5.")

    generation = new_generation(tiny_encoder)
    report = load(Task(Listed(_items(9), at=break_off), generation, tiny_encoder, pace=SMALL))
    assert isinstance(report.failure, SourceError)
    assert report.indexed == generation.count() == 5


def test_a_fault_of_the_program_is_raised_and_not_summed_up(tiny_encoder: BundleEncoder) -> None:
    source = Listed(_items(9), at=lambda row: 1 // (5 - row))
    with pytest.raises(ZeroDivisionError):
        load(Task(source, new_generation(tiny_encoder), tiny_encoder, pace=SMALL))


def test_another_encoder_is_refused_before_anything_is_read(tiny_encoder: BundleEncoder) -> None:
    generation = new_generation(tiny_encoder)
    other = Picky(tiny_encoder, fails_on=None)
    other.fingerprint = "other"
    with pytest.raises(EncoderMismatch, match="other"):
        load(Task(Listed([], at=pytest.fail), generation, other))


@pytest.mark.parametrize("declared", [{}, {"year": FieldType.KEYWORD}])
def test_a_field_that_the_collection_lacks_or_types_otherwise_is_refused(
    tiny_encoder: BundleEncoder, declared: dict[str, FieldType]
) -> None:
    source = replace(Listed([]), attributes={"year": FieldType.INTEGER})
    with pytest.raises(SourceError, match="'year' is integer"):
        load(Task(source, new_generation(tiny_encoder, declared), tiny_encoder))
