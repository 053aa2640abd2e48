"""HTTP that ends when the time of the whole call is up, not that of each read and write."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import httpx

_CONNECT_S = 2.0
"""A server that does not take a connection within this is away."""
_POOL = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=30.0)
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def ending_at(moment: float) -> Iterator[None]:
    """Requests of this thread inside the block end at `moment`, by time.monotonic()."""
    token = _deadline.set(moment)
    try:
        yield
    finally:
        _deadline.reset(token)


class BoundedTransport(httpx.BaseTransport):
    """Sends requests by `inner`; raises httpx.TimeoutException once the deadline is over.

    httpx bounds each read alone, so a server that sends a byte now and then is never late to it.
    """

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        moment = _deadline.get()
        if moment is None:
            return self._inner.handle_request(request)
        left = _left(moment, request)
        request.extensions = {
            **request.extensions,
            "timeout": {
                "connect": min(left, _CONNECT_S),
                "read": left,
                "write": left,
                "pool": left,
            },
        }
        response = self._inner.handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _BoundedStream(response.stream, moment, request)
        return response

    def close(self) -> None:
        self._inner.close()


class _BoundedStream(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream, moment: float, request: httpx.Request) -> None:
        self._inner = inner
        self._moment = moment
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._inner:
            yield chunk
            _left(self._moment, self._request)

    def close(self) -> None:
        self._inner.close()


def bounded_transport(ca: Path | None) -> BoundedTransport:
    """The transport to a server whose certificate is signed by `ca` (PEM), or by the system's."""
    verify: ssl.SSLContext | bool = True
    if ca is not None:
        verify = ssl.create_default_context(cafile=str(ca))
    return BoundedTransport(httpx.HTTPTransport(verify=verify, limits=_POOL))


def _left(moment: float, request: httpx.Request) -> float:
    left = moment - time.monotonic()
    if left <= 0:
        raise httpx.ReadTimeout("The time for the whole call is up.", request=request)
    return left
