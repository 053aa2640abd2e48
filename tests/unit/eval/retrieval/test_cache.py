"""Vectors kept between tasks and runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core.errors import StoreError
from core.items import ImageSource
from encoders.bundle import BundleEncoder, Threads
from encoders.encoder import Vectors
from eval.retrieval.cache import VectorFile, VectorMemory
from eval.retrieval.encoding import Encoding, encode_members
from tests.towers import write_bundle

Shown = Callable[..., ImageSource]


class Counting(BundleEncoder):
    """The tiny towers, counting the texts that they encode."""

    texts = 0

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        self.texts += len(texts)
        return super().encode_texts(texts)


@pytest.fixture
def counting(tiny_bundle: Path) -> Counting:
    return Counting(tiny_bundle, threads=Threads(image=1, text=1))


def test_a_second_run_encodes_nothing(tmp_path: Path, counting: Counting) -> None:
    texts = ["red", "blue"]
    for _ in range(2):
        with closing(VectorFile(tmp_path, counting)) as cache:
            found = encode_members(counting, texts, texts, Encoding(cache=cache))
    assert counting.texts == 2
    assert np.array_equal(found.vectors, counting.encode_texts(texts))


def test_only_what_is_new_is_encoded(counting: Counting) -> None:
    cache = VectorMemory()
    encode_members(counting, ["a"], ["red"], Encoding(cache=cache))
    encode_members(counting, ["a", "b"], ["red", "blue"], Encoding(cache=cache))
    assert counting.texts == 2


def test_a_text_and_an_image_of_the_same_bytes_are_two_things(tiny_encoder: BundleEncoder) -> None:
    cache = VectorMemory()
    encode_members(tiny_encoder, ["a"], ["red"], Encoding(cache=cache))
    found = encode_members(tiny_encoder, ["a"], [ImageSource(data=b"red")], Encoding(cache=cache))
    assert len(found.skipped) == 1


def test_another_encoder_has_a_file_of_its_own(tmp_path: Path, tiny_encoder: BundleEncoder) -> None:
    other = BundleEncoder(write_bundle(tmp_path / "other", version="2"))
    for encoder in (tiny_encoder, other):
        with closing(VectorFile(tmp_path / "cache", encoder)) as cache:
            assert cache.get("key") is None
            cache.put([("key", np.ones(encoder.dim, np.float32))])
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_changed_pictures_are_not_taken_from_the_cache(
    tiny_encoder: BundleEncoder, shown: Shown
) -> None:
    cache = VectorMemory()
    red = [shown("red")]
    plain = encode_members(tiny_encoder, ["a"], red, Encoding(cache=cache))
    how = Encoding(cache=cache, transform=lambda image, row: image.convert("L").convert("RGB"))
    changed = encode_members(tiny_encoder, ["a"], red, how)
    again = encode_members(tiny_encoder, ["a"], red, Encoding(cache=cache))
    assert not np.allclose(plain.vectors, changed.vectors)
    assert np.array_equal(plain.vectors, again.vectors)


def test_a_file_that_is_no_cache_is_told(tmp_path: Path, tiny_encoder: BundleEncoder) -> None:
    (tmp_path / f"{tiny_encoder.fingerprint}.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="cache"):
        VectorFile(tmp_path, tiny_encoder)
