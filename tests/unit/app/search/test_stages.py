"""Stages re-order within their time; one that fails or is late leaves the order as it was."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np

from app.search.candidates import Candidate
from app.search.rerank.stage import Asked, OutOfTime, Scored, Stages
from core.errors import EncoderError

ASKED = Asked(np.array([1.0], dtype=np.float32), "red", "text")
CANDIDATES = [Candidate("a", {}, 0.9), Candidate("b", {}, 0.8), Candidate("c", {}, 0.7)]


@dataclass
class Reversing:
    name: str = "reversing"

    def score(self, candidates: Sequence[Candidate], _: Asked, __: float) -> list[Scored]:
        return [Scored(each, -each.score, "turned round") for each in candidates]


@dataclass
class Late:
    name: str = "late"

    def score(self, _: Sequence[Candidate], __: Asked, deadline: float) -> list[Scored]:
        assert deadline <= time.perf_counter() + 1
        raise OutOfTime


@dataclass
class Broken:
    name: str = "broken"

    def score(self, _: Sequence[Candidate], __: Asked, ___: float) -> list[Scored]:
        raise EncoderError("The model is gone.")


def untimed(_: str) -> AbstractContextManager[None]:
    return nullcontext()


def test_each_change_tells_its_places_and_its_reason() -> None:
    ranked = Stages([Reversing()], ASKED, 1000, untimed).run(CANDIDATES, first=11)
    assert [each.id for each in ranked] == ["c", "b", "a"]
    change = ranked[0].changes[0]
    assert (change.stage, change.before, change.after) == ("reversing", 13, 11)
    assert change.reason == "turned round"


def test_what_is_late_or_fails_is_left_out_and_told_of() -> None:
    stages = Stages([Late(), Broken()], ASKED, 1000, untimed)
    assert stages.run(CANDIDATES, first=1) == CANDIDATES
    assert [note["stage"] for note in stages.fallbacks] == ["late", "broken"]
    assert "1000 ms" in stages.fallbacks[0]["reason"]
    assert "The model is gone." in stages.fallbacks[1]["reason"]


def test_without_a_budget_no_stage_runs() -> None:
    stages = Stages([Reversing()], ASKED, 0, untimed)
    assert stages.run(CANDIDATES, first=1) == CANDIDATES
    assert len(stages.fallbacks) == 1
