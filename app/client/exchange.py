"""One request and its answer: what is sent, what may be sent again, what is raised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from pydantic import ValidationError
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from app.client.calls import Call
from app.client.problems import told
from core.errors import BinocleError, SettingsError, StoreUnavailable

_PASSING = frozenset({429, 502, 503, 504})
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LONGEST_S = 10.0
"""Between two attempts, whatever the service says."""


class Again(Exception):
    """The service says no for now: `error`, and how long to wait, in seconds."""

    def __init__(self, error: BinocleError, after_s: float) -> None:
        super().__init__(str(error))
        self.error = error
        self.after_s = after_s


@dataclass(frozen=True)
class Link:
    """Where the service is, and how to speak with it; see `Client`. Raises SettingsError."""

    url: str
    key: str | None = field(repr=False)
    timeout_s: float
    attempts: int
    backoff_s: float
    asker: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        try:
            usable = httpx.URL(self.url).scheme in ("http", "https") and httpx.URL(self.url).host
        except httpx.InvalidURL:
            usable = False
        if not usable:
            raise SettingsError(
                f"'{self.url}' is no address of a service.", hint="Such as http://127.0.0.1:8000."
            )
        if self.attempts < 1:
            raise SettingsError(f"attempts is {self.attempts}; it starts at 1.")

    @property
    def settings(self) -> dict[str, Any]:
        """What connections are made with."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return {"base_url": self.url, "headers": headers, "timeout": self.timeout_s}

    def request(self, http: httpx.Client | httpx.AsyncClient, call: Call) -> httpx.Request:
        """The request of a call."""
        headers = [(name.encode(), value.encode()) for name, value in self.asker.items()]
        return http.build_request(
            call.method, call.path, json=call.body, params=call.params, headers=headers
        )

    def asking(self, user: str | None, session: str | None, client: str | None) -> Link:
        """The same, saying for whom it asks."""
        told = {"Binocle-User": user, "Binocle-Session": session, "Binocle-Client": client}
        return replace(self, asker={name: value for name, value in told.items() if value})

    def misunderstood(self, error: ValidationError) -> BinocleError:
        """An answer that is not what this client knows."""
        where = ".".join(map(str, error.errors()[0]["loc"]))
        return BinocleError(
            f"The service at {self.url} answers otherwise than expected: {where} is wrong.",
            hint="Is it Binocle, and as new as this client?",
        )


def answer_of(response: httpx.Response) -> Any:
    """The answer's JSON, None where it is empty. Raises the error that it tells, or Again."""
    try:
        document = response.json() if response.content else None
    except ValueError:
        document = None
    if not response.is_error:
        return document
    reason = f"{response.url} answers {response.status_code} {response.reason_phrase}."
    error = told(reason, document if isinstance(document, dict) else {})
    if response.status_code in _PASSING:
        after = response.headers.get("retry-after", "")
        raise Again(error, float(after) if after.isdecimal() else 0.0)
    raise error


@contextmanager
def wrapped(link: Link) -> Iterator[None]:
    """Failures of the exchange, as errors of the family."""
    try:
        yield
    except Again as again:
        raise again.error from None
    except httpx.HTTPError as error:
        why = str(error) or type(error).__name__
        raise StoreUnavailable(f"The service at {link.url} does not answer: {why}.") from None


def retrying(link: Link, call: Call) -> Retrying:
    """Repeats a call where that is safe."""
    return Retrying(**_policy(link, call))


def retrying_async(link: Link, call: Call) -> AsyncRetrying:
    """The same for asyncio."""
    return AsyncRetrying(**_policy(link, call))


def _policy(link: Link, call: Call) -> dict[str, Any]:
    backoff = wait_random_exponential(multiplier=link.backoff_s, max=_LONGEST_S)

    def wait(state: RetryCallState) -> float:
        failure = state.outcome.exception() if state.outcome else None
        asked = failure.after_s if isinstance(failure, Again) and link.backoff_s else 0.0
        return max(backoff(state), min(asked, _LONGEST_S))

    def may_pass(failure: BaseException) -> bool:
        if not call.repeatable:
            return isinstance(failure, _NEVER_SENT)
        return isinstance(failure, Again | httpx.TransportError)

    return {
        "stop": stop_after_attempt(link.attempts),
        "wait": wait,
        "retry": retry_if_exception(may_pass),
        "reraise": True,
    }
