from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SettingsError
from tests.shops import build_one, shop_rows, write_shop
from training.pairs.catalog_settings import Split
from training.pairs.settings import DataSettings
from training.pairs.shelf import is_held_out
from training.pairs.source import FixedPairs, held_out

SPLIT = {"by": "brand", "share": 0.4}
KINDS: list[dict[str, Any]] = [
    {"kind": "captions"},
    {"kind": "labels", "templates": ["{colour} {kind}"]},
    {"kind": "augmented"},
    {"kind": "shared", "by": "brand"},
]


@pytest.mark.parametrize("settings", KINDS, ids=lambda settings: settings["kind"])
def test_no_group_is_on_both_sides(tmp_path: Path, settings: dict[str, Any]) -> None:
    write_shop(tmp_path / "x.parquet", 40)
    built = build_one(tmp_path, path="x.parquet", split=SPLIT, product="brand", **settings)
    train = {pair.product for pair in FixedPairs(built.source)}
    held = {pair.product for pair in held_out(built)}
    assert train
    assert held
    assert not train & held
    assert len(train | held) == 20


@settings(deadline=None)
@given(st.lists(st.text(max_size=5), max_size=30), st.integers(0, 9))
def test_a_group_stays_on_its_side_whatever_is_around_it(values: list[str], seed: int) -> None:
    split = Split(by="x", share=0.5, seed=seed)
    together = is_held_out(values, split).tolist()
    assert together == [bool(is_held_out([value], split)[0]) for value in values]


def test_the_share_of_groups_is_about_as_asked() -> None:
    held = is_held_out([f"group {number}" for number in range(4000)], Split(by="x", share=0.1))
    assert held.mean() == pytest.approx(0.1, abs=0.02)


def test_spelling_does_not_move_a_group() -> None:
    split = Split(by="x", share=0.5)
    for number in range(30):
        assert len(set(is_held_out([f"Brand {number}", f" brand  {number}"], split))) == 1


def test_rows_without_a_group_are_trained_on() -> None:
    assert not is_held_out(["", " "], Split(by="x", share=0.99)).any()


def test_held_out_pairs_are_the_same_at_every_call(tmp_path: Path) -> None:
    write_shop(tmp_path / "x.parquet", 40)
    settings = {"kind": "labels", "templates": ["{colour}", "{kind}", "{colour} {kind}"]}
    built = build_one(
        tmp_path, path="x.parquet", split=SPLIT, augmentation={"crop": [0.5, 1]}, **settings
    )
    pairs = held_out(built)
    assert list(pairs) == list(held_out(built)) == pairs[:]
    assert all(pair.views is None for pair in pairs)
    assert pairs[-1] == pairs[len(pairs) - 1]


def test_a_source_without_a_split_holds_nothing_out(tmp_path: Path) -> None:
    write_shop(tmp_path / "x.parquet")
    built = build_one(tmp_path, kind="captions", path="x.parquet")
    assert len(held_out(built)) == 0
    assert len(built.source) == len(shop_rows()["id"])


def test_a_split_of_too_few_groups_is_told(tmp_path: Path) -> None:
    write_shop(tmp_path / "x.parquet", colour=["red"] * 24)
    with pytest.raises(SettingsError, match="few groups"):
        build_one(tmp_path, kind="captions", path="x.parquet", split={"by": "colour"})


def test_two_sources_of_one_file_have_to_split_it_alike() -> None:
    sources = [
        {"kind": "captions", "path": "x.csv", "split": SPLIT},
        {"kind": "augmented", "path": "./x.csv"},
    ]
    with pytest.raises(ValueError, match="split it differently"):
        DataSettings.model_validate({"sources": sources})
