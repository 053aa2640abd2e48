"""Images by URL, without being sent to where they must not go.

Every connection is made here: the host's addresses are looked up, checked, and the connection goes
to the very address that was checked. So neither a redirect nor a DNS answer that changes between
check and use leads to a private address. Proxies of the environment are not used, as they would
look up the host again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import httpcore
import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from core.errors import ImageTooLarge, ImageUnreadable
from ingestion.addresses import Resolve, check_public, resolve
from ingestion.limits import FetchLimits

_AGENT = b"binocle/0.1 (image indexing)"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WORTH_RETRYING = frozenset({408, 425, 429, 500, 502, 503, 504})


class _Passing(ImageUnreadable):
    """A failure that may be over at the next attempt."""


class Fetcher:
    """Fetches images by http and https; keeps connections. Safe to call from several threads."""

    def __init__(self, limits: FetchLimits, *, resolve: Resolve = resolve) -> None:
        self._limits = limits
        backend = _CheckedBackend(limits, resolve)
        self._pool = httpcore.ConnectionPool(
            network_backend=backend, max_connections=32, keepalive_expiry=10.0
        )

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._pool.close()

    def fetch(self, url: str) -> bytes:
        """The body behind `url`.

        Raises:
            ImageUnreadable: not a URL of http or https, a private address, no answer in time, or
                an answer other than 200.
            ImageTooLarge: more bytes than the limit.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(_Passing),
            stop=stop_after_attempt(self._limits.attempts),
            wait=wait_exponential(self._limits.retry_wait_s, max=30.0),
            reraise=True,
        )
        try:
            return retrying(self._attempt, url)
        except _Passing as error:
            raise ImageUnreadable(error.message, hint=error.hint) from error.__cause__

    def _attempt(self, url: str) -> bytes:
        deadline = time.monotonic() + self._limits.timeout_s
        target = _parsed(url)
        for _ in range(self._limits.max_redirects + 1):
            try:
                answer = self._get(target, deadline)
            except httpcore.TimeoutException as error:
                raise _Passing(f"{target.host} did not answer in time.") from error
            except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
                raise _Passing(f"Can't fetch from {target.host}: {error}.") from error
            if isinstance(answer, bytes):
                return answer
            target = answer
        raise ImageUnreadable(f"More than {self._limits.max_redirects} redirects.")

    def _get(self, url: httpx.URL, deadline: float) -> bytes | httpx.URL:
        """The body, or where a redirect leads."""
        request = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        headers = [
            (b"Host", url.netloc),
            (b"User-Agent", _AGENT),
            (b"Accept", b"image/*"),
            (b"Accept-Encoding", b"identity"),  # no compression, so no decompression bomb
        ]
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), _left(deadline))
        extensions = {"timeout": timeouts}
        with self._pool.stream("GET", request, headers=headers, extensions=extensions) as response:
            facts = {name.lower(): value for name, value in response.headers}
            if response.status in _REDIRECTS and b"location" in facts:
                return _parsed(facts[b"location"].decode("latin-1"), base=url)
            if response.status != 200:
                kind = _Passing if response.status in _WORTH_RETRYING else ImageUnreadable
                raise kind(f"{url.host} answered {response.status}.")
            return self._body(response, facts.get(b"content-length", b""), deadline)

    def _body(self, response: httpcore.Response, announced: bytes, deadline: float) -> bytes:
        limit = self._limits.max_bytes
        if announced.isdigit() and int(announced) > limit:
            raise ImageTooLarge(f"The image has {int(announced):,} bytes; the limit is {limit:,}.")
        body = bytearray()
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > limit:
                raise ImageTooLarge(f"The image has more than {limit:,} bytes, the limit.")
            _left(deadline)  # a server that drips is stopped, too
        return bytes(body)


def fetch_image(url: str, limits: FetchLimits) -> bytes:
    """The bytes behind one URL; errors as `Fetcher.fetch`."""
    with Fetcher(limits) as fetcher:
        return fetcher.fetch(url)


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects only to addresses that were checked a moment before."""

    def __init__(self, limits: FetchLimits, resolve: Resolve) -> None:
        self._limits = limits
        self._resolve = resolve
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise ImageUnreadable(f"There is no host '{host}'.") from error
        if not self._limits.allow_private:
            check_public(host, addresses)
        failure: Exception | None = None
        for address in addresses:
            try:
                return self._sockets.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address.")


def _parsed(url: str, *, base: httpx.URL | None = None) -> httpx.URL:
    try:
        parsed = base.join(url) if base else httpx.URL(url)
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise ImageUnreadable(f"Not a URL: {url[:200]!r} ({error}).") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ImageUnreadable(f"Not a URL of http or https: {str(parsed)[:200]!r}.")
    return parsed


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("out of time")
    return left
