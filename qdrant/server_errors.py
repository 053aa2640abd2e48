"""Where the errors of the server, its client and the network below them become ours.

What comes in: httpx (connections, timeouts), qdrant_client (HTTP statuses, answers that can't be
read, rate limits), grpc (its statuses), and bare ValueErrors of the client's local mode.
"""

from __future__ import annotations

from typing import Any

import grpc
import httpx
from pydantic import ValidationError
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import (
    ApiException,
    ResponseHandlingException,
    UnexpectedResponse,
)

from core.errors import BinocleError, StorageFull, StoreError, StoreUnavailable

_FULL = ("no space left", "os error 28", "disk full", "disk is full", "quota exceeded")
_PASSING = ("timeout", "timed out", "active replica", "consensus", "not ready", "is not active")
"""What a server says in a 500 that the next try, or the next replica, may mend."""
_HINT_KEY = "Set BINOCLE_SERVER__API_KEY to the key of this server."
_HINT_AWAY = "See that it runs and can be reached from here; Binocle goes on by itself then."


class Transient(StoreUnavailable):
    """Worth another try: the server is away, slow or overloaded."""


class Missing(StoreUnavailable):
    """The server has no collection of this name, or none any more."""


class Taken(StoreError):
    """The server has a collection of this name already."""


_GRPC_STATUS = {
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.CANCELLED: 503,
    grpc.StatusCode.ABORTED: 503,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
}


def is_foreign(error: BaseException) -> bool:
    """Whether the client, the network or the server raised it: our own bugs stay bugs."""
    theirs = (ApiException, QdrantException, httpx.HTTPError, httpx.InvalidURL, grpc.RpcError)
    binding = (ValueError, RuntimeError, OSError, AssertionError, NotImplementedError)
    return isinstance(error, theirs + binding)


def translated(error: BaseException, url: str) -> BinocleError:
    """Our error for `error`, which came from the server at `url`."""
    if isinstance(error, ResponseHandlingException):
        return _unanswered(error.source, url)
    if isinstance(error, UnexpectedResponse):
        text = error.content.decode(errors="replace")
        return _of_status(error.status_code or 500, _said(error, text), url)
    if isinstance(error, ResourceExhaustedResponse):
        return Transient(
            f"The Qdrant server at {url} takes no more requests now: {error}.",
            hint="Try again later.",
            retry_after_s=error.retry_after_s,
        )
    if isinstance(error, grpc.RpcError):
        return _of_grpc(error, url)
    if isinstance(error, httpx.HTTPError | httpx.InvalidURL):
        return _unanswered(error, url)
    return _of_client(error, url)


def _unanswered(source: BaseException, url: str) -> BinocleError:
    """There was no answer, or none that can be read."""
    if isinstance(source, ValidationError):
        return StoreError(
            f"The Qdrant server at {url} gives answers that can't be read.",
            hint="See docs/qdrant.md for the versions that fit this Binocle.",
        )
    if isinstance(source, httpx.TimeoutException):
        return Transient(f"The Qdrant server at {url} did not answer in time.", hint=_HINT_AWAY)
    if "certificate" in str(source).lower():
        return StoreUnavailable(
            f"The Qdrant server at {url} can't be trusted: {source}.",
            hint="Set BINOCLE_SERVER__CA to the certificate of who signed the server's.",
        )
    if isinstance(source, httpx.TransportError | OSError):
        reason = str(source).rstrip(".") or type(source).__name__
        return Transient(f"The Qdrant server at {url} can't be reached: {reason}.", hint=_HINT_AWAY)
    return StoreError(f"The Qdrant server at {url} can't be asked: {source}.")


def _of_status(status: int, said: str, url: str) -> BinocleError:
    low = said.lower()
    if any(sign in low for sign in _FULL):
        return StorageFull(
            f"The disk of the Qdrant server at {url} is full: {said}.",
            hint="Free some space or add nodes; what was written before is safe.",
        )
    if status in (401, 403):
        return StoreUnavailable(
            f"The Qdrant server at {url} refuses our key: {said}.", hint=_HINT_KEY
        )
    if status == 404:
        return Missing(
            f"The Qdrant server at {url} has nothing of that name: {said}.", hint="Open it again."
        )
    if status == 409 or (status == 400 and "already exists" in low):
        return Taken(f"The Qdrant server at {url} has that already: {said}.")
    passing = status in (408, 425, 429, 502, 503, 504)
    if passing or (status == 500 and any(sign in low for sign in _PASSING)):
        return Transient(
            f"The Qdrant server at {url} can't answer now: {said}.", hint="Try again later."
        )
    return StoreError(f"The Qdrant server at {url} failed ({status}): {said}.")


def _of_grpc(error: grpc.RpcError, url: str) -> BinocleError:
    call: Any = error  # what is raised is a grpc.Call as well, which the type does not tell
    code = call.code() if hasattr(call, "code") else grpc.StatusCode.UNKNOWN
    details = (call.details() if hasattr(call, "details") else "") or str(error)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return Transient(f"The Qdrant server at {url} did not answer in time.", hint=_HINT_AWAY)
    if code is grpc.StatusCode.UNAVAILABLE:
        return Transient(
            f"The Qdrant server at {url} can't be reached: {details}.", hint=_HINT_AWAY
        )
    return _of_status(_GRPC_STATUS.get(code, 500), details, url)


def _of_client(error: BaseException, url: str) -> BinocleError:
    text = str(error) or type(error).__name__
    if "closed" in text.lower():
        return StoreUnavailable("The connection to the Qdrant server was closed.")
    if isinstance(error, ValueError) and "not found" in text.lower():  # the local mode's 404
        return _of_status(404, text, url)
    if isinstance(error, ValueError) and "already exists" in text.lower():
        return _of_status(409, text, url)
    return StoreError(f"The Qdrant server at {url} can't be asked: {text}.")


def _said(error: UnexpectedResponse, text: str) -> str:
    """The server's own words, out of its JSON where there is one."""
    try:
        status = error.structured()["status"]
        return str(status["error"]).rstrip(".!")
    except (ValueError, KeyError, TypeError):
        return " ".join(text.split())[:200] or error.reason_phrase
