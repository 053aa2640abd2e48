"""The one seam where SQLAlchemy's exceptions become ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import BinocleError, DatabaseError, DatabaseUnavailable, StorageFull
from database.address import is_sqlite, shown

_FULL = ("disk is full", "No space left on device", "could not extend file")
_REFUSED = ("authentication failed", "does not exist", "permission denied", "readonly database")


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Raise what the block's database work fails with as one of our family.

    IntegrityError passes: the caller knows what its constraint means. Raises DatabaseUnavailable
    (worth another try), StorageFull and DatabaseError; none of them shows a password or a value.
    """
    try:
        yield
    except IntegrityError:
        raise
    except SQLAlchemyError as error:
        raise _ours(error, url) from None


def _ours(error: SQLAlchemyError, url: URL) -> BinocleError:
    where = shown(url)
    reason = _reason(error)
    if any(sign in reason for sign in _FULL):
        return StorageFull(f"The disk of the database {where} is full.", hint="Make room on it.")
    if any(sign in reason for sign in _REFUSED):
        return DatabaseError(
            f"The database {where} refuses Binocle: {reason}.",
            hint="See BINOCLE_DATABASE: user, password, database name, and that user's rights.",
        )
    if isinstance(error, PoolTimeout | OperationalError | InterfaceError):
        return DatabaseUnavailable(
            f"The database {where} can't be used now: {reason}.",
            hint="Another process may hold it locked; try again."
            if is_sqlite(url)
            else "See whether it runs and can be reached; Binocle tries again by itself.",
        )
    return DatabaseError(f"The database {where} failed: {reason}.")


def _reason(error: SQLAlchemyError) -> str:
    """The driver's first line, which names hosts and files, but no password and no value."""
    if isinstance(error, PoolTimeout):
        return "all its connections are taken"
    cause = error.orig if isinstance(error, DBAPIError) else error
    lines = str(cause).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(cause).__name__
