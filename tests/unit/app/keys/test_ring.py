"""The keys in a database of either kind."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.keys.key import Role, fits
from app.keys.ring import KeyRing
from core.errors import InvalidName, InvalidRequest, NotFound
from database.address import address_of
from database.engine import Database
from tests.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    text = None
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        text = server.create(f"keys_{tmp_path.name.lower().replace('-', '_')}")
    opened = Database(address_of(text, tmp_path))
    yield opened
    opened.close()


def test_a_key_is_read_as_it_was_made(database: Database) -> None:
    ring = KeyRing(database)
    plain, text = ring.create("shop page", Role.READ)
    limited, _ = ring.create(
        "import", Role.WRITE, collections=["b", "a", "b"], expires_in=timedelta(days=90)
    )
    assert ring.all() == [plain, limited]
    assert fits(text, plain)
    assert plain.collections is None
    assert limited.collections == ("a", "b")
    assert limited.expires_at is not None
    assert limited.expires_at - limited.created_at == timedelta(days=90)


def test_the_database_never_sees_the_secret(database: Database) -> None:
    _, text = KeyRing(database).create("k", Role.ADMIN)
    with database.read() as connection:
        row = connection.exec_driver_sql("SELECT * FROM api_keys").one()
    assert text.rsplit("_", 1)[1] not in str(row)


def test_a_revoked_key_stays_in_the_list(database: Database) -> None:
    ring = KeyRing(database)
    key, _ = ring.create("k", Role.READ)
    revoked = ring.revoke(key.id)
    assert revoked.state(datetime.now(UTC)) == "revoked"
    assert ring.revoke(key.id).revoked_at == revoked.revoked_at
    assert ring.all() == [revoked]


def test_an_unknown_key_can_not_be_revoked(database: Database) -> None:
    with pytest.raises(NotFound, match="no key 'nothing'"):
        KeyRing(database).revoke("nothing")


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\nb", "a\x1b[31m"])
def test_a_name_is_short_and_printable(name: str, tmp_path: Path) -> None:
    database = Database(address_of(None, tmp_path))
    with pytest.raises(InvalidRequest, match="printable"):
        KeyRing(database).create(name, Role.READ)
    assert not database.exists()


def test_a_key_is_for_collections_that_can_be_and_a_future(tmp_path: Path) -> None:
    ring = KeyRing(Database(address_of(None, tmp_path)))
    with pytest.raises(InvalidName):
        ring.create("k", Role.READ, collections=["../x"])
    with pytest.raises(InvalidRequest, match="before it exists"):
        ring.create("k", Role.READ, expires_in=timedelta(0))
