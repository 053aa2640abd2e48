from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.interactions import QueryKind
from core.query_ids import LENGTH, QueryIds, first_id

IDS = QueryIds(b"a secret of some bytes")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
moments = st.datetimes(
    min_value=datetime(1970, 1, 1), max_value=datetime(9000, 1, 1), timezones=st.just(UTC)
)


@given(moments, st.sampled_from(get_args(QueryKind)))
def test_an_id_tells_when_how_and_where_it_was_asked(at: datetime, kind: QueryKind) -> None:
    text = IDS.new("shop", kind, at)
    assert len(text) == LENGTH
    found = IDS.read(text)
    assert found is not None
    assert found.kind == kind
    assert timedelta(0) <= at - found.at < timedelta(milliseconds=1)
    assert found.tag == IDS.tag("shop") != IDS.tag("other")


@given(moments, moments)
def test_ids_sort_by_time(one: datetime, other: datetime) -> None:
    early, late = sorted((one, other))
    if late - early >= timedelta(milliseconds=1):
        assert IDS.new("shop", "text", early) < IDS.new("a", "browse", late)
    assert first_id(early) <= IDS.new("shop", "text", early)
    assert first_id(early) <= first_id(late)


@given(st.integers(0, LENGTH - 1), st.sampled_from("0123456789abcdefghijklmnopqrstuv"))
def test_an_id_that_was_changed_is_none(place: int, letter: str) -> None:
    text = IDS.new("shop", "text", NOW)
    changed = text[:place] + letter + text[place + 1 :]
    assert (IDS.read(changed) is not None) == (changed == text)


@pytest.mark.parametrize("text", ["", "x", "ä" * LENGTH, "0" * LENGTH, "Z" * LENGTH, "=" * LENGTH])
def test_what_is_no_id_is_none(text: str) -> None:
    assert IDS.read(text) is None


def test_ids_of_another_secret_are_none() -> None:
    assert QueryIds(b"another secret, as long").read(IDS.new("shop", "text", NOW)) is None


def test_no_two_ids_are_alike() -> None:
    assert len({IDS.new("shop", "text", NOW) for _ in range(1_000)}) == 1_000
