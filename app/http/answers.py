"""Writing answers: JSON and problem documents."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.http.bodies import invalid
from app.problems import Problem, problem_of, title_of
from core.errors import BinocleError

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
_HEADERS = {
    401: {"WWW-Authenticate": 'Bearer realm="binocle"'},
    503: {"Retry-After": "1"},
}
Handler = Callable[[Request, Exception], Awaitable[Response]]


def json_answer(value: Any, status: int = 200) -> Response:
    """`value` as a JSON response: plain types and NumPy arrays."""
    return Response(orjson.dumps(value, option=_OPTIONS), status, media_type="application/json")


def problem_answer(problem: Problem) -> Response:
    """`problem` as a problem+json response."""
    headers = _HEADERS.get(problem.status)
    if problem.retry_after_s is not None:
        headers = {"Retry-After": str(problem.retry_after_s)}
    return Response(
        orjson.dumps(problem.as_json()),
        problem.status,
        headers=headers,
        media_type="application/problem+json",
    )


def tell_problems(app: FastAPI) -> None:
    """Have `app` tell every foreseen failure as a problem document."""

    async def ours(_: Request, error: Exception) -> Response:
        assert isinstance(error, BinocleError)
        return problem_answer(problem_of(error))

    async def malformed(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        inside = first["loc"][1:]  # the first says only that it was in the query string
        return problem_answer(problem_of(invalid({**first, "loc": inside})))

    async def routing(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem_answer(_of_http(request, error))

    app.add_exception_handler(BinocleError, ours)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, routing)


def _of_http(request: Request, error: HTTPException) -> Problem:
    title = title_of(error.status_code)
    hint = ""
    detail = str(error.detail)
    if error.status_code == 404:
        detail = f"There is nothing at {request.url.path}."
        hint = "The API is described at /openapi.json; ids in paths are percent-encoded."
    if error.status_code == 405:
        detail = f"{request.method} is not for {request.url.path}."
    code = title.lower().replace(" ", "-")
    return Problem(f"urn:binocle:{code}", title, error.status_code, detail, hint)
