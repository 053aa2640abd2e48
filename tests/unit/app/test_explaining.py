"""An explained answer on a terminal of 80 columns."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from app.cli.explaining import show_explained

HIT = {
    "id": "shop/shoes/" + "9" * 70,
    "title": "A [bold] running shoe " * 6,
    "score": 0.41234,
    "relevance": 0.82,
    "alike": 2,
    "group": "acme",
    "explanation": {
        "parts": [0.31, 0.5],
        "aspects": {"joint": {"raw": 0.312, "rank": 3}, "lexical": {"raw": 7.2, "rank": None}},
        "matched": {"title": ["running", "shoe"], "tags": ["shoes"]},
        "changes": [
            {"stage": "ranker", "before": 3, "after": 1, "reason": "learned 0.7"},
            {"stage": "rules", "before": 1, "after": 1, "reason": "stock x 0.1"},
            {"stage": "rules", "before": 0, "after": 1, "reason": "pinned"},
            {"stage": "diversity", "before": 2, "after": 1, "reason": ""},
        ],
    },
}
ANSWER: dict[str, Any] = {
    "hits": [HIT],
    "total": 1234,
    "collection": "c",
    "generation": "g000001",
    "timings_ms": {"encode": 3.0, "retrieve": 6.0, "rerank.rules": 1.0, "total": 10.0},
    "understood": [
        {"read": "shoe price:<50", "text": "shoe", "notes": ["'under' was read as a price."]}
    ],
    "explanation": {
        "compose": [
            {"part": "text", "shown": "'shoe'", "weight": 1.0, "factor": 1.0, "cosine": 0.9},
            {"part": "id", "shown": "item 'x'", "weight": -0.5, "factor": 0.4, "cosine": 0.2},
        ],
        "relevance_of": None,
        "retrieve": {
            "fusion": "weighted",
            "aspects": {
                "joint": {"weight": 1.0, "factor": 1.0},
                "lexical": {"weight": 0.5, "factor": 0.0612, "half": 4.0},
            },
            "left_out": {"appearance": "the collection has no vectors of colour"},
            "fetched": 150,
        },
        "shape": {
            "stages": ["ranker", "rules"],
            "collapse": True,
            "group": "brand",
            "diversity": 0.3,
            "min_relevance": 0.2,
            "cut_off": 4,
            "fallbacks": [{"stage": "ranker", "reason": "not done within 20 ms"}],
        },
    },
}


def printed(
    answer: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> str:
    monkeypatch.setenv("COLUMNS", "80")
    show_explained(answer)
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    return " ".join(text.split())


def test_all_that_made_a_place_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = printed(ANSWER, capsys, monkeypatch)
    for part in (
        "[bold]",
        "0.4123, relevant with a chance of 82%",
        "joint 0.3120, place 3 by this alone, adds 0.3120",
        "lexical 7.2000, not among its best, adds 0.0393",
        "fused 0.3513",
        "'shoe' 0.310; item 'x' 0.500",
        "title: running, shoe; tags: shoes",
        "ranker 3 -> 1: learned 0.7",
        "rules stays at 1: stock x 0.1",
        "rules put at 1: pinned",
        "diversity 2 -> 1",
        "2 near-duplicates",
        "group acme",
    ):
        assert part in text, part


def test_the_plan_and_the_times_are_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = printed(ANSWER, capsys, monkeypatch)
    for part in (
        "read shoe price:<50",
        "meaning shoe",
        "note 'under'",
        "item 'x', weight -0.5 x 0.40 for its kind",
        "weighted: joint weight 1 (x 1); lexical weight 0.5 (x 0.0612, half at 4)",
        "150 candidates",
        "appearance: the collection has no vectors of colour",
        "ranker, rules",
        "grouped by brand, diversity 0.3, 4 below the line of 20% cut off",
        "ranker: not done within 20 ms",
        "1,234 items pass the filter",
        "retrieve 6.0",
        "total 10.0",
    ):
        assert part in text, part


def test_a_browse_and_an_empty_answer_have_less_to_tell(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    browse = copy.deepcopy(ANSWER)
    browse["hits"] = [{**HIT, "score": None, "relevance": None, "explanation": None}]
    browse["explanation"] = {"compose": [], "relevance_of": None, "retrieve": {}, "shape": {}}
    assert "score" not in printed(browse, capsys, monkeypatch)
    nothing = {**ANSWER, "hits": [], "total": None, "nearest_below": [HIT]}
    text = printed(nothing, capsys, monkeypatch)
    assert "Nothing found." in text
    assert "below A [bold]" in text
