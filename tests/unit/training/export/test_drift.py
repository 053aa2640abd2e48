from __future__ import annotations

import math

import pytest

from core.errors import EncoderError
from training.export.drift import LEAST_COSINE, Drift, check


def found(text: float) -> dict[str, Drift]:
    return {"image": Drift(1.0, 1.0, 3), "text": Drift(text, 1.0, 3)}


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_vectors_at_the_floor_pass(precision: str) -> None:
    assert check(found(LEAST_COSINE[precision]), precision, force=False) == []


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
@pytest.mark.parametrize("cosine", [0.9, -1.0, math.nan])
def test_vectors_under_the_floor_are_refused_with_the_tower(precision: str, cosine: float) -> None:
    with pytest.raises(EncoderError, match="the text tower"):
        check(found(cosine), precision, force=False)


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_coarse_vectors_can_be_forced_and_are_noted(precision: str) -> None:
    assert "Forced" in check(found(0.9), precision, force=True)[0]


def test_wrong_vectors_can_not_be_forced() -> None:
    with pytest.raises(EncoderError, match="Nothing was written"):
        check(found(0.9), "fp32", force=True)
