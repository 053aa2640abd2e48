import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import SourceError
from tests.pictures import encoded, picture
from tests.shops import build, jpeg, write_shop
from training.pairs.build import mixture_of
from training.pairs.images import ImageReader, PairReader

DAMAGED = jpeg("red")[:300]


def reader(folder: Path, *sources: dict[str, Any]) -> PairReader:
    return PairReader(mixture_of(build(folder, *sources), 1), ImageReader(32))


def with_damaged(path: Path, *bad: int) -> None:
    images = [DAMAGED if row in bad else jpeg("red", row) for row in range(8)]
    write_shop(path, 8, image=images)


def test_a_pair_comes_decoded(tmp_path: Path) -> None:
    write_shop(tmp_path / "x.parquet", 8)
    read = reader(tmp_path, {"kind": "captions", "path": "x.parquet"}).read(0)
    assert read.anchor == read.pair.anchor
    assert read.positive.size == (48, 40)
    assert not read.skips


def test_views_of_one_image_differ_and_are_the_same_again(tmp_path: Path) -> None:
    write_shop(tmp_path / "x.parquet", 8)
    pairs = reader(tmp_path, {"kind": "augmented", "path": "x.parquet"})
    first, again = pairs.read(3), pairs.read(3)
    assert np.asarray(first.anchor).shape == (32, 32, 3)
    assert (np.asarray(first.anchor) != np.asarray(first.positive)).any()
    assert (np.asarray(first.anchor) == np.asarray(again.anchor)).all()


def test_a_damaged_image_is_named_and_another_pair_comes_in_its_place(tmp_path: Path) -> None:
    with_damaged(tmp_path / "x.parquet", 2, 5)
    pairs = reader(tmp_path, {"kind": "captions", "path": "x.parquet"})
    reads = [pairs.read(position) for position in range(8)]
    assert {skip.name for read in reads for skip in read.skips} == {
        f"{tmp_path}/x.parquet row {row}" for row in (3, 6)
    }
    assert all("damaged" in skip.reason for read in reads for skip in read.skips)
    assert all(read.pair.positive.data != DAMAGED for read in reads)


def test_the_same_pair_comes_in_its_place_every_time(tmp_path: Path) -> None:
    with_damaged(tmp_path / "x.parquet", 0, 1, 2, 3, 4)
    settings = {"kind": "captions", "path": "x.parquet"}
    first, again = reader(tmp_path, settings), reader(tmp_path, settings)
    for position in reversed(range(20)):
        again.read(position)
    for position in range(20):
        one, other = first.read(position), again.read(position)
        assert (one.pair, one.skips) == (other.pair, other.skips)


def test_missing_files_are_named_by_their_paths(tmp_path: Path) -> None:
    (tmp_path / "here.jpg").write_bytes(jpeg("red"))
    (tmp_path / "x.csv").write_text("image,title\nhere.jpg,a\ngone.jpg,b\n")
    pairs = reader(tmp_path, {"kind": "captions", "path": "x.csv"})
    skips = [skip for position in range(2) for skip in pairs.read(position).skips]
    assert [skip.name for skip in skips] == [str(tmp_path / "gone.jpg")]
    assert "no such file" in skips[0].reason


def test_a_source_of_damaged_images_only_is_an_error_that_names_it(tmp_path: Path) -> None:
    with_damaged(tmp_path / "x.parquet", *range(8))
    pairs = reader(tmp_path, {"kind": "captions", "path": "x.parquet", "name": "shop"})
    with pytest.raises(SourceError, match=r"'shop' can't be used. None of its 8 .*row"):
        pairs.read(0)


def test_a_reader_goes_to_another_process(tmp_path: Path) -> None:
    write_shop(tmp_path / "x.parquet", 8)
    pairs = reader(tmp_path, {"kind": "captions", "path": "x.parquet"})
    assert pickle.loads(pickle.dumps(pairs)).read(5).pair == pairs.read(5).pair


def test_a_large_photo_is_decoded_at_a_fraction_of_its_size(tmp_path: Path) -> None:
    image = encoded(picture("red", (1600, 800)), "JPEG")
    write_shop(tmp_path / "x.parquet", 1, image=[image])
    read = reader(tmp_path, {"kind": "captions", "path": "x.parquet"}).read(0)
    assert 64 <= min(read.positive.size) < 200
