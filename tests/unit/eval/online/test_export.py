from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SourceError
from core.interactions import Visit
from eval.online.export import SCHEMA, export
from eval.online.files import InteractionFiles
from tests.shops import build_one, shop_rows, write_shop
from tests.visits import START, visit
from training.pairs.log_settings import LogColumns
from training.pairs.source import FixedPairs

DAY = 24 * 3600.0
events = st.tuples(
    st.text(min_size=1, max_size=5).filter(str.isprintable),
    st.sampled_from(["impression", "click", "buy"]),
    st.floats(0, 1000),
    st.none() | st.integers(1, 100),
    st.just(None),
    st.none() | st.floats(-1e6, 1e6),
)
asked = st.fixed_dictionaries(
    {},
    optional={
        "text": st.text(max_size=10),
        "kind": st.sampled_from(["text", "image", "browse"]),
        "collection": st.sampled_from(["shop", "other"]),
        "user": st.none() | st.just("u"),
        "variants": st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
        "sources": st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
        "randomised": st.booleans(),
        "latency_ms": st.none() | st.floats(0, 1e3),
        "found": st.integers(0, 50),
    },
)
made_visits = st.lists(
    st.tuples(st.floats(0, 3 * DAY), st.lists(events, max_size=4), asked), max_size=8
)


@given(made_visits)
def test_what_is_written_reads_back(
    tmp_path_factory: pytest.TempPathFactory, made: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("log")
    ordered = sorted(made, key=lambda each: each[0])
    visits = [visit(round(at, 3), *some, **told) for at, some, told in ordered]
    done = export(visits, folder)
    assert (done.searches, done.events) == (len(visits), sum(len(v.events) for v in visits))
    if not visits:
        return
    found = InteractionFiles(folder).visits()
    assert sorted(found, key=_id) == sorted(visits, key=_id)
    shop = [each for each in visits if each.asked.collection == "shop"]
    assert list(InteractionFiles(folder).visits("shop")) == shop


def _id(each: Visit) -> str:
    return each.asked.query_id


def test_days_and_collections_have_files_of_their_own(tmp_path: Path) -> None:
    made = [visit(0), visit(1, collection="other"), visit(DAY)]
    assert export(made, tmp_path).files == 3
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.parquet")) == [
        "collection=other/day=2026-05-01/events.parquet",
        "collection=shop/day=2026-05-01/events.parquet",
        "collection=shop/day=2026-05-02/events.parquet",
    ]
    table = ds.dataset(tmp_path, partitioning="hive").to_table()
    assert set(table.column("collection").to_pylist()) == {"shop", "other"}


def test_a_day_that_is_written_again_is_replaced(tmp_path: Path) -> None:
    export([visit(0), visit(1)], tmp_path)
    export([visit(2)], tmp_path)
    assert len(list(InteractionFiles(tmp_path).visits())) == 1


def test_what_breaks_off_leaves_no_half_file(tmp_path: Path) -> None:
    def breaking() -> Any:
        yield visit(0)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        export(breaking(), tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_span_of_files_can_be_read(tmp_path: Path) -> None:
    export([visit(at) for at in range(4)], tmp_path)
    since, until = START + timedelta(seconds=1), START + timedelta(seconds=3)
    assert len(list(InteractionFiles(tmp_path).visits(since=since, until=until))) == 2


def test_a_folder_without_events_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no exported events"):
        list(InteractionFiles(tmp_path).visits())


def test_a_file_of_something_else_is_told(tmp_path: Path) -> None:
    path = tmp_path / "collection=shop" / "day=2026-05-01" / "events.parquet"
    path.parent.mkdir(parents=True)
    path.write_text("nothing")
    with pytest.raises(SourceError, match="can't be read as exported events"):
        list(InteractionFiles(tmp_path).visits())


def test_the_columns_are_those_that_training_reads() -> None:
    assert set(LogColumns().model_dump().values()) <= set(SCHEMA.names)


def test_training_pairs_are_built_from_an_export(tmp_path: Path) -> None:
    write_shop(tmp_path / "shop.parquet")
    shown = [(f"i{at}", "impression", 0.0, at + 1) for at in range(3)]
    clicked = ("i2", "click", 4.0, 3)
    export([visit(0, *shown, clicked, text="hat"), visit(1, *shown, text="shoe")], tmp_path)
    (path,) = tmp_path.rglob("events.parquet")
    settings = {"propensities": {"estimator": "given", "values": [1.0]}}
    built = build_one(tmp_path, kind="clicks", path="shop.parquet", log=str(path), **settings)
    (pair,) = FixedPairs(built.source)
    assert pair.anchor == "hat"
    images = shop_rows()["image"]
    assert pair.positive.data == images[2]
    assert {each.data for each in pair.negatives} == {images[0], images[1]}


def test_query_images_that_were_kept_are_named(tmp_path: Path) -> None:
    export([visit(0, kind="image", text="", image="ab")], tmp_path, picture=lambda d: f"/x/{d}")
    (path,) = tmp_path.rglob("events.parquet")
    assert pq.read_table(path).column("query_image").to_pylist() == ["/x/ab"]
