"""The version of the tables: a history of migrations, each applied once, in order, with Alembic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, text

from core.errors import DatabaseTooNew

_HISTORY = Path(__file__).parent / "migrations"
_TABLE = "binocle_schema"
_LOCK = 0x62696E6F636C65  # "binocle": the number of PostgreSQL's advisory lock


@dataclass(frozen=True)
class Version:
    """Of a database's tables. `found` is None where there are none yet."""

    found: str | None
    wanted: str

    @property
    def current(self) -> bool:
        """Whether nothing is left to do."""
        return self.found == self.wanted


def version_of(connection: Connection, shown: str) -> Version:
    """The version that the database has, and the newest that this program knows.

    Raises DatabaseTooNew where a newer program has been there.
    """
    return _version(_context(connection), shown)


def upgrade(connection: Connection, shown: str) -> None:
    """Apply the migrations that are missing, within the connection's transaction.

    Raises DatabaseTooNew.
    """
    if connection.dialect.name == "postgresql":  # SQLite's writers exclude each other anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    context = _context(connection)
    if _version(context, shown).current:
        return
    with Operations.context(context):
        context.run_migrations()


def _context(connection: Connection) -> MigrationContext:
    history = _history()

    def missing(found: Any, _: MigrationContext) -> Any:
        return history._upgrade_revs("head", found)  # Alembic's own `upgrade` command does this

    return MigrationContext.configure(
        connection,
        opts={"fn": missing, "version_table": _TABLE, "transactional_ddl": True},
    )


def _version(context: MigrationContext, shown: str) -> Version:
    history = _history()
    found = context.get_current_revision()
    wanted = history.get_current_head()
    assert wanted is not None
    if found is not None:
        try:
            history.get_revision(found)
        except (CommandError, ResolutionError):
            raise DatabaseTooNew(
                f"The database {shown} was written by a newer Binocle (its tables are of version "
                f"'{found}'; this program knows versions up to '{wanted}').",
                hint="Install the newer Binocle, or name another database by BINOCLE_DATABASE.",
            ) from None
    return Version(found, wanted)


def _history() -> ScriptDirectory:
    return ScriptDirectory(str(_HISTORY), version_locations=[str(_HISTORY / "versions")])
