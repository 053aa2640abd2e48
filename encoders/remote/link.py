"""Asking an encoder service: bounded waits, retries of what may pass, failures told as ours."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_before_delay,
    wait_random_exponential,
)

from core.errors import EncoderError, EncoderUnavailable

_PASSING = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class Remote:
    """How to speak with an encoder service. Times in seconds.

    `total_s` bounds one request with all its retries: every request is safe to repeat.
    """

    key: str | None = field(default=None, repr=False)
    connect_s: float = 2.0
    read_s: float = 10.0
    total_s: float = 15.0
    backoff_s: float = 0.1
    connections: int = 16


class _Again(Exception):
    """A failure that another try may not have; `after_s` is how long the service says to wait."""

    def __init__(self, why: str, after_s: float = 0.0) -> None:
        super().__init__(why)
        self.after_s = after_s


class Link:
    """Connections to one service, safe for several threads.

    Args:
        url: such as http://encoder:8000.
        transport: instead of the network.

    Raises EncoderError for a URL that can't be used.
    """

    def __init__(
        self, url: str, remote: Remote, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._remote = remote
        try:
            self.url = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise EncoderError(f"The encoder's URL is malformed: {error}.") from None
        if not self.url.host:
            raise EncoderError("The encoder's URL names no host.", hint="Such as http://host:8000.")
        if self.url.userinfo:
            raise EncoderError(
                "The encoder's URL holds a password.", hint="Give a key by BINOCLE_REMOTE__KEY."
            )
        self._client = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {remote.key}"} if remote.key else {},
            limits=httpx.Limits(
                max_connections=remote.connections, max_keepalive_connections=remote.connections
            ),
            transport=transport,
        )

    def ask(
        self, method: str, path: str, body: object = None, *, within_s: float | None = None
    ) -> dict[str, Any]:
        """The service's JSON answer, waited for as long as the settings say, or `within_s`.

        Raises EncoderUnavailable where it does not come in time, and EncoderError where the service
        refuses or is none.
        """
        patience = self._remote.total_s if within_s is None else within_s
        deadline = time.monotonic() + patience
        tries = Retrying(
            stop=stop_before_delay(patience),
            wait=self._wait,
            retry=retry_if_exception_type(_Again),
            reraise=True,
        )
        try:
            return tries(self._once, method, path, body, deadline)
        except _Again as error:
            raise EncoderUnavailable(
                f"The encoder service at {self.url} does not answer: {error}.",
                hint="See whether it runs (GET /readyz), or try again.",
            ) from None

    def malformed(self, why: str) -> EncoderError:
        """The error for an answer that no encoder service gives."""
        return EncoderError(
            f"What answers at {self.url} is no encoder service of Binocle: {why}.",
            hint="Give the address of `binocle serve --role encoder`.",
        )

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._client.close()

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.after_s if isinstance(error, _Again) else 0.0
        backoff = wait_random_exponential(multiplier=self._remote.backoff_s, max=2.0)
        return max(asked, float(backoff(state)))

    def _once(self, method: str, path: str, body: object, deadline: float) -> dict[str, Any]:
        left = max(0.001, deadline - time.monotonic())
        timeout = httpx.Timeout(
            min(left, self._remote.read_s), connect=min(left, self._remote.connect_s)
        )
        try:
            answer = self._client.request(method, path, json=body, timeout=timeout)
        except httpx.TransportError as error:
            raise _Again(str(error).rstrip(".") or type(error).__name__) from None
        if answer.status_code in _PASSING:
            raise _Again(f"status {answer.status_code}", _retry_after(answer))
        return self._document(answer)

    def _document(self, answer: httpx.Response) -> dict[str, Any]:
        try:
            document = answer.json()
        except ValueError:
            document = None
        if answer.status_code in (401, 403):
            raise EncoderError(
                f"The encoder service at {self.url} asks for a key that may read.",
                hint="Give it by BINOCLE_REMOTE__KEY.",
            )
        if not isinstance(document, dict):
            raise self.malformed(f"it answers {answer.status_code} without a JSON object")
        if not answer.is_success:
            said = document.get("detail", f"status {answer.status_code}.")
            raise EncoderError(f"The encoder service at {self.url} refuses: {said}")
        return document


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdigit() else 0.0
