"""What lies around every request: metrics, security headers, and the last catch."""

from __future__ import annotations

import logging
import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.answers import problem_answer
from app.problems import Problem, title_of, unexpected
from app.telemetry import Telemetry

log = logging.getLogger(__name__)

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = _SAFE | {"POST", "PUT", "PATCH", "DELETE"}


class Guard:
    """ASGI middleware, the outermost."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Routes match the path as it was sent: an item's id may hold a slash, percent-encoded.
        scope["path"] = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        start = time.perf_counter()
        status = 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        app = _refuse if _forged(scope) else self._app
        with self._telemetry.in_flight.track_inprogress():
            try:
                await app(scope, receive, send_guarded)
            except ClientDisconnect:
                status = status or 499  # as nginx counts them
            except Exception:
                if status:
                    raise  # the answer is under way: nothing but cutting it off is left
                answer = problem_answer(unexpected(_logged(scope)))
                await answer(scope, receive, send_guarded)
        seconds = time.perf_counter() - start
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._telemetry.requests.labels(method, route, str(status)).observe(seconds)


def _forged(scope: Scope) -> bool:
    """Whether a browser sends this on behalf of another site's page, to change something."""
    sites = {value for name, value in scope["headers"] if name == b"sec-fetch-site"}
    return b"cross-site" in sites and scope["method"] not in _SAFE


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    detail = "Pages of other sites may not send this."
    problem = Problem("urn:binocle:forbidden", title_of(403), 403, detail)
    await problem_answer(problem)(scope, receive, send)


def _logged(scope: Scope) -> str:
    """Log the exception at hand; its id."""
    incident = secrets.token_hex(6)
    request = Request(scope)
    log.exception("%s %s failed (%s)", request.method, request.url.path, incident)
    return incident
