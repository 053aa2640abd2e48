"""The gate: finds out whose key came with a request, and whether it reaches that far."""

from __future__ import annotations

from starlette.requests import Request, cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.answers import problem_answer
from app.keys.access import check, needed
from app.keys.key import Key
from app.keys.watch import KeyWatch
from app.problems import problem_of
from app.telemetry import Telemetry
from core.errors import BinocleError, NotAllowed

COOKIE = "binocle_key"
_KEY = "binocle.key"
_BEARER = "bearer "
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN = frozenset({"same-origin", "none"})


class KeyGate:
    """ASGI middleware: what needs a key gets no further without one."""

    def __init__(self, app: ASGIApp, watch: KeyWatch, telemetry: Telemetry) -> None:
        self._app = app
        self._watch = watch
        self._refusals = telemetry.refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = needed(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if asked is not None:
            try:
                key = self._watch.caller(_text(Request(scope)))
                if key is not None:
                    check(key, asked)
            except BinocleError as error:
                self._refusals.labels(error.code).inc()
                await problem_answer(problem_of(error))(scope, receive, send)
                return
            scope[_KEY] = key
        await self._app(scope, receive, send)


def key_of(request: Request) -> Key | None:
    """The key that came with a request to what needs one; None where keys are not enforced."""
    key: Key | None = request.scope.get(_KEY)
    return key


def caller_of(request: Request, watch: KeyWatch) -> Key | None:
    """Whose key came with a request to an open path; None where keys are not enforced.

    Raises KeyNeeded where one is needed and none that counts came, and DatabaseUnavailable.
    """
    return watch.caller(_text(request))


def may_know(request: Request, watch: KeyWatch) -> bool:
    """Whether the caller of an open path may be told details: where keys count, only with one."""
    try:
        caller_of(request, watch)
    except BinocleError:
        return False
    return True


def _text(request: Request) -> str | None:
    """The key's text as it came: in the header, or in the page's cookie. Raises NotAllowed."""
    header = request.headers.get("authorization")
    if header is not None:
        return header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else header
    text = cookie_parser(request.headers.get("cookie", "")).get(COOKIE)
    # A browser sends cookies with whatever a page asks for, a page of a sister site's, too.
    origin = request.headers.get("sec-fetch-site", "none")
    if text is not None and request.method not in _SAFE and origin not in _OWN:
        raise NotAllowed("Pages of other sites may not send this.")
    return text
