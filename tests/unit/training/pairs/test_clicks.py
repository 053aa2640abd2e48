import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import SourceError
from core.items import ImageSource
from tests.shops import build_one, jpeg, shop_rows, write_shop
from training.pairs.source import Built, FixedPairs

GIVEN = {"estimator": "given", "values": [1.0, 0.5, 0.25]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_shop(tmp_path / "shop.parquet")
    return tmp_path


def page(number: int, query: Any, items: Iterable[int], clicked: Iterable[int]) -> list[Any]:
    """Rows of one page: impressions in order, then clicks."""
    shown = list(items)
    time = datetime.datetime(2026, 1, 1 + number % 28)
    events = [(item, "impression") for item in shown] + [(item, "click") for item in clicked]
    return [
        (f"p{number}", query, f"i{item}", shown.index(item) + 1, action, time)
        for item, action in events
    ]


def write_log(path: Path, *pages: list[Any], query: str = "query") -> None:
    names = ("query_id", query, "item", "position", "action", "time")
    columns = zip(*(row for rows in pages for row in rows), strict=True)
    pq.write_table(pa.table(dict(zip(names, map(list, columns), strict=True))), path)


def clicked(folder: Path, **settings: Any) -> Built:
    settings = {"propensities": GIVEN, "log": "log.parquet", **settings}
    return build_one(folder, kind="clicks", path="shop.parquet", **settings)


def told(built: Built) -> dict[tuple[Any, str], tuple[float, set[str]]]:
    ids = dict(zip(shop_rows()["image"], shop_rows()["id"], strict=True))

    def item(image: object) -> str:
        return ids[image.data] if isinstance(image, ImageSource) and image.data else ""

    return {
        (pair.anchor, item(pair.positive)): (pair.weight, {item(one) for one in pair.negatives})
        for pair in FixedPairs(built.source)
    }


def test_clicks_weigh_by_their_positions_propensity(folder: Path) -> None:
    write_log(folder / "log.parquet", page(0, "hat", [0, 1, 2], [0, 2]))
    weights = {key[1]: weight for key, (weight, _) in told(clicked(folder)).items()}
    assert weights["i2"] / weights["i0"] == pytest.approx(4)
    assert np.mean(list(weights.values())) == pytest.approx(1)


def test_weights_are_clipped(folder: Path) -> None:
    write_log(folder / "log.parquet", page(0, "hat", [0, 1, 2], [0, 2]))
    found = told(clicked(folder, propensities={**GIVEN, "clip": 2}))
    assert found["hat", "i2"][0] / found["hat", "i0"][0] == pytest.approx(2)


def test_positions_beyond_the_given_ones_have_the_last_value(folder: Path) -> None:
    write_log(folder / "log.parquet", page(0, "hat", range(6), [2, 5]))
    found = told(clicked(folder))
    assert found["hat", "i2"][0] == found["hat", "i5"][0]


def test_items_skipped_above_a_click_are_its_negatives(folder: Path) -> None:
    write_log(folder / "log.parquet", page(0, "hat", [4, 5, 6, 7], [6, 4]))
    found = told(clicked(folder))
    assert found["hat", "i6"][1] == {"i5"}
    assert found["hat", "i4"][1] == set()


def test_an_item_that_others_clicked_for_the_query_is_no_negative(folder: Path) -> None:
    write_log(
        folder / "log.parquet",
        page(0, "hat", [4, 5, 6], [6]),
        page(1, "hat", [4, 5], [4]),
        page(2, "shoe", [5], [5]),
    )
    assert told(clicked(folder))["hat", "i6"][1] == {"i5"}


def test_a_click_counts_once_a_page_and_again_on_another(folder: Path) -> None:
    twice = page(0, "hat", [0, 1], [1, 1])
    write_log(folder / "log.parquet", twice, page(1, "hat", [0, 1], [1]))
    assert len(clicked(folder).source) == 2


def test_a_click_takes_position_and_query_from_its_impression(folder: Path) -> None:
    click = ("p0", None, "i2", None, "click", None)
    write_log(folder / "log.parquet", [click, *page(0, "hat", [0, 1, 2], [])])
    built = clicked(folder)
    assert told(built)["hat", "i2"][1] == {"i0", "i1"}
    assert len(built.notes) == 1


def test_rare_items_need_support(folder: Path) -> None:
    write_log(
        folder / "log.parquet",
        page(0, "hat", [0, 1], [0]),
        page(1, "hat", [0, 2], [2]),
    )
    assert set(told(clicked(folder, support=2))) == {("hat", "i0")}


def test_events_outside_the_time_are_left_out(folder: Path) -> None:
    write_log(
        folder / "log.parquet", *(page(day, f"query {day}", [day], [day]) for day in range(10))
    )
    built = clicked(folder, since="2026-01-04T00:00:00", until="2026-01-06T00:00:00Z")
    assert {query for query, _ in told(built)} == {"query 3", "query 4"}


def test_a_query_may_be_an_image(folder: Path) -> None:
    photo = jpeg("blue", 99)
    rows = [*page(0, photo, [0], [0]), *page(1, photo, [0, 1], [1])]
    write_log(folder / "log.parquet", rows, query="query_image")
    pairs = list(FixedPairs(clicked(folder).source))
    assert {pair.anchor.data for pair in pairs if isinstance(pair.anchor, ImageSource)} == {photo}
    assert len({pair.anchor for pair in pairs}) == 1


def test_propensities_are_estimated_from_the_log_and_told(folder: Path) -> None:
    random = np.random.default_rng(0)
    pages = []
    for number in range(400):
        shown = random.permutation(4)
        took = [item for k, item in enumerate(shown) if random.random() < 0.8 / (k + 1)]
        pages.append(page(number, f"query {number % 5}", shown, took))
    write_log(folder / "log.parquet", *pages)
    built = clicked(folder, propensities={"estimator": "harvested"})
    values = [float(value) for value in built.notes[0].rstrip(".").split(": ")[1].split(", ")]
    assert values == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4], abs=0.08)


def test_random_pages_have_to_be_marked(folder: Path) -> None:
    write_log(folder / "log.parquet", page(0, "hat", [0], [0]))
    with pytest.raises(SourceError, match="no column 'randomised'"):
        clicked(folder, propensities={"estimator": "randomised"})


def test_unknown_items_and_broken_events_are_counted(folder: Path) -> None:
    broken = [("p9", None, "i1", 1, "click", None), ("p8", "hat", "i1", None, "click", None)]
    write_log(folder / "log.parquet", page(0, "hat", [0, 999], [0, 999]), broken)
    built = clicked(folder)
    assert len(built.source) == 1
    assert "2 events" in built.notes[1]
    assert "1 items" in built.notes[2]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"columns": {"item": "sku"}}, "no column 'sku'"),
        ({"clicks": ["purchase"]}, "no click on an item"),
        ({"clicks": ["buy"], "impressions": ["view"]}, "no event of the actions 'view', 'buy'"),
        ({"support": 5}, "enough support"),
    ],
)
def test_a_log_without_use_is_told(folder: Path, settings: dict[str, Any], reason: str) -> None:
    write_log(folder / "log.parquet", page(0, "hat", [0], [0]))
    with pytest.raises(SourceError, match=reason):
        clicked(folder, **settings)


def test_a_log_in_text_positions_is_told(folder: Path) -> None:
    rows = [("p", "hat", "i0", "top", "click", None)]
    write_log(folder / "log.parquet", rows)
    with pytest.raises(SourceError, match="no whole numbers"):
        clicked(folder)


def test_a_log_that_is_no_parquet_is_told(folder: Path) -> None:
    (folder / "log.parquet").write_text("query,item")
    with pytest.raises(SourceError, match="no Parquet file"):
        clicked(folder)


def test_random_pages_alone_tell_the_propensities(folder: Path) -> None:
    random = np.random.default_rng(0)
    pages = []
    for number in range(400):
        shown = random.permutation(4)
        took = [item for k, item in enumerate(shown) if random.random() < 0.8 / (k + 1)]
        pages.append(page(number, "hat", shown, took))
    pages += [page(number, "hat", range(4), [0]) for number in range(400, 900)]
    write_log(folder / "log.parquet", *pages)
    table = pq.read_table(folder / "log.parquet")
    chance = [int(name[1:]) < 400 for name in table.column("query_id").to_pylist()]
    pq.write_table(table.append_column("randomised", pa.array(chance)), folder / "log.parquet")
    note = clicked(folder, propensities={"estimator": "randomised"}).notes[0]
    values = [float(value) for value in note.rstrip(".").split(": ")[1].split(", ")]
    assert values == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4], abs=0.08)


def test_positions_count_from_one(folder: Path) -> None:
    write_log(folder / "log.parquet", [("p", "hat", "i0", -1, "click", None)])
    with pytest.raises(SourceError, match="count from 1"):
        clicked(folder)


def test_a_log_may_be_a_folder_of_exported_files(folder: Path) -> None:
    for day in (1, 2):
        (folder / "events" / f"day={day}").mkdir(parents=True)
        path = folder / "events" / f"day={day}" / "events.parquet"
        write_log(path, page(day, f"query {day}", [0, 1], [1]))
    (folder / "events" / "day=2" / ".events.parquet").write_text("unfinished")
    built = clicked(folder, log="events")
    assert {query for query, _ in told(built)} == {"query 1", "query 2"}


def test_a_folder_without_a_log_is_told(folder: Path) -> None:
    (folder / "events").mkdir()
    with pytest.raises(SourceError, match="holds no Parquet file"):
        clicked(folder, log="events")


def test_an_item_passed_over_once_may_be_chance(folder: Path) -> None:
    pages = [page(0, "hat", [4, 5, 6], [6]), page(1, "hat", [4, 7, 6], [6])]
    write_log(folder / "log.parquet", *pages, page(2, "hat", [5], []))
    found = [
        {pair.negatives[0].data for pair in FixedPairs(clicked(folder, skips=2).source)},
        [len(pair.negatives) for pair in FixedPairs(clicked(folder).source)],
    ]
    assert found == [{shop_rows()["image"][4]}, [2, 2]]
