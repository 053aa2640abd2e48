from datetime import UTC, datetime, timedelta

import pytest

from app.keys.key import Key, Role, new_secret
from app.keys.watch import GRACE_SECONDS, LOCAL, KeyWatch
from core.errors import DatabaseUnavailable, KeyNeeded


class Keys:
    """Keys to be read, on a database that can fail, beside a clock that is set by hand."""

    def __init__(self) -> None:
        self.all: list[Key] = []
        self.fails = False
        self.now = 0.0

    def read(self) -> list[Key]:
        if self.fails:
            raise DatabaseUnavailable("gone")
        return list(self.all)

    def clock(self) -> float:
        return self.now

    def add(self, **values: object) -> str:
        key_id, text, digest = new_secret()
        facts = {"role": Role.READ, "collections": None, "created_at": datetime.now(UTC), **values}
        self.all.append(Key(id=key_id, name="k", digest=digest, **facts))  # type: ignore[arg-type]
        return text

    def watch(self, required: bool | None = None) -> KeyWatch:
        watch = KeyWatch(self.read, required=required, clock=self.clock)
        watch.refresh()
        return watch


@pytest.fixture
def keys() -> Keys:
    return Keys()


def test_without_any_key_everyone_may_come_in(keys: Keys) -> None:
    watch = keys.watch()
    assert watch.caller(None) is None
    assert watch.caller("anything") is None
    assert not watch.enforced()


def test_the_first_key_closes_the_door(keys: Keys) -> None:
    watch = keys.watch()
    text = keys.add()
    watch.refresh()
    assert watch.caller(text) == keys.all[0]
    for wrong in (None, "", "bnc_", text[:-1], text + "0", text.upper(), new_secret()[1]):
        with pytest.raises(KeyNeeded):
            watch.caller(wrong)


def test_revoking_the_last_key_does_not_open_the_door(keys: Keys) -> None:
    text = keys.add(revoked_at=datetime.now(UTC))
    watch = keys.watch()
    with pytest.raises(KeyNeeded, match="is revoked"):
        watch.caller(text)
    with pytest.raises(KeyNeeded):
        watch.caller(None)


def test_an_expired_key_is_told(keys: Keys) -> None:
    text = keys.add(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(KeyNeeded, match="is expired"):
        keys.watch().caller(text)


def test_keys_can_be_asked_for_before_there_is_one(keys: Keys) -> None:
    with pytest.raises(KeyNeeded, match="A key is needed"):
        keys.watch(required=True).caller(None)


def test_keys_can_be_switched_off_also_without_a_database(keys: Keys) -> None:
    keys.add()
    keys.fails = True
    watch = keys.watch(required=False)
    assert watch.caller(None) is None
    assert watch.usable()


def test_what_may_read_the_data_directory_needs_no_key(keys: Keys) -> None:
    keys.add()
    watch = keys.watch()
    assert watch.caller(watch.local_token) == LOCAL


def test_while_the_database_is_gone_keys_count_for_a_while(keys: Keys) -> None:
    text = keys.add()
    watch = keys.watch()
    keys.fails = True
    keys.now = GRACE_SECONDS
    watch.refresh()
    assert watch.caller(text) == keys.all[0]
    assert watch.usable()
    assert watch.failure() is not None
    keys.now += 1
    assert not watch.usable()
    with pytest.raises(DatabaseUnavailable, match="Keys can't be checked now"):
        watch.caller(text)
    keys.fails = False
    watch.refresh()
    assert watch.caller(text) == keys.all[0]
    assert watch.failure() is None


def test_before_the_keys_were_ever_read_nobody_comes_in(keys: Keys) -> None:
    keys.fails = True
    watch = keys.watch()
    with pytest.raises(DatabaseUnavailable):
        watch.caller(None)
    assert not watch.usable()
