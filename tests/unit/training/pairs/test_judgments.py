import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import SettingsError, SourceError
from core.items import ImageSource
from tests.shops import build_one, jpeg, shop_rows, write_shop
from training.pairs.pair import Pair
from training.pairs.source import Built, FixedPairs, held_out

TABLE = {
    "query": ["red hat", "red hat", "red hat", "blue shoe", "blue shoe", "nothing"],
    "item": ["i0", "i4", "i1", "i2", "i3", "i5"],
    "grade": [2, 1, 0, 2, 0, 0],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_shop(tmp_path / "shop.parquet")
    return tmp_path


def judged(folder: Path, qrels: str, **settings: Any) -> Built:
    return build_one(folder, kind="judgments", path="shop.parquet", qrels=qrels, **settings)


def write_table(path: Path, table: Mapping[str, list[Any]]) -> None:
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    if path.suffix == ".parquet":
        pq.write_table(pa.table(dict(table)), path)
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(json.dumps(row) for row in rows))
    else:
        mark = "\t" if path.suffix == ".tsv" else ","
        lines = [mark.join(table), *(mark.join(str(x) for x in row.values()) for row in rows)]
        path.write_text("\n".join(lines))


def told(pairs: list[Pair]) -> set[tuple[Any, str, float, frozenset[str]]]:
    """Query, item, weight and negatives' items of each pair."""
    ids = dict(zip(shop_rows()["image"], shop_rows()["id"], strict=True))
    return {
        (
            pair.anchor,
            ids[pair.positive.data],
            pair.weight,
            frozenset(ids[negative.data] for negative in pair.negatives),
        )
        for pair in pairs
        if isinstance(pair.positive, ImageSource)
    }


EXPECTED = {
    ("red hat", "i0", 1.0, frozenset({"i1"})),
    ("red hat", "i4", 0.5, frozenset({"i1"})),
    ("blue shoe", "i2", 1.0, frozenset({"i3"})),
}


@pytest.mark.parametrize("name", ["qrels.tsv", "qrels.csv", "qrels.jsonl", "qrels.parquet"])
def test_grades_become_weights_and_negatives(folder: Path, name: str) -> None:
    write_table(folder / name, TABLE)
    assert told(list(FixedPairs(judged(folder, name).source))) == EXPECTED


def test_trec_files_take_their_queries_from_another_file(folder: Path) -> None:
    (folder / "qrels.txt").write_text("q1 0 i0 2\nq1 0 i4 1\nq1 0 i1 0\n\nq2 0 i2 2\nq2 0 i3 -1\n")
    (folder / "queries.tsv").write_text("query_id\tquery\nq1\tred hat\nq2\tblue  shoe\n")
    built = judged(folder, "qrels.txt", queries="queries.tsv")
    assert told(list(FixedPairs(built.source))) == EXPECTED


def test_trec_files_without_queries_are_told(folder: Path) -> None:
    (folder / "qrels.txt").write_text("q1 0 i0 2\n")
    with pytest.raises(SourceError, match="'queries'"):
        judged(folder, "qrels.txt")


def test_a_query_may_be_an_image(folder: Path) -> None:
    (folder / "photo.jpg").write_bytes(jpeg("red"))
    table = {"query_image": ["photo.jpg"], "item": ["i0"], "grade": [1]}
    write_table(folder / "qrels.csv", table)
    pair = judged(folder, "qrels.csv").source.pair(0, np.random.default_rng(0))
    assert isinstance(pair.anchor, ImageSource)
    assert pair.anchor.path == folder / "photo.jpg"


def test_weights_by_grade_may_be_given(folder: Path) -> None:
    write_table(folder / "qrels.csv", TABLE)
    built = judged(folder, "qrels.csv", weights={2: 3.0, 1: 0.1})
    assert {pair.weight for pair in FixedPairs(built.source)} == {3.0, 0.1}


def test_a_grade_without_a_given_weight_is_told(folder: Path) -> None:
    write_table(folder / "qrels.csv", TABLE)
    with pytest.raises(SettingsError, match="grade 1"):
        judged(folder, "qrels.csv", weights={2: 3.0})


def test_at_most_so_many_negatives_are_drawn(folder: Path) -> None:
    items = [f"i{number}" for number in range(10)]
    write_table(folder / "q.csv", {"query": ["x"] * 10, "item": items, "grade": [1] + [0] * 9})
    source = judged(folder, "q.csv", negatives=3).source
    drawn = [source.pair(0, np.random.default_rng(seed)).negatives for seed in range(40)]
    assert {len(negatives) for negatives in drawn} == {3}
    assert len({negative for negatives in drawn for negative in negatives}) == 9


def test_unknown_items_and_bad_grades_are_named_and_passed_over(folder: Path) -> None:
    table = {"query": ["a"] * 3, "item": ["i0", "x99", "i1"], "grade": ["1", "1", "good"]}
    write_table(folder / "qrels.csv", table)
    built = judged(folder, "qrels.csv")
    assert len(built.source) == 1
    reasons = [skip.reason for skip in built.skips]
    assert reasons[0].startswith("The item 'x99' is not in")
    assert "'good'" in reasons[1]
    (remark,) = built.remarks
    assert remark.startswith(f"2 rows of {built.source.name} can't be used, such as ")


def test_judgments_of_unknown_queries_are_named(folder: Path) -> None:
    (folder / "qrels.txt").write_text("q1 0 i0 2\nq9 0 i1 2\nq1 0 i2\n")
    (folder / "queries.csv").write_text("query_id,query\nq1,red hat\n")
    skips = judged(folder, "qrels.txt", queries="queries.csv").skips
    assert [skip.reason.split("'")[0] for skip in skips] == [
        "The query ",
        "The row has 3 columns, not four.",
    ]


def test_judgments_of_other_items_only_are_told(folder: Path) -> None:
    write_table(folder / "qrels.csv", {"query": ["a"], "item": ["x"], "grade": [1]})
    with pytest.raises(SourceError, match=r"no judgment to train on.*'x' is not in"):
        judged(folder, "qrels.csv")


def test_a_missing_column_is_told(folder: Path) -> None:
    write_table(folder / "qrels.csv", {"query": ["a"], "item": ["x"], "score": [1]})
    with pytest.raises(SourceError, match="no column 'grade'"):
        judged(folder, "qrels.csv")


def test_malformed_rows_are_named(folder: Path) -> None:
    (folder / "qrels.csv").write_text("query,item,grade\nhat,i0,1\nonly one\n,i1,1\nhat,,1\n")
    built = judged(folder, "qrels.csv")
    assert len(built.source) == 1
    assert [skip.name.rsplit(" ", 1)[-1] for skip in built.skips] == ["3", "4", "5"]


def test_queries_of_a_table_may_be_named_by_ids(folder: Path) -> None:
    table = {"query_id": ["7", "8"], "item": ["i0", "i1"], "grade": [1, 1]}
    write_table(folder / "qrels.csv", table)
    (folder / "queries.jsonl").write_text('{"query_id": 7, "query": "hat"}\n{"query_id": 8}\nx\n')
    built = judged(folder, "qrels.csv", queries="queries.jsonl")
    assert [pair.anchor for pair in FixedPairs(built.source)] == ["hat"]
    assert len(built.skips) == 1


@pytest.mark.parametrize("name", ["gone.txt", "notes.txt"])
def test_a_file_that_is_no_judgments_is_told(folder: Path, name: str) -> None:
    (folder / "notes.txt").write_text("some notes")
    with pytest.raises(SourceError, match=name):
        judged(folder, name)


def test_queries_can_be_held_out(folder: Path) -> None:
    numbers = range(24)
    table = {
        "query": [f"query {number % 12}" for number in numbers],
        "item": [f"i{number}" for number in numbers],
        "grade": [1] * 24,
    }
    write_table(folder / "qrels.csv", table)
    built = judged(folder, "qrels.csv", split={"by": "query", "share": 0.3})
    train = {pair.anchor for pair in FixedPairs(built.source)}
    held = {pair.anchor for pair in held_out(built)}
    assert not train & held
    assert len(train | held) == 12


def test_held_out_items_are_neither_positives_nor_negatives(folder: Path) -> None:
    items = [f"i{number}" for number in range(24)]
    grades = [number % 2 for number in range(24)]
    write_table(folder / "q.csv", {"query": ["x"] * 24, "item": items, "grade": grades})
    built = judged(
        folder, "q.csv", split={"by": "brand", "share": 0.4}, product="brand", negatives=24
    )
    held = {pair.positive for pair in held_out(built)}
    brands = dict(zip(shop_rows()["image"], shop_rows()["brand"], strict=True))
    held_brands = {brands[image.data] for image in held if isinstance(image, ImageSource)}
    for pair in FixedPairs(built.source):
        assert not {brands[image.data] for image in (*pair.images, *pair.negatives)} & held_brands
