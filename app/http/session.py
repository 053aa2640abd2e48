"""The page's session: a key in a cookie that scripts can't read, so that images can be shown."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.http.answers import json_answer
from app.http.bodies import JSON, read_json
from app.http.gate import COOKIE, caller_of
from app.http.models import SessionAnswer, SessionBody
from app.http.openapi import takes
from app.http.service import Service
from app.keys.key import Role
from core.errors import KeyNeeded

_MOST = 1_000


def session_routes(service: Service) -> APIRouter:
    """/v1/session."""
    router = APIRouter(tags=["session"])

    @router.get("/v1/session", response_model=SessionAnswer, summary="What the caller may do")
    async def tell(request: Request) -> Response:
        """For pages, which offer only what can be done."""
        try:
            key = caller_of(request, service.wiring.watch)
            required = service.wiring.watch.enforced()
        except KeyNeeded:
            return json_answer({"required": True, "role": None, "key": None, "collections": None})
        limits = key.collections if key is not None else None
        body = {
            "required": required,
            "role": key.role if key is not None else Role.ADMIN,
            "key": key.name if key is not None else None,
            "collections": list(limits) if limits is not None else None,
        }
        return json_answer(body)

    @router.post(
        "/v1/session",
        status_code=204,
        summary="Keep a key in a cookie",
        openapi_extra=takes({JSON: SessionBody}),
    )
    async def begin(request: Request) -> Response:
        """For pages. The cookie goes when the browser closes, and is sent by this site only."""
        body = await read_json(request, SessionBody, _MOST)
        answer = Response(status_code=204)
        if service.wiring.watch.caller(body.key) is None:
            return answer  # keys don't count here: nothing to keep
        answer.set_cookie(
            COOKIE,
            body.key,
            path="/v1",
            httponly=True,
            secure=request.url.scheme == "https",
            samesite="strict",
        )
        return answer

    @router.delete("/v1/session", status_code=204, summary="Forget the key in the cookie")
    async def end() -> Response:
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE, path="/v1", httponly=True, samesite="strict")
        return answer

    return router
