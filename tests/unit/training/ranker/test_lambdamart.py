"""LambdaMART learns to order lists."""

import numpy as np
import pytest

from core.errors import InvalidRequest
from training.ranker.lambdamart import LambdaMart, RankedQuery

lightgbm = pytest.importorskip("lightgbm")


def lists(count: int, seed: int) -> list[RankedQuery]:
    """Of twenty candidates, those are relevant whose second feature is high; the first is noise."""
    rng = np.random.default_rng(seed)
    rows = rng.random((count, 20, 2)).astype(np.float32)
    return [RankedQuery(own, (own[:, 1] > 0.8).astype(np.int64)) for own in rows]


def test_what_makes_relevance_is_learned() -> None:
    model = LambdaMart(rounds=20, least=5).train(lists(30, 0), ["noise", "signal"])
    booster = lightgbm.Booster(model_str=model)
    for query in lists(10, 1):
        scores = booster.predict(query.features, num_threads=1)
        wanted = query.grades.sum()
        assert query.grades[np.argsort(-scores)][:wanted].mean() >= 0.7 if wanted else True


def test_training_is_repeatable() -> None:
    mart = LambdaMart(rounds=3, least=5)
    assert mart.train(lists(10, 0), ["a", "b"]) == mart.train(lists(10, 0), ["a", "b"])


@pytest.mark.parametrize("grades", [[0, 0, 0], [1, 1, 1], []])
def test_lists_without_any_difference_teach_nothing(grades: list[int]) -> None:
    rows = np.zeros((len(grades), 2), dtype=np.float32)
    query = RankedQuery(rows, np.array(grades, dtype=np.int64))
    with pytest.raises(InvalidRequest, match="nothing to learn"):
        LambdaMart().train([query], ["a", "b"])
