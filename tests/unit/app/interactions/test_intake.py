from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.interactions.intake import Intake
from app.interactions.settings import EventSettings
from core.query_ids import QueryIds

ASKED = datetime(2026, 5, 1, 12, tzinfo=UTC)
NOW = ASKED + timedelta(minutes=10)
IDS = QueryIds(b"a secret of some bytes")
QUERY = IDS.new("shop", "text", ASKED)


def event(**changes: Any) -> dict[str, Any]:
    told = {"query_id": QUERY, "item": "i1", "action": "click", "position": 1, **changes}
    return {name: value for name, value in told.items() if value is not ...}


def look(*told: Any, **settings: Any) -> tuple[list[Any], list[Any]]:
    return Intake(EventSettings(**settings)).look(told, IDS, lambda _: True, NOW)


def test_good_events_are_kept_and_the_others_told_by_their_place() -> None:
    kept, refused = look(event(), "text", event(position=0), event(item="i2"))
    assert [each.event.item for each in kept] == ["i1", "i2"]
    assert [each.index for each in refused] == [1, 2]
    assert kept[0].event.at == NOW
    assert kept[0].of.kind == "text"


@pytest.mark.parametrize(
    ("changes", "reason", "problem"),
    [
        ({"query_id": "0" * 37}, "query", "no query"),
        ({"query_id": "x" * 500}, "query_id", "at most"),
        ({"query_id": ...}, "query_id", "required"),
        ({"item": ""}, "item", "at least 1"),
        ({"item": "a\nb"}, "item", "control characters"),
        ({"item": 7}, "item", "string"),
        ({"action": "Click"}, "action", "pattern"),
        ({"action": "x" * 41}, "action", "pattern"),
        ({"position": 0}, "position", "greater than or equal to 1"),
        ({"position": -3}, "position", "greater"),
        ({"position": 10_001}, "position", "less"),
        ({"position": 1.5}, "position", "integer"),
        ({"position": True}, "position", "integer"),
        ({"at": "2026-05-01T12:00:00"}, "at", "no offset"),
        ({"at": "yesterday"}, "at", "datetime"),
        ({"at": "2026-05-01T14:10:00Z"}, "future", "2.0 hours in the future"),
        ({"at": "2026-05-01T11:50:00Z"}, "before", "600 seconds before the query"),
        ({"action": "dwell"}, "seconds", "a dwell needs it"),
        ({"action": "dwell", "seconds": -1.0}, "seconds", "greater"),
        ({"action": "dwell", "seconds": 1e9}, "seconds", "less"),
        ({"seconds": 3.0}, "seconds", "for a dwell"),
        ({"value": 3.0}, "value", "conversions"),
        ({"action": "buy", "value": float("nan")}, "value", "finite"),
        ({"key": ""}, "key", "at least 1"),
        ({"key": "a\0"}, "key", "can't be shown"),
        ({"colour": "red"}, "shape", "no 'colour'"),
    ],
)
def test_what_is_wrong_with_an_event_is_told(
    changes: dict[str, Any], reason: str, problem: str
) -> None:
    kept, refused = look(event(**changes))
    assert not kept
    assert refused[0].reason == reason
    assert problem in refused[0].problem


def test_events_of_an_old_query_are_refused() -> None:
    (kept, refused) = look(event(), max_age_hours=0.1)
    assert not kept
    assert refused[0].reason == "age"


def test_conversions_can_be_limited_to_some_names() -> None:
    told = [event(action=name) for name in ("buy", "add_to_cart", "impression")]
    assert len(look(*told)[0]) == 3
    kept, refused = look(*told, conversions=("buy",))
    assert [each.event.action for each in kept] == ["buy", "impression"]
    assert "Known: impression, click, dwell, buy." in refused[0].problem


def test_a_clock_that_is_a_little_off_is_put_right() -> None:
    early, late = ASKED - timedelta(seconds=30), NOW + timedelta(seconds=30)
    kept, _ = look(event(at=early.isoformat()), event(at=late.isoformat()))
    assert [each.event.at for each in kept] == [ASKED, NOW]


def test_events_of_collections_out_of_reach_are_refused() -> None:
    intake = Intake(EventSettings())
    kept, refused = intake.look([event()], IDS, lambda found: found.tag == IDS.tag("other"), NOW)
    assert not kept
    assert refused[0].reason == "reach"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
names = st.sampled_from(["query_id", "item", "action", "position", "at", "seconds", "value", "key"])


@given(st.lists(json_values | st.dictionaries(names, json_values).map(lambda d: event(**d))))
def test_whatever_is_told_is_either_kept_or_refused(told: list[Any]) -> None:
    kept, refused = look(*told)
    assert len(kept) + len(refused) == len(told)
    assert all(ASKED <= each.event.at <= NOW for each in kept)
