"""The learned ranker as a stage: what it sees, and what it refuses."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from app.ranker_training import Lesson
from app.search.candidates import AspectScore, Candidate
from app.search.rerank.features import FEATURES, FeatureSource, features
from app.search.rerank.ranker import check_encoder, load_ranker, write_ranker
from app.search.rerank.ranking import Ranking
from app.search.rerank.shelf import StageShelf
from app.search.rerank.stage import Asked
from core.errors import InvalidRequest
from core.fields import FieldType, Schema
from training.ranker.lambdamart import LambdaMart, RankedQuery

pytest.importorskip("lightgbm")

ASKED = Asked(np.zeros(2, dtype=np.float32), "red shoes", "text")
SOURCE = FeatureSource("sales", "made_at", {"a": 0.25})


def candidate(name: str, title: str = "", **payload: object) -> Candidate:
    aspects = {"joint": AspectScore(0.4, 3), "lexical": AspectScore(0.0, None)}
    return Candidate(name, {"title": title, **payload}, 0.4, aspects)


def row(one: Candidate, text: str | None = "red shoes") -> dict[str, float]:
    (found,) = features([one], text, SOURCE)
    return dict(zip(FEATURES, found.tolist(), strict=True))


def test_a_candidate_is_seen_by_its_aspects_words_sales_age_and_clicks() -> None:
    payload = {"tags": ["shoes"], "sales": 99, "made_at": "2020-01-01T00:00:00Z"}
    found = row(candidate("a", "A red shoe", **payload))
    assert found["joint"] == pytest.approx(0.4)
    assert found["lexical"] == 0
    assert (found["title_share"], found["field_share"]) == (1.0, 0.5)
    assert found["popularity"] == pytest.approx(math.log(100))
    assert found["age_days"] > 365
    assert found["clicks"] == 0.25


def test_places_are_those_among_the_candidates_and_equal_scores_share_one() -> None:
    raws = (0.2, 0.5, 0.5, 0.1)
    found = [Candidate(str(raw), {}, raw, {"joint": AspectScore(raw)}) for raw in raws]
    rows = features(found, None, SOURCE)
    own = [round(1 / each - 60) for each in rows[:, FEATURES.index("joint_place")]]
    assert own == [3, 1, 1, 4]
    assert [round(1 / each - 60) for each in rows[:, FEATURES.index("place")]] == [1, 2, 3, 4]


def test_what_is_not_known_is_nan_and_not_nothing() -> None:
    found = row(candidate("b"), None)
    unknown = ("appearance", "title_share", "popularity", "age_days", "clicks")
    assert all(math.isnan(found[name]) for name in unknown)
    assert features([], "red", SOURCE).shape == (0, len(FEATURES))


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A ranker that learned that the title's words count."""
    rng = np.random.default_rng(0)
    at = FEATURES.index("title_share")
    rows = rng.random((30, 20, len(FEATURES))).astype(np.float32)
    lists = [RankedQuery(own, (own[:, at] > 0.7).astype(np.int64)) for own in rows]
    model = LambdaMart(rounds=10, least=5).train(lists, FEATURES)
    write_ranker(tmp_path / "ranker.json", model, SOURCE, "f1", {"collection": "c"})
    return tmp_path / "ranker.json"


def test_it_orders_by_what_it_learned(trained: Path) -> None:
    ranker = load_ranker(trained)
    scored = ranker.score([candidate("a", "lamp"), candidate("b", "red shoes")], ASKED, 0)
    assert scored[1].score > scored[0].score
    assert scored[0].reason.startswith("learned")
    assert next(iter(ranker.gains())) == "title_share"
    assert ranker.score([], ASKED, 0) == []


def test_a_ranker_of_other_features_is_refused_by_name(trained: Path) -> None:
    document = json.loads(trained.read_text())
    document["features"] = [*FEATURES[:-1], "weather"]
    trained.write_text(json.dumps(document))
    with pytest.raises(InvalidRequest, match="clicks, weather"):
        load_ranker(trained)
    with pytest.raises(InvalidRequest, match="other features"):
        StageShelf().check(Ranking(ranker=str(trained)), "f1")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 1}', "\u0000"])
def test_what_is_no_ranker_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "no.json").write_text(text)
    with pytest.raises(InvalidRequest, match="no ranker"):
        load_ranker(tmp_path / "no.json")


def test_a_broken_model_and_a_missing_file_are_refused(trained: Path) -> None:
    document = json.loads(trained.read_text())
    trained.write_text(json.dumps({**document, "model": "tree"}))
    with pytest.raises(InvalidRequest, match="no ranker"):
        load_ranker(trained)
    with pytest.raises(InvalidRequest, match="can't be read"):
        StageShelf().check(Ranking(ranker="/nowhere.json"), "f1")


def test_a_ranker_of_another_encoder_is_refused(trained: Path) -> None:
    with pytest.raises(InvalidRequest, match="another encoder"):
        check_encoder(load_ranker(trained), "f2")
    StageShelf().check(Ranking(ranker=str(trained)), "f1")


def test_a_file_that_changed_is_read_again(trained: Path) -> None:
    shelf = StageShelf()
    shelf.check(Ranking(ranker=str(trained)), "f1")
    document = json.loads(trained.read_text())
    trained.write_text(json.dumps({**document, "fingerprint": "another"}))
    with pytest.raises(InvalidRequest, match="another encoder"):
        shelf.check(Ranking(ranker=str(trained)), "f1")


def test_fields_that_are_not_there_are_refused() -> None:
    schema = Schema({"sales": FieldType.INTEGER, "brand": FieldType.KEYWORD})
    Lesson(popularity="sales").check(schema)
    for lesson, option in (
        (Lesson(popularity="brand"), "popularity"),
        (Lesson(freshness="sales"), "freshness"),
    ):
        with pytest.raises(InvalidRequest) as told:
            lesson.check(schema)
        assert told.value.field == option
