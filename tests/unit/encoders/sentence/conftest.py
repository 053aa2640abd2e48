"""Small models, loaded once for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from encoders.sentence.loading import load_model
from encoders.sentence.model import TwoTowers


@pytest.fixture(scope="session")
def small_model(small_spec: Callable[[str], str]) -> Callable[[str], TwoTowers]:
    """A small model of a kind, in evaluation. Tests that change one load their own."""

    @cache
    def load(kind: str) -> TwoTowers:
        return load_model(small_spec(kind), device="cpu").eval()

    return load
