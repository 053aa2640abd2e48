"""The forgetting guard's verdicts."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from training.guard import UNGUARDED, judge

SCORES = st.floats(0, 1)


def test_a_larger_loss_than_allowed_in_any_task_is_refused() -> None:
    verdict = judge({"photos": 0.8, "drawings": 0.5}, {"photos": 0.75, "drawings": 0.9}, 0.02)
    assert verdict.refused
    assert "'photos' went from 0.800 to 0.750" in verdict.reason


def test_a_loss_of_just_the_allowed_size_passes() -> None:
    assert not judge({"photos": 0.8}, {"photos": 0.8 - 0.02}, 0.02).refused


@given(before=SCORES, after=SCORES, allowed=SCORES)
def test_a_gain_is_never_refused(before: float, after: float, allowed: float) -> None:
    low, high = sorted((before, after))
    assert not judge({"photos": low}, {"photos": high}, allowed).refused


def test_the_verdict_is_written_where_export_looks(tmp_path: Path) -> None:
    judge({"photos": 0.8}, {"photos": 0.1}, 0.02).write(tmp_path)
    found = json.loads((tmp_path / "guard.json").read_text())
    assert found["refused"] is True
    assert found["before"] == {"photos": 0.8}


def test_without_a_set_nothing_is_refused_and_it_says_so() -> None:
    assert not UNGUARDED.refused
    assert "no set" in UNGUARDED.reason
