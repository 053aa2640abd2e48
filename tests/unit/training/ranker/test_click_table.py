"""Click rates and grades that do not hang on positions."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from training.pairs.log_settings import LogReading, Propensities
from training.ranker.click_rates import click_table

GIVEN = LogReading(propensities=Propensities(estimator="given", values=(1.0, 0.5)))


def log_of(path: Path, *pages: tuple[str, list[str], set[str]]) -> Path:
    """Pages: the query, the items shown in order, those clicked."""
    events = [
        {"query_id": f"p{at}", "query": query, "item": item, "position": place, "action": action}
        for at, (query, items, clicked) in enumerate(pages)
        for place, item in enumerate(items, start=1)
        for action in ("impression", *(["click"] if item in clicked else []))
    ]
    pq.write_table(pa.Table.from_pylist(events), path)
    return path


def test_a_click_further_down_counts_more(tmp_path: Path) -> None:
    pages = [("red", ["a", "b"], {"a"}), ("red", ["a", "b"], {"b"})] * 20
    table = click_table(log_of(tmp_path / "log.parquet", *pages), GIVEN)
    rates = table.rates(["a", "b", "c"])
    assert set(rates) == {"a", "b"}
    assert rates["b"] > rates["a"]
    assert table.grades("red") == {"a": 2.0, "b": 3.0}
    assert table.queries == ["red"]


def test_few_clicks_say_little(tmp_path: Path) -> None:
    pages = [("red", ["a"], {"a"})] + [("red", ["b"], set())] * 99
    rates = click_table(log_of(tmp_path / "log.parquet", *pages), GIVEN).rates(["a"])
    assert 0.01 < rates["a"] < 0.1


def test_what_a_query_clicked_itself_can_be_left_out(tmp_path: Path) -> None:
    pages = [("red", ["a"], {"a"})] * 50 + [("blue", ["a"], set())] * 50
    table = click_table(log_of(tmp_path / "log.parquet", *pages), GIVEN)
    assert table.rates(["a"], without="red")["a"] < 0.2 < table.rates(["a"])["a"]
    once = click_table(log_of(tmp_path / "once.parquet", ("red", ["a"], {"a"})), GIVEN)
    assert once.rates(["a"], without="red") == {}
    assert once.rates(["a"])["a"] == pytest.approx(1.0)


def test_judgments_need_support_and_tell_what_nobody_wanted(tmp_path: Path) -> None:
    pages = [("red", ["a", "b"], {"a"})] * 4 + [("red", ["c", "b"], {"c"})]
    table = click_table(log_of(tmp_path / "log.parquet", *pages), GIVEN)
    assert table.judged(support=4) == {"red": {"a": 3.0, "b": 0.0}}
    assert table.judged(support=9) == {}
