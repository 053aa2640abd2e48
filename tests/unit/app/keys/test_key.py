from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.keys.key import Key, Role, fits, id_in, new_secret

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def key(text_digest: str = "", **values: object) -> Key:
    facts = {"role": Role.READ, "collections": None, "created_at": NOW, **values}
    return Key(id="0" * 8, name="test", digest=text_digest, **facts)  # type: ignore[arg-type]


def test_a_secret_fits_its_own_key_only() -> None:
    key_id, text, digest = new_secret()
    _, other_text, other_digest = new_secret()
    assert id_in(text) == key_id
    assert fits(text, key(digest))
    assert not fits(text, key(other_digest))
    assert not fits(other_text, key(digest))
    assert not fits(text, None)


def test_what_is_kept_does_not_hold_the_secret() -> None:
    _, text, digest = new_secret()
    assert text.rsplit("_", 1)[1] not in repr(key(digest))
    assert len(text.rsplit("_", 1)[1]) * 4 == 256  # bits


@given(st.text())
def test_no_other_text_is_a_key(text: str) -> None:
    assert not fits(text, key(new_secret()[2]))
    assert not fits(text, None)


@pytest.mark.parametrize("have", list(Role))
@pytest.mark.parametrize("need", list(Role))
def test_a_role_reaches_itself_and_what_comes_before(have: Role, need: Role) -> None:
    order = ["read", "write", "admin"]
    assert have.reaches(need) == (order.index(have) >= order.index(need))


def test_a_key_ends_when_it_expires_or_is_revoked() -> None:
    soon = NOW + timedelta(seconds=1)
    assert key().state(NOW) == "active"
    assert key(expires_at=soon).state(NOW) == "active"
    assert key(expires_at=soon).state(soon) == "expired"
    assert key(revoked_at=NOW, expires_at=NOW).state(NOW) == "revoked"


def test_a_key_for_some_collections_touches_no_other() -> None:
    assert key().may_touch("shop")
    assert key(collections=("shop",)).may_touch("shop")
    assert not key(collections=("shop",)).may_touch("shops")
    assert not key(collections=()).may_touch("shop")
