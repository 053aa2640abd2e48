"""The database on SQLite and on a real PostgreSQL."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Engine, Integer, MetaData, Table, create_engine, insert, select, text
from sqlalchemy.exc import IntegrityError

import app.judging.table  # declares its tables
import app.keys.table  # noqa: F401  # declares its table
import ingestion.ledger_tables  # declares its own
import ingestion.likeness_table  # noqa: F401  # and its own
from core.errors import DatabaseError, DatabaseTooNew, DatabaseUnavailable, SettingsError
from database.address import address_of
from database.engine import Database
from database.tables import METADATA, Moment
from tests.postgres import Postgres


def bare(url: str) -> Engine:
    """SQLAlchemy's own engine on the same database."""
    return create_engine(address_of(url, Path()))


def test_tables_are_made_once_and_have_the_programs_version(database: Database) -> None:
    database.prepare()
    database.prepare()
    version = database.version()
    assert version.current
    assert version.found is not None


def test_before_the_first_use_there_is_no_version(url: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with closing(Database(address_of(url, tmp_path))) as database:
        version = database.version()
    assert version.found is None
    assert not version.current


def test_the_history_ends_in_the_tables_that_the_program_declares(
    database: Database, url: str
) -> None:
    database.prepare()
    engine = bare(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": "binocle_schema", "compare_type": True}
        )
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_many_processes_may_prepare_at_once(url: str, tmp_path: Path) -> None:
    databases = [Database(address_of(url, tmp_path)) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(Database.prepare, databases))
    assert databases[0].version().current
    for database in databases:
        database.close()


def test_tables_of_a_newer_program_are_refused_and_left_alone(
    database: Database, url: str, tmp_path: Path
) -> None:
    database.prepare()
    engine = bare(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE binocle_schema SET version_num = '9999'"))
    engine.dispose()
    older = Database(address_of(url, tmp_path))
    with pytest.raises(DatabaseTooNew, match=r"newer Binocle.*'9999'.*'\d+'.*newer Binocle"):
        older.prepare()
    with pytest.raises(DatabaseTooNew):
        older.version()
    older.close()


def test_a_transaction_that_fails_leaves_nothing(database: Database, url: str) -> None:
    engine = bare(url)
    notes = Table("notes", MetaData(), Column("n", Integer, primary_key=True))
    if url.startswith("sqlite"):
        database.prepare()  # makes the folder
    notes.create(engine)
    engine.dispose()
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(notes), [{"n": 1}, {"n": 1}])
    with database.write() as connection:
        connection.execute(insert(notes).values(n=2))
    with database.read() as connection:
        assert list(connection.scalars(select(notes.c.n))) == [2]


def test_moments_come_back_in_utc(database: Database, url: str) -> None:
    database.prepare()
    engine = bare(url)
    times = Table("times", MetaData(), Column("at", Moment()))
    times.create(engine)
    noon = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    with database.write() as connection:
        connection.execute(insert(times).values(at=noon))
    with database.read() as connection:
        found = connection.scalar(select(times.c.at))
    engine.dispose()
    assert found == noon
    assert found is not None
    assert found.tzinfo == UTC


def test_writers_wait_for_each_other(database: Database, url: str) -> None:
    """Each adds one to the number that it read: none is lost."""
    database.prepare()
    engine = bare(url)
    counter = Table("counter", MetaData(), Column("n", Integer))
    counter.create(engine)
    with database.write() as connection:
        connection.execute(insert(counter).values(n=0))

    def add() -> None:
        for _ in range(5):
            with database.write() as connection:
                connection.execute(counter.update().values(n=counter.c.n + 1))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.scalar(select(counter.c.n)) == 20
    engine.dispose()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "binocle.db"
    path.write_text("This is no database, but a text of more than a few bytes." * 20)
    with (
        closing(Database(address_of(None, tmp_path))) as database,
        pytest.raises(DatabaseError, match="not a database"),
    ):
        database.prepare()


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="can't be opened"):
        Database(address_of(None, tmp_path / "file" / "data")).prepare()


def test_a_sqlite_file_is_not_made_by_looking(tmp_path: Path) -> None:
    database = Database(address_of(None, tmp_path))
    assert not database.exists()
    database.prepare()
    assert database.exists()
    assert stat.S_IMODE((tmp_path / "binocle.db").stat().st_mode) == 0o600
    database.close()


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    database = Database(address_of("postgresql://u:s3cret@127.0.0.1:1/n", Path()))
    with pytest.raises(DatabaseUnavailable, match=r"can't be used now.*tries again") as told:
        database.check()
    assert "s3cret" not in str(told.value)


def test_a_database_that_is_not_there_is_told(postgres: Postgres) -> None:
    with (
        closing(Database(address_of(postgres.url("nothing"), Path()))) as database,
        pytest.raises(DatabaseError, match=r"refuses Binocle.*does not exist"),
    ):
        database.check()


def test_a_restarted_server_is_used_again() -> None:
    """A server of its own: the others' tests go on meanwhile."""
    from tests.postgres import PostgresMissing, running_postgres

    try:
        with running_postgres() as server:
            database = Database(address_of(server.url(), Path()))
            database.check()
            server.stop()
            with pytest.raises(DatabaseUnavailable):
                database.check()
            server.start()
            database.check()
            database.close()
    except PostgresMissing as missing:
        pytest.skip(str(missing))
