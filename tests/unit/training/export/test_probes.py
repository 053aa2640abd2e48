from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import EncoderError
from tests.pictures import picture
from training.export.probes import MOST, TEXTS, pictures


def test_drawn_pictures_are_the_same_every_time_and_differ_from_each_other() -> None:
    first, second = pictures(None, 0), pictures(None, 0)
    arrays = [np.asarray(image).tobytes() for image in first.images]
    assert arrays == [np.asarray(image).tobytes() for image in second.images]
    assert len(set(arrays)) == len(arrays) >= 16


def test_a_folders_images_are_used_and_broken_ones_named(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    picture("red").save(tmp_path / "deep" / "red.png")
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    (tmp_path / "notes.txt").write_text("x")
    found = pictures(tmp_path, 0)
    assert [image.size for image in found.images] == [(48, 40)]
    assert len(found.skipped) == 1
    assert found.skipped[0].startswith("broken.jpg: ")


def test_large_folders_are_sampled_evenly(tmp_path: Path) -> None:
    for number in range(MOST + 40):
        picture("red", (4, 4), seed=number).save(tmp_path / f"{number:03}.png")
    assert len(pictures(tmp_path, 0).images) == MOST


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no image"):
        pictures(tmp_path, 0)
    with pytest.raises(EncoderError, match="no folder"):
        pictures(tmp_path / "nowhere", 0)
    (tmp_path / "broken.jpg").write_bytes(b"")
    with pytest.raises(EncoderError, match=r"broken\.jpg"):
        pictures(tmp_path, 0)


def test_texts_hold_what_tokenizers_stumble_over() -> None:
    joined = " ".join(TEXTS)
    assert max(map(len, TEXTS)) > 500
    assert any(ord(character) > 0xFFFF for character in joined)
    assert len(set(TEXTS)) == len(TEXTS)
