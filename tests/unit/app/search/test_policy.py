"""Who may see what, decided alike by filters and by a look at the payload."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.keys.key import Key, Role
from app.keys.watch import LOCAL
from app.search.policy import ANYONE, Viewer, viewer_of
from core.fields import FieldType, Schema
from core.filters import both
from qdrant.matching import matches

payloads = st.fixed_dictionaries(
    {},
    optional={
        "visibility": st.sampled_from(["public", "private"]),
        "owner_id": st.sampled_from(["ann", "bob"]),
        "safety": st.sampled_from([0.0, 0.4, 0.5, 1.0]),
    },
)
viewers = st.builds(
    Viewer,
    st.sampled_from([None, "ann"]),
    st.booleans(),
    st.sampled_from([None, 0.5, 0.9]),
)


@given(viewers, payloads)
def test_the_filter_and_the_look_agree(viewer: Viewer, payload: dict[str, Any]) -> None:
    schema = Schema()
    passing = both(*(rule.shown for rule in viewer.rules(schema)))
    assert matches(passing, payload) == viewer.may_see(payload, schema)


@given(viewers, payloads)
def test_what_passes_where_nothing_is_hidden_is_seen(
    viewer: Viewer, payload: dict[str, Any]
) -> None:
    hidden = any(matches(rule.hidden, payload) for rule in viewer.rules(Schema()))
    assert hidden or viewer.may_see(payload)


def test_a_stranger_sees_neither_private_nor_unsafe_items() -> None:
    assert ANYONE.may_see({})
    assert not ANYONE.may_see({"visibility": "private"})
    assert not ANYONE.may_see({"visibility": "private", "owner_id": "ann"})
    assert not ANYONE.may_see({"safety": 0.5})


def test_a_private_item_without_an_owner_is_nobodys() -> None:
    assert not Viewer(owner_id=None).may_see({"visibility": "private", "owner_id": None})


def test_an_attribute_that_is_called_safety_hides_nothing() -> None:
    own = Schema({"safety": FieldType.FLOAT})
    assert ANYONE.may_see({"safety": 1.0}, own)
    assert len(ANYONE.rules(own)) == 1


def key(role: Role, owner: str | None = None) -> Key:
    return Key("k", "k", "", role, None, datetime.now(UTC), owner_id=owner)


@pytest.mark.parametrize(
    ("who", "unsafe", "private", "threshold"),
    [
        (None, False, False, 0.7),
        (None, True, False, None),
        (LOCAL, False, False, 0.7),
        (key(Role.READ), True, False, 0.7),
        (key(Role.WRITE), False, True, 0.7),
        (key(Role.ADMIN), True, True, None),
    ],
)
def test_what_a_key_opens(
    who: Key | None, unsafe: bool, private: bool, threshold: float | None
) -> None:
    viewer = viewer_of(who, unsafe=unsafe, unsafe_from=0.7)
    assert (viewer.sees_private, viewer.unsafe_from) == (private, threshold)


def test_a_reader_sees_the_private_items_of_its_owner() -> None:
    viewer = viewer_of(key(Role.READ, "ann"))
    assert viewer.may_see({"visibility": "private", "owner_id": "ann"})
    assert not viewer.may_see({"visibility": "private", "owner_id": "bob"})
