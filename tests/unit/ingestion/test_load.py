"""Loads into a store in memory: what goes in, what does not, and how they end."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from encoders.bundle import BundleEncoder
from ingestion.load import Task, load
from ingestion.report import LoadProgress
from ingestion.sources.opening import open_source
from ingestion.thumbnails import ThumbnailStore
from qdrant.store import JOINT
from tests.loads import SMALL, Listed, items_of, new_generation, reject_lines, write_pictures
from tests.pictures import encoded, picture


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
    generation, items = new_generation(tiny_encoder), items_of(3)
    load(Task(Listed(items), generation, tiny_encoder))
    report = load(Task(Listed(items), generation, tiny_encoder))
    assert report.unchanged == 3
    assert "decode" not in report.stage_seconds


def test_a_stop_keeps_what_was_read_and_the_next_load_goes_on(tiny_encoder: BundleEncoder) -> None:
    stop, items, generation = threading.Event(), items_of(30), new_generation(tiny_encoder)
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

    said: list[bool] = []

    def press(progress: LoadProgress) -> None:
        said.append(progress.stopping)
        if not pressed.is_set():
            pressed.set()
            raise KeyboardInterrupt

    source = Listed(items_of(400), at=wait_for_ctrl_c)
    report = load(Task(source, generation, tiny_encoder, pace=SMALL), on_progress=press)
    assert report.interrupted
    assert 4 <= report.indexed == generation.count() < 400
    assert (said[0], said[-1]) == (False, True)


def test_a_second_ctrl_c_ends_it_at_once(tiny_encoder: BundleEncoder) -> None:
    pressed = threading.Event()

    def press(progress: LoadProgress) -> None:
        if pressed.is_set():
            release.set()
        pressed.set()
        raise KeyboardInterrupt

    release = threading.Event()
    source = Listed(items_of(3), at=lambda row: release.wait(10))
    with pytest.raises(KeyboardInterrupt):
        load(Task(source, new_generation(tiny_encoder), tiny_encoder), on_progress=press)


def test_progress_counts_up_to_the_report(tmp_path: Path, tiny_encoder: BundleEncoder) -> None:
    write_pictures(tmp_path, a="red", b="blue")
    seen: list[LoadProgress] = []
    task = Task(open_source(tmp_path), new_generation(tiny_encoder), tiny_encoder)
    report = load(task, on_progress=seen.append)
    assert (seen[-1].done, seen[-1].total, seen[-1].read) == (2, 2, report.read)
