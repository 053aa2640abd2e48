"""Databases of both kinds, empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from database.address import address_of
from database.engine import Database
from tests.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'folder' / 'binocle.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.create(f"test_{uuid4().hex[:8]}")


@pytest.fixture
def database(url: str, tmp_path: Path) -> Iterator[Database]:
    """An empty database, not prepared."""
    opened = Database(address_of(url, tmp_path))
    yield opened
    opened.close()
