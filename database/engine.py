"""The database: an engine with bounded waits, transactions, and a check of its tables' version."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL

from core.errors import SettingsError
from database.address import is_sqlite, shown
from database.failures import told
from database.schema import Version, upgrade, version_of

CONNECT_SECONDS = 3
"""How long to wait for a PostgreSQL server to take a connection, whole seconds."""
STATEMENT_SECONDS = 10
"""How long one statement, or the wait for another's lock, may take, whole seconds."""
_POOL = 5
_WRITES = "binocle_writes"


class Database:
    """One database, safe for several threads. Connects at first use; close it at the end.

    Args:
        url: as `database.address.address_of` gives it.

    Raises SettingsError where the driver is not installed.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine = _engine(url)
        self._prepared = False
        self._preparing = threading.Lock()

    @property
    def shown(self) -> str:
        """Its address, without password and options."""
        return shown(self._url)

    @property
    def dialect(self) -> str:
        """'sqlite' or 'postgresql'."""
        return self._engine.dialect.name

    def exists(self) -> bool:
        """Whether there is anything to connect to: False for a SQLite file not made yet."""
        path = self._file()
        return path is None or path.exists()

    def prepare(self) -> None:
        """Bring the tables up to this program's version, making the SQLite file if need be.

        Several processes may do so at once: one works, the others wait. Costs nothing after the
        first success. Raises DatabaseTooNew, DatabaseUnavailable, StorageFull and DatabaseError.
        """
        with self._preparing:
            if self._prepared:
                return
            path = self._file()
            if path is not None:
                _make_file(path)
            with told(self._url), self._transaction(writes=True) as connection:
                upgrade(connection, self.shown)
            self._prepared = True

    def version(self) -> Version:
        """The version of its tables beside the program's. Raises as `prepare`."""
        with self.read() as connection:
            return version_of(connection, self.shown)

    def check(self) -> None:
        """Whether it answers: one round trip. Raises DatabaseUnavailable and DatabaseError."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads. Raises DatabaseUnavailable and DatabaseError."""
        with told(self._url), self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes, kept where the block ends well.

        Raises DatabaseUnavailable, StorageFull and DatabaseError; IntegrityError passes.
        """
        with told(self._url), self._transaction(writes=True) as connection:
            yield connection

    @contextmanager
    def advisory_lock(self, name: str) -> Iterator[bool]:
        """Whether this process alone has the lock `name` of a PostgreSQL server for the block.

        It falls when the process or its connection ends. Raises as `read`.
        """
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        with told(self._url), self._engine.connect() as connection:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            ask = text("SELECT pg_try_advisory_lock(:key)")
            taken = bool(connection.execute(ask, {"key": key}).scalar())
            try:
                yield taken
            finally:
                if taken:
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            options: dict[str, Any] = {_WRITES: writes}
            with connection.execution_options(**options).begin():
                yield connection

    def _file(self) -> Path | None:
        return Path(str(self._url.database)) if is_sqlite(self._url) else None


def _engine(url: URL) -> Engine:
    return _sqlite(url) if is_sqlite(url) else _postgres(url)


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": STATEMENT_SECONDS}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not where the driver guesses
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")  # readers don't wait for the writer
        cursor.execute("PRAGMA synchronous = FULL")  # what was acknowledged outlives a power cut
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its lock at once: one that began as a reader is refused without a wait.
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres(url: URL) -> Engine:
    wait = f"{STATEMENT_SECONDS}s"
    waits = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "binocle",
        "client_encoding": "utf8",
        "options": f"-c statement_timeout={wait} -c lock_timeout={wait}",
    }
    given = {name: value for name, value in waits.items() if name not in url.query}
    try:
        return create_engine(
            url,
            connect_args=given,
            hide_parameters=True,
            pool_pre_ping=True,  # a connection that the server dropped is replaced, not raised
            pool_recycle=1800,
            pool_size=_POOL,
            pool_timeout=CONNECT_SECONDS,
        )
    except ModuleNotFoundError:
        raise SettingsError(
            "PostgreSQL needs a driver that is not installed.",
            hint="Install it: pip install 'binocle[postgres]'.",
            field="database",
        ) from None


def _make_file(path: Path) -> None:
    """SQLite would make it for all to read; what it puts beside has the file's permissions."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise SettingsError(
            f"The database {path} can't be opened: {error.strerror or error}.", field="database"
        ) from None
