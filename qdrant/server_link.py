"""The one place where a Qdrant server is asked: deadlines, repeated tries, and errors made ours.

No error of qdrant_client, httpx or grpc leaves this file.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from qdrant_client import QdrantClient
from tenacity import RetryCallState, Retrying, retry_if_exception_type
from tenacity.stop import stop_after_attempt, stop_any, stop_before_delay
from tenacity.wait import wait_random_exponential

from core.errors import BinocleError, SettingsError, StoreError, StoreUnavailable
from qdrant.server_errors import Transient, is_foreign, translated
from qdrant.server_options import Connection
from qdrant.server_transport import bounded_transport, ending_at

log = logging.getLogger(__name__)

T = TypeVar("T")
Call = Callable[[QdrantClient, int], T]
"""What is asked of the client, in whole seconds at most: the server gives up then as well."""

OLDEST = (1, 19)
"""The first server that finds keywords by prefix and takes memory tiers."""
NEWEST = (1, 21)
"""The last one that the client was made for: one minor version beyond its own."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0
_LOCAL = ("localhost", "127.0.0.1", "::1")


class Link:
    """A connection to one server or cluster. Safe to use from several threads.

    Reads, and writes that end the same however often they are made, are tried again with growing
    pauses while the server is away, slow or overloaded, until their time is up. While the server is
    known to be away reads are tried once, so that nobody queues for it. Every method raises
    StoreError, StoreUnavailable or StorageFull only.

    Args:
        client: instead of one made from `connection`; the link closes it.
        pause: waits that many seconds between tries, or less once the link is closed.
    """

    def __init__(
        self,
        connection: Connection,
        client: QdrantClient | None = None,
        *,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self.connection = connection
        self._closed = threading.Event()
        self._pause = pause or self._closed.wait
        self._client = client or _client(connection)
        self._backoff = wait_random_exponential(multiplier=_FIRST_PAUSE_S, max=_LONGEST_PAUSE_S)
        self._greeting = threading.Lock()
        self._greeted = False
        self._away = False

    @property
    def url(self) -> str:
        return self.connection.url

    def read(self, call: Call[T], *, seconds: float | None = None) -> T:
        """What `call` answers, tried again until `seconds` (default: timeout_s) are up."""
        tries = 1 if self._away else None
        return self._tried(call, seconds or self.connection.timeout_s, tries)

    def write(self, call: Call[T]) -> T:
        """The same for a write that may be made twice: by id, or one that sets a state."""
        return self._tried(call, self.connection.write_timeout_s, None)

    def write_once(self, call: Call[T]) -> T:
        """A write that must not be made twice: one try, whose outcome is open where it fails."""
        return self._tried(call, self.connection.write_timeout_s, 1)

    def pause(self, seconds: float) -> None:
        """Wait, or less once the link is closed."""
        self._pause(seconds)

    def close(self) -> None:
        """Idempotent. Calls that wait for their next try give up."""
        if not self._closed.is_set():
            self._closed.set()
            self._client.close()

    def _tried(self, call: Call[T], seconds: float, tries: int | None) -> T:
        moment = time.monotonic() + seconds
        over = stop_before_delay(seconds)
        enough = over if tries is None else stop_any(over, stop_after_attempt(tries))
        retrying = Retrying(
            retry=retry_if_exception_type(Transient),
            wait=self._wait,
            stop=lambda state: self._closed.is_set() or enough(state),
            sleep=self.pause,
            reraise=True,
        )
        try:
            answer: T = retrying(self._once, call, moment)
        except Transient:
            self._away = True
            raise
        self._away = False
        return answer

    def _once(self, call: Call[T], moment: float) -> T:
        self._greet(moment)
        return self._asked(call, moment)

    def _asked(self, call: Call[T], moment: float) -> T:
        """One try, through the seam."""
        if self._closed.is_set():
            raise StoreUnavailable("The connection to the Qdrant server was closed.")
        left = max(moment - time.monotonic(), 0.001)
        try:
            with ending_at(moment):
                return call(self._client, math.ceil(left))
        except BinocleError:
            raise
        except Exception as error:
            if not is_foreign(error):
                raise
            raise translated(error, self.url) from error

    def _greet(self, moment: float) -> None:
        """Ask for the server's version, before anything else is asked of it."""
        if self._greeted:
            return
        with self._greeting:
            version = self._asked(lambda client, _: client.info().version, moment)
            self._check_version(version)
            self._greeted = True

    def _check_version(self, version: str) -> None:
        try:
            major, minor = (int(part) for part in version.split(".")[:2])
        except ValueError:
            raise StoreError(
                f"What answers at {self.url} says that it is Qdrant '{version}', which is no "
                "version."
            ) from None
        if (major, minor) < OLDEST or major > NEWEST[0]:
            raise StoreError(
                f"The Qdrant server at {self.url} is version {version}; Binocle works with "
                f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}.",
                hint="Install one of those; Qdrant's own guide tells how to get from one to the "
                "next.",
            )
        if (major, minor) > NEWEST:
            log.warning(
                "The Qdrant server at %s is version %s, which this Binocle does not know yet: it "
                "was made for %d.%d to %d.%d.",
                *(self.url, version, *OLDEST, *NEWEST),
            )

    def _wait(self, state: RetryCallState) -> float:
        """Seconds to the next try: what the server asked for, or longer each time."""
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_s if isinstance(error, Transient) else None
        return max(self._backoff(state), float(asked or 0))


def _client(connection: Connection) -> QdrantClient:
    parts = urlsplit(connection.url)
    secure = parts.scheme == "https"
    headers = {}
    if connection.api_key is not None:
        headers["api-key"] = connection.api_key
        if not secure and parts.hostname not in _LOCAL:
            log.warning("The key for %s travels unencrypted; use https.", connection.url)
    try:
        options = {}
        if connection.ca is not None:
            options["root_certificates"] = connection.ca.read_bytes()
        return QdrantClient(
            url=connection.url,
            grpc_port=connection.grpc_port,
            prefer_grpc=connection.grpc,
            timeout=math.ceil(connection.write_timeout_s),
            grpc_options=options,
            headers=headers,
            check_compatibility=False,  # done here: the client's own knows neither key nor CA
            transport=bounded_transport(connection.ca),
        )
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"A connection to {connection.url} can't be set up: {error}.",
            hint="See BINOCLE_STORE and BINOCLE_SERVER__CA.",
        ) from error
