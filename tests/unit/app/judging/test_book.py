"""Judgments in a database, and the files that are written of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.judging.book import JudgmentBook
from app.judging.judgment import Grade, Preference, Preferred, ordered, query_id
from app.judging.qrels_file import Judged, settled, write_qrels, write_queries
from core.errors import InvalidRequest
from database.address import address_of
from database.engine import Database
from eval.retrieval.qrels import read_qrels
from tests.postgres import Postgres

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JudgmentBook]:
    text = None
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        text = server.create(f"judged_{tmp_path.name.lower().replace('-', '_')}")
    database = Database(address_of(text, tmp_path))
    yield JudgmentBook(database)
    database.close()


def grade(query: str = "red", item: str = "a", judge: str = "ada", value: int = 2) -> Grade:
    return Grade("shop", query, item, judge, value, NOW, ({}, {"aspects": {"joint": 1.0}}))


def test_a_later_word_of_the_same_judge_replaces_the_earlier(book: JudgmentBook) -> None:
    book.record([grade(value=1), grade(judge="bob", value=0), grade(item="b")])
    book.record([grade(value=3)])
    assert book.grades("shop") == [grade(value=3), grade(judge="bob", value=0), grade(item="b")]
    assert book.grades("shop", judges=["bob"]) == [grade(judge="bob", value=0)]
    assert book.grades("shop", query=" red ") == book.grades("shop")
    assert book.grades("elsewhere") == []


def test_a_preference_is_kept_once_for_a_pair_of_rankings(book: JudgmentBook) -> None:
    words = {"aspects": {"lexical": 1.0}}
    one = Preference("shop", "red", "ada", words, {}, "first", True, NOW)
    book.record([], one)
    book.record([], Preference("shop", "red", "ada", words, {}, "tie", False, NOW))
    book.record([], Preference("shop", "red", "ada", {"collapse": True}, {}, "tie", False, NOW))
    found = book.preferences("shop")
    assert len(found) == 2
    assert {(str(dict(each.first)), each.preferred) for each in found} == {
        ("{'aspects': {'lexical': 1.0}}", "tie"),
        ("{'collapse': True}", "tie"),
    }


def test_all_that_a_judge_said_can_be_forgotten(book: JudgmentBook) -> None:
    liked = Preference("shop", "red", "ada", {}, {"collapse": True}, "first", False, NOW)
    book.record([grade(), grade(item="b"), grade(judge="bob")], liked)
    assert book.forget("ada") == 3
    assert book.forget("ada") == 0
    assert book.grades() == [grade(judge="bob")]
    assert book.preferences() == []


def test_nothing_is_read_where_there_is_no_database(tmp_path: Path) -> None:
    book = JudgmentBook(Database(address_of(None, tmp_path / "new")))
    assert book.grades() == []
    assert book.forget("ada") == 0
    assert not (tmp_path / "new").exists()


@given(st.sampled_from(["first", "second", "tie"]), st.booleans())
def test_the_order_of_two_rankings_does_not_matter(preferred: Preferred, swapped: bool) -> None:
    turned: dict[Preferred, Preferred] = {"first": "second", "second": "first", "tie": "tie"}
    one, other = {"diversity": 0.5}, {"collapse": False}
    assert ordered(one, other, preferred, swapped=swapped) == ordered(
        other, one, turned[preferred], swapped=not swapped
    )


def test_the_grade_of_several_judges_is_the_lower_median() -> None:
    grades = [
        grade(judge=name, value=value) for name, value in zip("abcd", [0, 1, 3, 3], strict=True)
    ]
    assert settled(grades) == [Judged("red", "a", 1, 4)]
    assert settled(grades[1:]) == [Judged("red", "a", 3, 3)]


@pytest.mark.parametrize("name", ["q.tsv", "q.csv", "q.jsonl", "q.qrels", "q.trec"])
def test_what_is_written_is_what_evaluation_reads(tmp_path: Path, name: str) -> None:
    judged = [Judged('red "shoe", new', "a|1", 3, 1), Judged("blue", "b", 0, 2)]
    write_qrels(tmp_path / name, judged)
    assert read_qrels(tmp_path / name) == {
        query_id('red "shoe", new'): {"a|1": 3.0},
        query_id("blue"): {"b": 0.0},
    }


def test_what_can_not_be_written_is_refused(tmp_path: Path) -> None:
    spaced = [Judged("red", "my photo.png", 1, 1)]
    with pytest.raises(InvalidRequest, match=r"my photo\.png"):
        write_qrels(tmp_path / "q.qrels", spaced)
    with pytest.raises(InvalidRequest, match="kind of file"):
        write_qrels(tmp_path / "q.xlsx", spaced)
    write_queries(tmp_path / "queries.tsv", spaced)
    assert (tmp_path / "queries.tsv").read_text() == f"query_id\ttext\n{query_id('red')}\tred\n"
