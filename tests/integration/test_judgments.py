"""Judgments over HTTP and from the command line, up to an evaluation and a training with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from app.judging.book import JudgmentBook
from app.keys.key import Role
from app.reembedding.comparing import asked_from
from tests.integration.command import Run
from tests.integration.conftest import Live, Serving, base64_picture
from tests.shops import build_one
from tests.towers import COLOURS

WORDS = {"aspects": {"joint": 1.0, "lexical": 2.0}}


@contextmanager
def desk_of(start: Serving, data: Path) -> Iterator[Live]:
    """A service with a collection of three items, one of them private."""
    with start(data, store="memory", http__poll_seconds=3600) as running:
        assert running.ask("PUT", "/shop", {}).status_code == 201
        items = [{"id": name, "image": base64_picture(name)} for name in ("red", "blue")]
        items.append({"id": "hidden", "image": base64_picture("pink"), "visibility": "private"})
        assert running.ask("POST", "/shop/items", {"items": items}).json()["indexed"] == 3
        yield running


@pytest.fixture
def desk(start: Serving, tmp_path: Path) -> Iterator[Live]:
    """A service of a test's own."""
    with desk_of(start, tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def blank(start: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One for all tests that leave no judgment."""
    with desk_of(start, tmp_path_factory.mktemp("blank")) as running:
        yield running


def say(live: Live, headers: dict[str, str] | None = None, **said: Any) -> httpx.Response:
    body = {"collection": "shop", "query": "red shoe", "judge": "ada", **said}
    return live.client.post("/v1/judgments", json=body, headers=headers)


def test_grades_and_a_preference_are_recorded_and_replaced(desk: Live) -> None:
    said = {"rankings": [{}, WORDS], "swapped": True}
    first = say(desk, grades={"red": 3, "blue": 1}, preferred="second", **said)
    assert first.json() == {"graded": 2, "preferred": "second"}
    assert say(desk, grades={"blue": 0}, preferred="tie", **said).status_code == 200
    found = desk.client.get("/v1/judgments", params={"collection": "shop", "judge": "ada"}).json()
    assert [(one["item"], one["grade"]) for one in found["judgments"]] == [("blue", 0), ("red", 3)]
    assert not found["more"]
    other = desk.client.get("/v1/judgments", params={"collection": "shop", "judge": "bob"}).json()
    assert other["judgments"] == []
    (kept,) = JudgmentBook(desk.wiring.database).preferences("shop")
    assert (kept.preferred, kept.first, kept.second) == ("tie", WORDS, {})
    assert kept.swapped is False  # the first by its text is the one with words: it stood left


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"grades": {"red": 4}}, "grades.red"),
        ({"grades": {"red": True}}, "grades.red"),
        ({"grades": {"gone": 1}}, "grades"),
        ({"grades": {"hidden": 1}}, "grades"),
        ({"grades": {"red": 1}, "judge": "  "}, "judge"),
        ({"grades": {"red": 1}, "judge": "a\x00"}, "judge"),
        ({"grades": {"red": 1}, "query": " "}, "query"),
        ({}, "grades"),
        ({"preferred": "tie"}, "rankings"),
        ({"preferred": "tie", "rankings": [{}, {"aspects": {"smell": 1}}]}, "aspects"),
        ({"preferred": "left", "rankings": [{}, {}]}, "preferred"),
    ],
)
def test_what_can_not_be_judged_is_refused_and_nothing_is_kept(
    blank: Live, said: dict[str, Any], field: str
) -> None:
    answer = say(blank, **said)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert JudgmentBook(blank.wiring.database).grades() == []


def test_an_unknown_collection_is_told(blank: Live) -> None:
    assert say(blank, collection="nowhere", grades={"red": 1}).status_code == 404


def test_judging_takes_a_key_that_may_write_to_the_collection(
    start: Serving, tmp_path: Path
) -> None:
    with start(tmp_path, store="memory", require_key=True, http__poll_seconds=3600) as running:
        for role, limits, status in (
            (Role.READ, None, 403),
            (Role.WRITE, ["other"], 403),
            (Role.WRITE, ["shop"], 404),  # it may; there is no such collection yet
        ):
            _, text = running.wiring.keys().create("judge", role, collections=limits)
            running.wiring.watch.refresh()
            headers = {"Authorization": f"Bearer {text}"}
            assert say(running, headers, grades={"red": 1}).status_code == status
            listed = running.client.get("/v1/judgments?collection=shop", headers=headers)
            assert listed.status_code == (200 if status == 404 else 403)


@pytest.fixture
def judged(loaded: Run, tmp_path: Path, start: Serving) -> Run:
    """The collection 'things', in which each colour was asked for and judged by two."""
    with start(tmp_path / "data") as running:
        for colour in COLOURS:
            right = f"{colour[0]}/{colour}_thing.png"
            wrong = "r/red_thing.png" if colour != "red" else "b/blue_thing.png"
            for judge, grade in (("ada", 3), ("bob", 2)):
                answer = say(
                    running,
                    collection="things",
                    query=f"{colour} thing",
                    judge=judge,
                    grades={right: grade, wrong: 0},
                    rankings=[{}, WORDS],
                    preferred="second" if judge == "ada" or colour < "h" else "tie",
                )
                assert answer.status_code == 200, answer.text
    return loaded


def test_judgments_are_exported_evaluated_and_trained_from(judged: Run, tmp_path: Path) -> None:
    ran = judged(
        "binocle judgments export --collection things --out qrels.tsv --queries queries.tsv"
    )
    assert ran.code == 0, ran.err
    assert "24 judgments of 12 queries" in ran.err
    rows = ["id,image,title"] + [
        f"{c[0]}/{c}_thing.png,pictures/{c[0]}/{c}_thing.png,{c}" for c in COLOURS
    ]
    (tmp_path / "catalog.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "set.yaml").write_text(
        "name: judged\nitems: {source: catalog.csv}\nks: [1]\ntasks:\n"
        "  - {kind: judged, name: searches, queries: queries.tsv, qrels: qrels.tsv}\n"
    )
    evaluated = judged("binocle eval set.yaml --json -")
    assert evaluated.code == 0, evaluated.err
    asked = asked_from(tmp_path / "queries.tsv", tmp_path / "qrels.tsv")
    assert asked is not None
    assert set(asked.texts) == {f"{colour} thing" for colour in COLOURS}
    (searches,) = evaluated.json["evaluations"]
    assert searches["metrics"]["recall@1"]["value"] == 1.0
    trained = build_one(tmp_path, kind="judgments", path="catalog.csv", qrels="qrels.tsv")
    pair = trained.source.pair(0, np.random.default_rng(0))
    assert len(trained.source) == len(COLOURS)
    assert (pair.anchor, pair.weight, len(pair.negatives)) == ("black thing", 1.0, 1)


def test_a_summary_tells_preferences_and_agreement(judged: Run) -> None:
    told = judged("binocle judgments summary --collection things --json").json
    (pair,) = told["preferences"]
    assert (pair["first"], pair["second"]) == (WORDS, {})
    assert (pair["wins"], pair["losses"], pair["ties"]) == (6, 0, 6)
    assert pair["p"] == pytest.approx(2 * 0.5**6)
    assert told["grades"]["by_several"] == 24
    assert told["grades"]["equal"] == 0.5
    assert 0.8 < told["grades"]["alpha"] < 1
    shown = judged("binocle judgments summary --collection things").out
    assert "Krippendorff's alpha" in shown
    assert "as usual" in shown
    one = judged("binocle judgments summary --collection things --judge ada --json").json
    assert one["grades"]["by_several"] == 0
    assert "36 judgments of 'bob' are gone" in judged("binocle judgments forget bob").out
    assert judged("binocle judgments forget bob").code == 2


def test_an_export_of_nothing_says_where_to_judge(loaded: Run) -> None:
    ran = loaded("binocle judgments export --collection things")
    assert ran.code == 2
    assert "/judge" in ran.err
    assert "Nothing was judged" in loaded("binocle judgments summary --collection things").out
