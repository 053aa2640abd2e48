"""Relevance: curves that never fall, cut-offs that are honest where words count too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.aspects import LEXICAL
from app.search.candidates import AspectScore, Candidate
from app.search.relevance import by_scores, has_all_words
from app.search.rerank.curve import Curve
from app.search.rerank.ranking import Ranking, ranking_of
from core.errors import InvalidRequest
from qdrant.store import JOINT
from training.ranker.relevance_curve import fit_curve

LOGISTIC = Curve(slope=12.0, intercept=-6.0, words=4.0, fingerprint="f")
STEPS = Curve(slope=1.0, intercept=0.0, knots=[(-1.0, 0.0), (0.0, 0.2), (0.2, 0.9), (1.0, 0.9)])
scores = st.floats(-1, 1)


@given(scores, scores, st.floats(0, 100), st.sampled_from([LOGISTIC, STEPS]))
def test_relevance_is_a_chance_that_never_falls_with_the_cosine_or_the_words(
    one: float, other: float, bm25: float, curve: Curve
) -> None:
    low, high = sorted([one, other])
    assert 0 <= curve.probability(low) <= curve.probability(high) <= 1
    assert curve.probability(low) <= curve.probability(low, bm25) <= 1


def test_between_knots_relevance_is_in_proportion() -> None:
    assert STEPS.probability(0.1) == pytest.approx(0.55)
    assert STEPS.probability(-1.0) == 0.0
    assert STEPS.probability(1.0) == 0.9


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_a_fitted_curve_says_what_judgments_said(method: str) -> None:
    draw = np.random.default_rng(0)
    cosines, shares = draw.uniform(-0.2, 0.8, 4_000), draw.uniform(0, 1, 4_000)
    chances = 1 / (1 + np.exp(-(12 * cosines + 4 * shares - 6)))
    relevant = draw.uniform(size=4_000) < chances
    fitted = fit_curve(cosines, shares, relevant, method)  # type: ignore[arg-type]
    curve = Curve(
        slope=fitted.slope, intercept=fitted.intercept, words=fitted.words, knots=fitted.knots
    )
    said = [
        curve.probability(cosine, 20 * share / (1 - share))
        for cosine, share in zip(cosines, shares, strict=True)
    ]
    assert np.abs(np.array(said) - chances).mean() < 0.03


def test_judgments_that_contradict_the_scores_are_refused() -> None:
    cosines = np.linspace(0, 1, 100)
    with pytest.raises(InvalidRequest, match="nearer items are not more relevant"):
        fit_curve(cosines, np.zeros(100), cosines < 0.5)
    with pytest.raises(InvalidRequest, match="too few"):
        fit_curve(cosines, np.zeros(100), cosines > 0.95)


def test_the_curve_of_another_encoder_does_not_count() -> None:
    ranking = Ranking(calibration={"text": LOGISTIC})
    assert ranking.curve("text", "f") == (LOGISTIC, None)
    curve, why = ranking.curve("text", "g")
    assert curve is None
    assert "another encoder" in str(why)
    assert ranking.curve("image", "f") == (None, None)
    with pytest.raises(InvalidRequest, match="another encoder"):
        ranking.check_curves("g")


def test_knots_that_do_not_ascend_are_refused() -> None:
    odd = {"slope": 1, "intercept": 0, "knots": [[0, 0.5], [1, 0.2]]}
    with pytest.raises(InvalidRequest, match="ascend"):
        ranking_of({"calibration": {"text": odd}}).check_curves("f")


def found(title: str, bm25: float = 5.0, item: str = "x1", **payload: object) -> Candidate:
    aspects = {JOINT: AspectScore(0.0), LEXICAL: AspectScore(bm25)}
    return Candidate(item, {"id": item, "title": title, **payload}, 0.0, aspects)


@pytest.mark.parametrize(
    ("text", "candidate", "is_sure"),
    [
        ("AB-104", found("Hinge AB104 of steel"), True),
        ("ab 104", found("Hinge AB-104"), True),
        ("sku-77", found("Hinge", item="SKU77"), True),
        ("sku-77", found("Hinge", item="SKU78"), False),
        ("99123", found("Hinge", product_id="99123"), True),
        ("trail runners", found("Acme Trail Runner 3"), True),
        ("the trail runner", found("Acme trail", tags=["runner"]), True),
        ("trail runner blue", found("Acme Trail Runner 3"), False),
        ("trail", found("Acme Trail Runner 3"), False),
        ("trail runners", found("Acme Trail Runner 3", bm25=0.0), False),
    ],
)
def test_what_has_all_words_of_a_code_or_a_name_is_surely_an_answer(
    text: str, candidate: Candidate, is_sure: bool
) -> None:
    assert has_all_words(text, candidate) is is_sure


def test_without_a_joint_cosine_relevance_is_unknown() -> None:
    only = Candidate("a", {}, 1.0, {LEXICAL: AspectScore(3.0)})
    assert by_scores(LOGISTIC.probability)(only) is None
    assert by_scores(LOGISTIC.probability)(found("", bm25=20.0)) == LOGISTIC.probability(0, 20.0)
