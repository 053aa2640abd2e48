"""The one seam where the operating system's disk errors become ours."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import StorageFull, StoreError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turns an OSError on writing into StorageFull or StoreError."""
    try:
        yield
    except OSError as error:
        where = f" at {error.filename}" if error.filename else ""
        if error.errno in _FULL:
            raise StorageFull(
                f"The disk is full{where}.",
                hint="What was written before stays. Free some space and run the same again.",
            ) from error
        raise StoreError(f"Can't write{where}: {error.strerror or error}.") from error
