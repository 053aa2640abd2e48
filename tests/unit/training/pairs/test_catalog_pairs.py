"""Captions, labels, views, and shared values."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from core.errors import SourceError
from core.items import ImageSource
from tests.shops import build_one, shop_rows, write_shop
from training.pairs.pair import Pair
from training.pairs.source import PairSource


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_shop(tmp_path / "shop.parquet")
    return tmp_path


def drawn(source: PairSource, index: int, times: int = 200) -> list[Pair]:
    return [source.pair(index, np.random.default_rng(seed)) for seed in range(times)]


def test_captions_pair_each_title_with_its_image(shop: Path) -> None:
    source = build_one(shop, kind="captions", path="shop.parquet").source
    rows = shop_rows()
    pairs = [source.pair(index, np.random.default_rng(0)) for index in range(len(source))]
    assert [pair.anchor for pair in pairs] == rows["title"]
    assert [pair.positive.data for pair in pairs] == rows["image"]


def test_several_texts_are_drawn_by_their_weights(shop: Path) -> None:
    texts = {"title": 1, "kind": 3}
    source = build_one(shop, kind="captions", path="shop.parquet", texts=texts).source
    counts = Counter(pair.anchor for pair in drawn(source, 0, 400))
    assert counts["shirt"] == pytest.approx(300, abs=40)
    assert len(counts) == 2


def test_an_empty_text_leaves_its_weight_to_the_others(tmp_path: Path) -> None:
    write_shop(tmp_path / "shop.parquet", 3, title=["", " ", None], kind=["a", "b", ""])
    texts = ["title", "kind"]
    source = build_one(tmp_path, kind="captions", path="shop.parquet", texts=texts).source
    assert len(source) == 2
    assert {pair.anchor for pair in drawn(source, 1)} == {"b"}


def test_the_same_generator_gives_the_same_pair(shop: Path) -> None:
    augmentation = {"crop": [0.5, 1]}
    built = build_one(shop, kind="captions", path="shop.parquet", augmentation=augmentation)
    first, again, other = (built.source.pair(3, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first.views != other.views


def test_products_and_facts_come_from_their_columns(shop: Path) -> None:
    source = build_one(
        shop, kind="captions", path="shop.parquet", product="brand", facts=["colour"], weight=0.5
    ).source
    pair, mate = (source.pair(index, np.random.default_rng(0)) for index in (0, 1))
    assert pair.product == mate.product == "shop.parquet#brand=brand 0"
    assert (pair.facts, pair.asks) == (frozenset({"colour=red"}), frozenset())
    assert pair.weight == 0.5


def test_a_catalog_without_a_title_needs_its_texts_named(tmp_path: Path) -> None:
    write_shop(tmp_path / "shop.parquet", title=None)
    with pytest.raises(SourceError, match="'texts'"):
        build_one(tmp_path, kind="captions", path="shop.parquet")


def test_texts_that_are_all_empty_are_told(tmp_path: Path) -> None:
    write_shop(tmp_path / "shop.parquet", 2, title=["", None])
    with pytest.raises(SourceError, match="no text in 'title'"):
        build_one(tmp_path, kind="captions", path="shop.parquet")


def test_labels_are_put_into_words_and_asked_for(shop: Path) -> None:
    templates = ["a photo of a {colour} {kind}", "{kind}"]
    source = build_one(shop, kind="labels", path="shop.parquet", templates=templates).source
    pairs = {pair.anchor: pair for pair in drawn(source, 0)}
    assert set(pairs) == {"a photo of a red shirt", "shirt"}
    assert pairs["shirt"].asks == {"kind=shirt"}
    assert pairs["shirt"].facts == {"kind=shirt", "colour=red"}


def test_a_template_with_an_empty_value_is_passed_over(tmp_path: Path) -> None:
    write_shop(tmp_path / "x.parquet", 3, colour=["red", "", None], kind=["hat", "shoe", ""])
    templates = ["{colour} {kind}", "{kind}"]
    built = build_one(tmp_path, kind="labels", path="x.parquet", templates=templates)
    assert len(built.source) == 2
    assert {pair.anchor for pair in drawn(built.source, 1)} == {"shoe"}
    assert "1 rows" in built.notes[0]


def test_rows_that_fit_no_template_at_all_are_told(tmp_path: Path) -> None:
    write_shop(tmp_path / "x.parquet", 2, colour=["", ""])
    with pytest.raises(SourceError, match="any template"):
        build_one(tmp_path, kind="labels", path="x.parquet", templates=["{colour} {kind}"])


def test_two_views_of_one_image_differ_by_seed_only(shop: Path) -> None:
    source = build_one(shop, kind="augmented", path="shop.parquet").source
    pair = source.pair(5, np.random.default_rng(0))
    assert pair.anchor == pair.positive
    assert pair.views is not None


def test_a_partner_shares_the_value_and_is_another_image(shop: Path) -> None:
    source = build_one(shop, kind="shared", path="shop.parquet", by="colour").source
    images = dict(zip(shop_rows()["image"], shop_rows()["colour"], strict=True))
    for index in range(len(source)):
        for pair in drawn(source, index, 8):
            assert isinstance(pair.anchor, ImageSource)
            assert isinstance(pair.positive, ImageSource)
            assert pair.anchor.data != pair.positive.data
            assert images[pair.anchor.data] == images[pair.positive.data]
            assert pair.asks == {f"colour={images[pair.anchor.data]}"}


def test_all_partners_come_up(shop: Path) -> None:
    source = build_one(shop, kind="shared", path="shop.parquet", by="colour").source
    assert len({pair.positive for pair in drawn(source, 0)}) == 5  # of six reds


def test_an_image_alone_with_its_value_is_left_out(tmp_path: Path) -> None:
    write_shop(tmp_path / "x.parquet", 4, kind=["a", "b", "A ", ""])
    built = build_one(tmp_path, kind="shared", path="x.parquet", by="kind")
    assert len(built.source) == 2
    assert "2 rows" in built.notes[0]


def test_values_that_nobody_shares_are_told(shop: Path) -> None:
    with pytest.raises(SourceError, match="share a value of 'id'"):
        build_one(shop, kind="shared", path="shop.parquet", by="id")
