"""Quantities as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidRequest
from eval.planning.quantities import (
    count,
    per_second,
    seconds,
    share,
    shown,
    shown_duration,
    size,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [("150e9", 150e9), ("1_000_000", 1e6), ("1,000", 1e3), ("1.5M", 1.5e6), ("150 bn", 150e9),
     ("2k", 2e3), (" 7 ", 7.0), (".5", 0.5)],
)  # fmt: skip
def test_counts_are_read(text: str, value: float) -> None:
    assert count(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "value"), [("100ms", 0.1), ("2s", 2), ("1.5 h", 5400), ("30d", 30 * 86400)]
)
def test_durations_are_read(text: str, value: float) -> None:
    assert seconds(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("11500", 11500), ("11500/s", 11500), ("1e8/day", 1e8 / 86400), ("1M/h", 1e6 / 3600)],
)
def test_rates_are_read(text: str, value: float) -> None:
    assert per_second(text) == pytest.approx(value)


@pytest.mark.parametrize(("text", "value"), [("64GiB", 64 * 2**30), ("1.5TB", 1.5e12)])
def test_sizes_are_read(text: str, value: float) -> None:
    assert size(text) == value


@pytest.mark.parametrize(("text", "value"), [("0.3", 0.3), ("30%", 0.3), ("0", 0.0), ("100%", 1)])
def test_shares_are_read(text: str, value: float) -> None:
    assert share(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("read", "text"),
    [(count, "many"), (count, "-3"), (count, ""), (count, "1e999"), (count, "5GiB"), (count, "nan"),
     (seconds, "100"), (seconds, "100 m"), (size, "64"), (size, "64 gigs"), (share, "1.2"),
     (share, "120%"), (per_second, "5/fortnight"), (per_second, "/s"), (per_second, "ms/s")],
)  # fmt: skip
def test_what_can_t_be_read_is_named_with_an_example(read, text) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidRequest) as caught:
        read(text, "update_rate")
    assert caught.value.field == "update_rate"
    assert f"--update-rate is '{text}'" in caught.value.message
    assert "Write" in caught.value.hint


@given(st.floats(min_value=1e-3, max_value=1e14))
def test_a_number_shown_and_read_again_is_the_same_to_three_figures(value: float) -> None:
    assert count(shown(value).replace(" ", "")) == pytest.approx(value, rel=0.006)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.00031, "0.31 ms"), (0.1, "100 ms"), (1.5, "1.5 s"), (9000, "2.5 h"), (3.456e6, "40 days")],
)
def test_durations_are_shown_in_the_unit_that_reads_best(value: float, text: str) -> None:
    assert shown_duration(value) == text
