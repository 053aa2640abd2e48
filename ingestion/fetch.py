"""Images by URL, without being sent to where they must not go, and without being a burden.

Every connection is made here: the host's addresses are looked up, checked, and the connection goes
to the very address that was checked. So neither a redirect nor a DNS answer that changes between
check and use leads to a private address. Proxies of the environment are not used, as they would
look up the host again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any

import httpcore
import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from core.errors import ImageTooLarge, ImageUnreadable
from ingestion.addresses import Resolve, check_public, resolve
from ingestion.hosts import Hosts, seconds_asked
from ingestion.limits import FetchLimits
from ingestion.sources.away import read_image_away, scheme_of
from ingestion.web_cache import Answer, WebCache

_AGENT = "binocle/0.1 (image indexing)"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_WORTH_RETRYING = frozenset({408, 425, 429, 500, 502, 503, 504})


class _Passing(ImageUnreadable):
    """A failure that may be over at the next attempt, after `wait` seconds at the earliest."""

    wait = 0.0


class Fetcher:
    """Fetches images by http and https; keeps connections. Safe to call from several threads.

    At most `limits.per_host` requests go to one host at a time. A host that asks for time (429 or
    503 with Retry-After) is left alone by all threads until then. With `limits.cache`, what was
    fetched before is asked for again by its ETag or date, or not at all while it is fresh
    (RFC 9111).

    Args:
        sleep: waits for seconds; for tests.
    """

    def __init__(
        self,
        limits: FetchLimits,
        *,
        resolve: Resolve = resolve,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limits = limits
        self._sleep = sleep
        self._hosts = Hosts(limits.per_host, sleep)
        self._cache = WebCache(limits.cache, limits.cache_bytes) if limits.cache else None
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
        if self._cache is not None:
            self._cache.close()

    def fetch(self, url: str) -> bytes:
        """The body behind `url`; whether it is an image, its decoder tells.

        Raises:
            ImageUnreadable: not a URL of http or https (or of an object store where these are
                allowed), a private address, no answer in time, an answer other than 200, or a page
                in place of an image.
            ImageTooLarge: more bytes than the limit.
        """
        if self._limits.object_stores and scheme_of(url) not in ("", "http", "https"):
            return read_image_away(url, self._limits.max_bytes)
        retrying = Retrying(
            retry=retry_if_exception_type(_Passing),
            stop=self._given_up,
            wait=self._wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._attempt, url)
        except _Passing as error:
            raise ImageUnreadable(error.message, hint=error.hint) from error.__cause__

    def _given_up(self, state: RetryCallState) -> bool:
        asked = _asked(state)
        if asked > self._limits.longest_wait_s:
            return True
        return bool(stop_after_attempt(self._limits.attempts)(state))

    def _wait(self, state: RetryCallState) -> float:
        doubling = self._limits.retry_wait_s * 2.0 ** (state.attempt_number - 1)
        return max(min(doubling, self._limits.longest_wait_s), _asked(state))

    def _attempt(self, url: str) -> bytes:
        target = _parsed(url)
        with self._hosts.turn(target.host):
            deadline = time.monotonic() + self._limits.timeout_s
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

        def send(headers: Mapping[str, str]) -> Answer:
            return self._send(url, headers, deadline)

        answer = send({}) if self._cache is None else self._cache.answer(str(url), send)
        if answer.status in _REDIRECTS:
            return _parsed(answer.headers["location"], base=url)
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in _PAGES and answer.body.lstrip()[:1] == b"<":
            raise ImageUnreadable(f"{url.host} answered with a page ({kind}), not an image.")
        return answer.body

    def _send(self, url: httpx.URL, extra: Mapping[str, str], deadline: float) -> Answer:
        request = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        headers = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": _AGENT,
            "Accept": "image/*",
            "Accept-Encoding": "identity",  # no compression, so no decompression bomb
            **extra,
        }
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), _left(deadline))
        extensions = {"timeout": timeouts}
        raw = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
        with self._pool.stream("GET", request, headers=raw, extensions=extensions) as response:
            facts = {
                name.decode("ascii", "replace").lower(): value.decode("latin-1")
                for name, value in response.headers
            }
            redirected = response.status in _REDIRECTS and "location" in facts
            if redirected or (response.status == 304 and extra):
                return Answer(response.status, facts, b"")
            if response.status != 200:
                raise self._refused(url.host, response.status, facts)
            return Answer(200, facts, self._body(response, facts, deadline))

    def _refused(self, host: str, status: int, facts: Mapping[str, str]) -> ImageUnreadable:
        if status not in _WORTH_RETRYING:
            return ImageUnreadable(f"{host} answered {status}.")
        error = _Passing(f"{host} answered {status}.")
        error.wait = seconds_asked(facts.get("retry-after", ""))
        if error.wait > self._limits.longest_wait_s:
            error.hint = f"It asks to be left alone for {error.wait:.0f} seconds."
        elif error.wait:
            self._hosts.rest(host, error.wait)
        return error

    def _body(
        self, response: httpcore.Response, facts: Mapping[str, str], deadline: float
    ) -> bytes:
        limit = self._limits.max_bytes
        announced = facts.get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced) > limit:
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


def _asked(state: RetryCallState) -> float:
    """Seconds for which the server asked to be left alone."""
    error = state.outcome.exception() if state.outcome is not None else None
    return error.wait if isinstance(error, _Passing) else 0.0


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
