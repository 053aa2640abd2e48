"""binocle eval online, as a person types it."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from database.address import address_of
from database.engine import Database
from tests.integration.command import Run
from tests.visits import record, visit

DAY = 24 * 3600.0


@pytest.fixture
def recorded(run: Run, tmp_path: Path) -> Run:
    """Thirty people over three days, of whom those in variant b click more."""
    database = Database(address_of(None, tmp_path / "data"))
    made = []
    for person in range(30):
        variant = "ab"[person % 2]
        shown = [(f"i{at}", "impression", 0.1, at + 1) for at in range(3)]
        clicked = [("i1", "click", 5.0, 2)] if variant == "b" or person % 6 == 0 else []
        made.append(
            visit(
                DAY * (person % 3) + person,
                *shown,
                *clicked,
                session=f"s{person}",
                variants={"ranking": variant},
                kind="image" if person % 5 == 0 else "text",
            )
        )
    record(database, made, "Mozilla/5.0")
    database.close()
    return run


def test_figures_by_day_kind_and_variant_are_told(recorded: Run, tmp_path: Path) -> None:
    document = recorded("binocle eval online --json").json
    assert document["whole"]["searches"] == document["whole"]["people"] == 30
    assert document["whole"]["figures"]["click_rate"]["value"] == pytest.approx(20 / 30)
    assert [group["value"] for group in document["groups"]["day"]] == [
        "2026-05-01",
        "2026-05-02",
        "2026-05-03",
    ]
    a, b = document["groups"]["variant"]
    assert (a["value"], b["value"]) == ("ranking: a", "ranking: b")
    assert a["figures"]["click_rate"]["high"] < b["figures"]["click_rate"]["low"] + 0.5
    told = recorded("binocle eval online --collection shop --by kind")
    assert "30 searches of 30 people in shop" in told.out
    assert "image" in told.out
    assert "By day" not in told.out


def test_searches_that_are_left_out_are_told(recorded: Run, tmp_path: Path) -> None:
    database = Database(address_of(None, tmp_path / "data"))
    record(database, [visit(at) for at in range(3)], "curl/8.5")
    database.close()
    assert "Searches of bots left out: 3 by name" in recorded("binocle eval online").out
    assert "left out: 3 by name" in recorded("binocle events export --to log").err
    everything = recorded("binocle eval online --everything --json").json
    assert everything["whole"]["searches"] == 33
    assert everything["left_out"] == {}


def test_a_span_and_files_can_be_measured(recorded: Run) -> None:
    one_day = "--since 2026-05-02 --until 2026-05-03"
    assert recorded(f"binocle eval online --json {one_day}").json["whole"]["searches"] == 10
    assert recorded("binocle events export --to log").code == 0
    from_files = recorded(f"binocle eval online --json --files log {one_day}").json
    from_log = recorded(f"binocle eval online --json {one_day}").json
    assert from_files["whole"] == from_log["whole"]


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)


def test_the_report_is_one_page_with_plots(recorded: Run, tmp_path: Path) -> None:
    ran = recorded("binocle eval online --html report.html")
    assert ran.code == 0, ran.err
    text = (tmp_path / "report.html").read_text()
    page = Page(text)
    assert page.seen.count("svg") == 15
    assert "script" not in page.seen
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "ranking: b" in text


def test_wrong_use_is_told(run: Run) -> None:
    ran = run("binocle eval online --by moon")
    assert ran.code == 2
    assert "Use day, collection, kind, variant, client." in ran.err


def test_an_empty_record_has_no_figures(run: Run) -> None:
    assert "0 searches of 0 people" in run("binocle eval online").out
