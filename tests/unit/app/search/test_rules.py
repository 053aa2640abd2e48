"""Business rules are data: what they do, and that rules which can't work are refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.search.candidates import Candidate
from app.search.rerank.ranking import Ranking, ranking_from_file, ranking_of
from app.search.rerank.rankings import Rankings
from app.search.rerank.rule_stage import RuleStage
from app.search.rerank.rules import Pin
from app.search.rerank.stage import Scored
from app.search.shaping import Shaping
from core.errors import InvalidRequest
from core.fields import FieldType, Schema

SCHEMA = Schema({"brand": FieldType.KEYWORD, "stock": FieldType.INTEGER, "sold": FieldType.BOOL})


def scored(rule: dict[str, Any], score: float = 0.5, **payload: Any) -> Scored:
    ranking = ranking_of({"rules": [rule]})
    rules = [each for each in ranking.rules if not isinstance(each, Pin)]
    return RuleStage.of(rules, SCHEMA).score([Candidate("a", payload, score)], None, 0.0)[0]  # type: ignore[arg-type]


BOOST = {"rule": "boost", "when": {"brand": "acme"}, "by": 2.0}


def test_a_boost_lifts_what_matches_and_says_so() -> None:
    one = scored(BOOST, brand="acme")
    assert (one.score, one.reason) == (1.0, "boost x 2")
    assert scored(BOOST, brand="globex").score == 0.5


def test_a_boost_lifts_a_negative_score_too() -> None:
    assert scored(BOOST, score=-0.5, brand="acme").score == -0.25


def test_age_halves_a_score_each_half_life_down_to_the_floor() -> None:
    rule = {"rule": "decay", "field": "uploaded_at", "half_life_days": 10, "floor": 0.2}
    ten = (datetime.now(UTC) - timedelta(days=10)).isoformat()
    assert scored(rule, uploaded_at=ten).score == pytest.approx(0.25, abs=1e-4)
    assert scored(rule, uploaded_at="1999-01-01T00:00:00Z").score == pytest.approx(0.1)
    assert scored(rule).score == 0.5


@pytest.mark.parametrize(
    ("payload", "score"), [({"stock": 0}, 0.05), ({"stock": 3}, 0.5), ({}, 0.5)]
)
def test_what_is_sold_out_sinks(payload: dict[str, int], score: float) -> None:
    assert scored({"rule": "stock", "field": "stock"}, **payload).score == pytest.approx(score)


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"rule": "boost", "when": {"colour": "red"}, "by": 2}, "rules.0.colour"),
        ({"rule": "decay", "field": "made_at", "half_life_days": 3}, "rules.0.made_at"),
        ({"rule": "stock", "field": "brand"}, "rules.0.brand"),
        ({"rule": "boost", "when": {"brand": "acme"}, "by": 0.5}, "rules.0.by"),
        ({"rule": "bury", "when": {"brand": "acme"}, "by": 2}, "rules.0.by"),
    ],
)
def test_a_rule_that_can_not_work_is_refused_by_name(rule: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        ranking_of({"rules": [rule]}).check(SCHEMA)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "data", [{"rules": [{"rule": "promote"}]}, {"windows": 5}, {"diversity": 2}, [1], "x"]
)
def test_a_malformed_ranking_is_refused(data: object) -> None:
    with pytest.raises(InvalidRequest):
        ranking_of(data)


def test_a_pin_may_be_for_some_texts_only() -> None:
    pin = Pin(rule="pin", ids=["a"], texts=["Red  shoes"])
    assert pin.applies("red shoes")
    assert not pin.applies("blue shoes")
    assert not pin.applies(None)


def test_a_stage_that_is_not_configured_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="no stage 'ranker'"):
        Ranking().stages(Shaping(rerank=("ranker",)))
    assert Ranking().stages(Shaping(rerank=("rescore",))) == ("rescore",)


def test_a_ranking_is_kept_and_read_again(tmp_path: Path) -> None:
    rankings = Rankings(tmp_path / "rankings")
    assert rankings.of("shop") == Ranking()
    rankings.set("shop", ranking_of({"rules": [BOOST], "diversity": 0.3}))
    assert Rankings(tmp_path / "rankings").of("shop").diversity == 0.3
    rankings.drop("shop")
    assert rankings.of("shop") == Ranking()


def test_a_ranking_may_be_written_in_yaml(tmp_path: Path) -> None:
    file = tmp_path / "ranking.yaml"
    file.write_text("diversity: 0.2\nrules:\n  - {rule: pin, ids: [a]}\n")
    assert ranking_from_file(file).rules == [Pin(rule="pin", ids=["a"])]
