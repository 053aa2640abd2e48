"""Votes and agreement, against published figures and plain counting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.human.agreement import agreement
from eval.human.votes import Vote, tally

NAN = None
KRIPPENDORFF = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]
"""Four observers, twelve units: the example of the paper, whose interval alpha is 0.849."""


def test_alpha_is_that_of_the_published_example() -> None:
    units = zip(*KRIPPENDORFF, strict=True)
    grades = {str(at): [one for one in unit if one is not None] for at, unit in enumerate(units)}
    found = agreement(grades)
    assert found.alpha == pytest.approx(0.849, abs=5e-4)
    assert found.items == 11


def test_agreement_of_judges_who_never_meet_is_unknown() -> None:
    found = agreement({"a": [1], "b": [3]})
    assert (found.items, found.equal, found.alpha) == (0, None, None)
    assert agreement({"a": [2, 2], "b": [2, 2]}).alpha is None


def test_full_agreement_is_one_and_opposition_is_below_chance() -> None:
    assert agreement({"a": [0, 0], "b": [3, 3]}).alpha == 1
    opposed = agreement({"a": [0, 3], "b": [3, 0]})
    assert opposed.alpha is not None
    assert opposed.alpha < 0
    assert opposed.equal == 0


def test_the_sign_test_is_the_binomial_one() -> None:
    found = tally([(f"q{at}", "first") for at in range(6)] + [("x", "tie")])
    assert (found.wins, found.losses, found.ties) == (6, 0, 1)
    assert found.p == pytest.approx(2 * 0.5**6)
    assert tally([]).p == 1


def test_judges_of_one_query_count_as_one_vote() -> None:
    votes: list[tuple[str, Vote]] = [("a", "first"), ("a", "first"), ("a", "second")]
    votes += [("b", "first"), ("b", "second"), ("c", "tie"), ("c", "tie"), ("c", "second")]
    found = tally(votes)
    assert (found.wins, found.losses, found.ties) == (1, 0, 2)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["first", "second", "tie"]))))
def test_turning_the_rankings_turns_wins_and_losses(votes: list[tuple[str, Vote]]) -> None:
    turned: dict[Vote, Vote] = {"first": "second", "second": "first", "tie": "tie"}
    one, other = tally(votes), tally([(query, turned[vote]) for query, vote in votes])
    assert (one.wins, one.losses, one.ties) == (other.losses, other.wins, other.ties)
    assert one.p == pytest.approx(other.p)
