"""Where the database is: the setting's text, checked, as an address that hides its password."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from core.errors import SettingsError

FILE_NAME = "binocle.db"
"""The file in the data directory that is the database where no other is set."""

_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_HINT = "Give sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME, or leave it out."


def address_of(text: str | None, data: Path) -> URL:
    """The address that the setting means.

    Args:
        text: a URL; None is the file `binocle.db` in `data`.
        data: the data directory.

    Raises SettingsError, which never shows the text: it may hold a password.
    """
    if text is None:
        return URL.create("sqlite+pysqlite", database=str(data / FILE_NAME))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise _refused("is no URL") from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise _refused(f"names '{url.drivername}', which is not supported")
    url = url.set(drivername=driver)
    if not url.database or (is_sqlite(url) and url.database == ":memory:"):
        raise _refused("names no file" if is_sqlite(url) else "names no database")
    return url


def is_sqlite(url: URL) -> bool:
    """Whether the database is a SQLite file."""
    return url.get_backend_name() == "sqlite"


def shown(url: URL) -> str:
    """The address for people and logs: without password and options."""
    return url.set(query={}).render_as_string(hide_password=True)


def _refused(why: str) -> SettingsError:
    return SettingsError(f"BINOCLE_DATABASE {why}.", hint=_HINT, field="database")
