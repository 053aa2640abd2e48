"""The keys as a service sees them: read again every second, decided on from memory.

A request never waits for the database. While the database can't be reached, the keys as they were
last read count for GRACE_SECONDS more: a restart of the database must not stop searches, and a key
that was revoked must not live on for long.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from app.keys.key import Key, Role, fits, id_in
from core.errors import BinocleError, DatabaseError, DatabaseUnavailable, KeyNeeded

log = logging.getLogger(__name__)

GRACE_SECONDS = 60.0
"""How long keys count that can't be read again, in seconds."""

_CREATE = "Make one with `binocle keys create` and send it as `Authorization: Bearer KEY`."
LOCAL = Key("local", "this machine", "", Role.ADMIN, None, datetime.min.replace(tzinfo=UTC))
"""Who may read the data directory may do everything anyway."""


@dataclass(frozen=True)
class _Seen:
    keys: Mapping[str, Key]
    at: float  # of the monotonic clock


class KeyWatch:
    """Who a caller is, by the key that came with a request.

    Args:
        read: reads all keys; may raise DatabaseError.
        required: True: always; False: never; None: as soon as one key was ever made.
        every_seconds: how often keys are read: how long a revoked key may still be taken.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        read: Callable[[], list[Key]],
        *,
        required: bool | None = None,
        every_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._required = required
        self._every_seconds = every_seconds
        self._clock = clock
        self._seen: _Seen | None = None
        self._failure: BinocleError | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="binocle-keys", daemon=True)
        self.local_token = secrets.token_hex(32)

    def start(self) -> None:
        """Read the keys once, which takes a bounded time, then again and again in a thread."""
        self.refresh()
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread. Idempotent."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def refresh(self) -> None:
        """Read the keys now; a failure is logged once and remembered."""
        try:
            keys = self._read()
        except DatabaseError as error:
            if self._failure is None:
                log.warning("The keys can't be read: %s", error)
            self._failure = error
            return
        if self._failure is not None:
            log.info("The keys can be read again.")
        self._seen = _Seen({key.id: key for key in keys}, self._clock())
        self._failure = None

    def failure(self) -> BinocleError | None:
        """Why the database can't be read; None where it can."""
        return self._failure

    def usable(self) -> bool:
        """Whether requests can be decided on now."""
        return self._required is False or self._fresh() is not None

    def enforced(self) -> bool:
        """Whether requests need a key. Raises DatabaseUnavailable where that is not known now."""
        if self._required is not None:
            return self._required
        return bool(self._known())

    def caller(self, text: str | None) -> Key | None:
        """The key that `text` is the text of; None where no key is needed.

        Raises KeyNeeded where one is needed and `text` is none that counts, and
        DatabaseUnavailable where that is not known now.
        """
        if text is not None and secrets.compare_digest(text.encode(), self.local_token.encode()):
            return LOCAL
        if not self.enforced():
            return None
        if text is None:
            raise KeyNeeded("A key is needed here.", hint=_CREATE)
        key = self._known().get(id_in(text) or "")
        if not fits(text, key) or key is None:
            raise KeyNeeded("The key is not valid.", hint=_CREATE)
        state = key.state(datetime.now(UTC))
        if state != "active":
            raise KeyNeeded(f"The key '{key.id}' is {state}.", hint=_CREATE)
        return key

    def _known(self) -> Mapping[str, Key]:
        seen = self._fresh()
        if seen is None:
            raise DatabaseUnavailable(
                "Keys can't be checked now: the database does not answer.",
                hint="Try again in a moment.",
            )
        return seen.keys

    def _fresh(self) -> _Seen | None:
        seen = self._seen
        return seen if seen and self._clock() - seen.at <= GRACE_SECONDS else None

    def _run(self) -> None:
        while not self._stopped.wait(self._every_seconds):
            self.refresh()
