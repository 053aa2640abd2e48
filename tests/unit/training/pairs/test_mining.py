from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import EncoderMismatch, SourceError
from core.items import ImageSource
from encoders.bundle import BundleEncoder
from qdrant.exact import ExactStore
from qdrant.store import JOINT, Point
from tests.loads import new_generation
from tests.pictures import picture
from tests.shops import COLOURS, build_one, jpeg, shop_rows, write_shop
from training.pairs.catalog_mining import Mining, mine_catalog
from training.pairs.mined_file import read_facts, read_mined
from training.pairs.mining import MiningOptions, MiningQuery, MiningReport, mine
from training.pairs.place import Place
from training.pairs.searcher import ExactSearcher, IndexSearcher
from training.pairs.source import FixedPairs


def mined(
    folder: Path, encoder: BundleEncoder, generation: Any = None, **options: Any
) -> MiningReport:
    catalog = {"path": "shop.parquet", "texts": "colour"}
    catalog |= options.pop("catalog", {})
    settings = Mining.model_validate(
        {"catalog": catalog, "to": "mined.parquet", "options": {"margin": 0.0, **options}}
    )
    return mine_catalog(settings, Place(folder, folder / "cache"), encoder, generation)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_shop(tmp_path / "shop.parquet")
    return tmp_path


def test_negatives_are_of_another_text_and_below_the_right_item(
    folder: Path, tiny_encoder: BundleEncoder
) -> None:
    report = mined(folder, tiny_encoder)
    colour = dict(zip(shop_rows()["id"], shop_rows()["colour"], strict=True))
    rows = read_mined(folder / "mined.parquet")
    assert report.queries == len(rows) > 0
    for row in rows:
        assert row.query == colour[row.positive]
        assert row.negatives
        assert all(colour[found.id] != row.query for found in row.negatives)
        assert all(found.score <= row.score for found in row.negatives)
        scores = [found.score for found in row.negatives]
        assert scores == sorted(scores, reverse=True)


def test_the_margin_keeps_near_answers_out(folder: Path, tiny_encoder: BundleEncoder) -> None:
    mined(folder, tiny_encoder, margin=0.1)
    for row in read_mined(folder / "mined.parquet"):
        assert all(found.score <= row.score - 0.1 + 1e-6 for found in row.negatives)


def test_a_margin_that_nothing_keeps_leaves_queries_out(
    folder: Path, tiny_encoder: BundleEncoder
) -> None:
    report = mined(folder, tiny_encoder, margin=2.0)
    assert (report.queries, report.without) == (0, 24)
    assert report.refused["margin"] > 0


def test_items_of_the_same_product_are_no_negatives(
    folder: Path, tiny_encoder: BundleEncoder
) -> None:
    mined(folder, tiny_encoder, catalog={"texts": "title", "product": "brand"}, count=24)
    brand = dict(zip(shop_rows()["id"], shop_rows()["brand"], strict=True))
    for row in read_mined(folder / "mined.parquet"):
        assert brand[row.positive] not in {brand[found.id] for found in row.negatives}


def test_only_the_window_of_ranks_is_looked_at(folder: Path, tiny_encoder: BundleEncoder) -> None:
    mined(folder, tiny_encoder, count=24)
    everything = {
        row.positive: [found.id for found in row.negatives]
        for row in read_mined(folder / "mined.parquet")
    }
    mined(folder, tiny_encoder, ranks=[1, 8], count=24)
    for row in read_mined(folder / "mined.parquet"):
        found = [negative.id for negative in row.negatives]
        assert found == everything[row.positive][: len(found)]
        assert len(row.negatives) <= 8


@pytest.mark.parametrize("pick", ["hardest", "random"])
def test_the_same_seed_writes_the_same_negatives(
    folder: Path, tiny_encoder: BundleEncoder, pick: str
) -> None:
    mined(folder, tiny_encoder, pick=pick, count=3, seed=4)
    first = read_mined(folder / "mined.parquet")
    mined(folder, tiny_encoder, pick=pick, count=3, seed=4)
    assert read_mined(folder / "mined.parquet") == first
    mined(folder, tiny_encoder, pick=pick, count=3, seed=5)
    assert (read_mined(folder / "mined.parquet") == first) == (pick == "hardest")


def test_a_collection_gives_the_same_as_all_vectors(
    folder: Path, tiny_encoder: BundleEncoder
) -> None:
    mined(folder, tiny_encoder)
    expected = read_mined(folder / "mined.parquet")
    generation = new_generation(tiny_encoder)
    pictures = [picture(COLOURS[number % 4], seed=number) for number in range(24)]
    vectors = tiny_encoder.encode_images(pictures)
    generation.upsert([Point(f"i{n}", {JOINT: vectors[n]}, {"id": f"i{n}"}) for n in range(24)])
    mined(folder, tiny_encoder, generation)
    found = read_mined(folder / "mined.parquet")
    assert [row.positive for row in found] == [row.positive for row in expected]
    for row, other in zip(found, expected, strict=True):
        assert row.score == pytest.approx(other.score, abs=0.02)  # JPEG against PNG


def test_a_collection_of_another_encoder_is_refused(
    folder: Path, tiny_encoder: BundleEncoder
) -> None:
    config = replace(new_generation(tiny_encoder).config, fingerprint="another")
    with pytest.raises(EncoderMismatch):
        mined(folder, tiny_encoder, ExactStore().create("things", config))


def test_items_that_are_not_in_the_collection_are_named(
    folder: Path, tiny_encoder: BundleEncoder
) -> None:
    report = mined(folder, tiny_encoder, new_generation(tiny_encoder))
    assert len(report.skips) == 24
    assert report.skips[0].name == "i0"


def test_held_out_items_are_not_mined(folder: Path, tiny_encoder: BundleEncoder) -> None:
    split = {"by": "brand", "share": 0.4}
    mined(folder, tiny_encoder, catalog={"split": split}, count=24)
    rows = read_mined(folder / "mined.parquet")
    mined_ids = {found.id for row in rows for found in row.negatives} | {r.positive for r in rows}
    built = build_one(folder, kind="augmented", path="shop.parquet", split=split)
    ids = dict(zip(shop_rows()["image"], shop_rows()["id"], strict=True))
    train = {
        ids[pair.positive.data]
        for pair in FixedPairs(built.source)
        if isinstance(pair.positive, ImageSource)
    }
    assert mined_ids <= train


def test_the_file_tells_what_made_it(folder: Path, tiny_encoder: BundleEncoder) -> None:
    mined(folder, tiny_encoder, count=3)
    facts = read_facts(folder / "mined.parquet")
    assert facts["fingerprint"] == tiny_encoder.fingerprint
    assert facts["count"] == 3


def test_mined_pairs_come_with_their_hard_negatives(
    folder: Path, tiny_encoder: BundleEncoder
) -> None:
    mined(folder, tiny_encoder)
    built = build_one(folder, kind="mined", path="shop.parquet", pairs="mined.parquet", negatives=2)
    colour = dict(zip(shop_rows()["image"], shop_rows()["colour"], strict=True))
    for pair in FixedPairs(built.source):
        assert len(pair.negatives) == 2
        assert isinstance(pair.positive, ImageSource)
        assert colour[pair.positive.data] == pair.anchor
        assert pair.anchor not in {colour[negative.data] for negative in pair.negatives}


def test_queries_may_be_images(folder: Path, tiny_encoder: BundleEncoder) -> None:
    sides = [
        ImageSource(data=jpeg("red", 50)),
        ImageSource(path=folder / "gone.jpg"),
        ImageSource(path=folder / "blue.jpg"),
    ]
    (folder / "blue.jpg").write_bytes(jpeg("blue", 51))
    queries = [
        MiningQuery(side, item) for side, item in zip(sides, ("red", "red", "blue"), strict=True)
    ]
    items = ("red", "green", "blue")
    searcher = ExactSearcher(items, tiny_encoder.encode_texts(items))
    options = MiningOptions(margin=0, ranks=(1, 2))
    target = folder / "mined.parquet"
    report = mine(
        queries, searcher, tiny_encoder, options, target, keys=lambda item: frozenset({item})
    )
    assert [skip.name for skip in report.skips] == [str(folder / "gone.jpg")]
    red, blue = read_mined(target)
    assert isinstance(red.query, ImageSource)
    assert isinstance(blue.query, ImageSource)
    assert (red.query.data, blue.query.path) == (jpeg("red", 50), folder / "blue.jpg")
    assert {found.id for found in red.negatives} == {"green", "blue"}


def test_items_that_the_catalog_lost_are_passed_over(
    folder: Path, tiny_encoder: BundleEncoder
) -> None:
    mined(folder, tiny_encoder)
    write_shop(folder / "less.parquet", 12)
    built = build_one(folder, kind="mined", path="less.parquet", pairs="mined.parquet")
    assert len(built.source) == 12
    assert {skip.name for skip in built.skips} == {f"i{number}" for number in range(12, 24)}


def test_a_catalog_of_other_items_is_told(folder: Path, tiny_encoder: BundleEncoder) -> None:
    mined(folder, tiny_encoder)
    write_shop(folder / "other.parquet", id=[f"x{number}" for number in range(24)])
    with pytest.raises(SourceError, match="none of the items"):
        build_one(folder, kind="mined", path="other.parquet", pairs="mined.parquet")


def test_a_damaged_file_is_told(folder: Path) -> None:
    (folder / "mined.parquet").write_bytes(b"PAR1")
    with pytest.raises(SourceError, match="no file of mined negatives"):
        build_one(folder, kind="mined", path="shop.parquet", pairs="mined.parquet")


def test_images_that_can_not_be_read_are_named(folder: Path, tiny_encoder: BundleEncoder) -> None:
    write_shop(folder / "shop.parquet", image=[b"nothing", *shop_rows()["image"][1:]])
    report = mined(folder, tiny_encoder)
    assert [skip.name for skip in report.skips] == [f"{folder}/shop.parquet row 1", "i0"]


def test_a_catalog_without_ids_is_told(folder: Path, tiny_encoder: BundleEncoder) -> None:
    write_shop(folder / "shop.parquet", id=None)
    with pytest.raises(SourceError, match="an id"):
        mined(folder, tiny_encoder)


def test_a_file_of_something_else_is_told(folder: Path) -> None:
    with pytest.raises(SourceError, match="no column 'query'"):
        build_one(folder, kind="mined", path="shop.parquet", pairs="shop.parquet")


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 99))
def test_exact_search_finds_what_sorting_finds(count: int, limit: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.integers(-1, 2, (count, 3)).astype(np.float32)  # many ties
    ids = [f"{number:03}" for number in random.permutation(count)]
    query = random.normal(size=3).astype(np.float32)
    scores = vectors @ query
    expected = sorted(range(count), key=lambda place: (-scores[place], ids[place]))[:limit]
    found = ExactSearcher(ids, vectors).nearest(query, limit)
    assert [one.id for one in found] == [ids[place] for place in expected]


def test_an_index_searcher_knows_the_score_of_an_item(tiny_encoder: BundleEncoder) -> None:
    generation = new_generation(tiny_encoder)
    vector = tiny_encoder.encode_texts(["red"])[0]
    generation.upsert([Point("a", {JOINT: vector}, {"id": "a"})])
    searcher = IndexSearcher(generation, exact=True)
    assert searcher.score(vector, "a") == pytest.approx(1)
    assert searcher.score(vector, "b") is None
    assert [found.id for found in searcher.nearest(vector, 5)] == ["a"]
