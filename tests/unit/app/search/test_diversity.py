"""Maximal marginal relevance against its definition, written out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.search.presentation.diversity import mmr


def naive(scores: list[float], vectors: "np.ndarray[tuple[int, int], np.dtype[np.float32]]",
          diversity: float) -> list[int]:  # fmt: skip
    low, high = min(scores), max(scores)
    relevance = [(s - low) / (high - low) if high > low else 1.0 for s in scores]
    taken = [max(range(len(scores)), key=lambda at: (scores[at], -at))]
    while len(taken) < len(scores):
        rest = [at for at in range(len(scores)) if at not in taken]

        def worth(at: int) -> float:
            likeness = max(max(float(vectors[at] @ vectors[other]), 0.0) for other in taken)
            return (1 - diversity) * relevance[at] - diversity * min(likeness, 1.0)

        best = max(worth(at) for at in rest)
        taken.append(next(at for at in rest if worth(at) >= best - 1e-6))
    return taken


@given(st.integers(2, 12), st.sampled_from([0.1, 0.5, 0.9]), st.integers(0, 1000))
def test_the_order_is_that_of_the_definition(count: int, diversity: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    vectors = draw.standard_normal((count, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = sorted(draw.random(count).tolist(), reverse=True)
    assert mmr(scores, vectors, diversity).tolist() == naive(scores, vectors, diversity)


def test_without_diversity_the_order_stays() -> None:
    vectors = np.eye(3, dtype=np.float32)
    assert mmr([0.3, 0.2, 0.1], vectors, 0.0).tolist() == [0, 1, 2]


def test_the_unlike_comes_before_the_alike() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    assert mmr([0.9, 0.85, 0.5], vectors, 0.6).tolist() == [0, 2, 1]
