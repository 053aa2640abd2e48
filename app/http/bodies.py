"""Reading request bodies: limited while they arrive, of the right content type, checked."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser

from core.errors import InvalidRequest, TooLarge, UnsupportedContent

M = TypeVar("M", bound=BaseModel)

JSON = "application/json"
MULTIPART = "multipart/form-data"
_MAX_FIELDS = 50


def media_type(request: Request) -> str:
    """The content type without its parameters, in lower case; '' where there is none."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def unsupported(request: Request, *taken: str) -> UnsupportedContent:
    """The error that says which content types are `taken` here."""
    given = media_type(request) or "no content type"
    return UnsupportedContent(
        f"The body is sent as {given}, which isn't taken here.",
        hint=f"Send it as {' or '.join(taken)}.",
    )


async def read_json(request: Request, model: type[M], max_bytes: int) -> M:
    """The JSON body as `model`. Raises UnsupportedContent, TooLarge and InvalidRequest."""
    if media_type(request) != JSON:
        raise unsupported(request, JSON)
    data = b"".join([chunk async for chunk in _limited(request, max_bytes)])
    try:
        return model.model_validate(_loads(data))
    except ValidationError as error:
        raise invalid(error.errors()[0]) from None


async def read_form(request: Request, max_bytes: int) -> FormData:
    """The multipart body. Raises TooLarge and InvalidRequest."""
    stream = _limited(request, max_bytes)
    parser = MultiPartParser(request.headers, stream, max_files=1, max_fields=_MAX_FIELDS)
    try:
        return await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        reason = getattr(error, "message", "") or "it has no usable boundary"
        raise InvalidRequest(
            f"The multipart body is malformed: {reason.rstrip('.')}.", field="body"
        ) from None


def invalid(error: Any) -> InvalidRequest:
    """Pydantic's finding as ours, with the place in the input as its field."""
    field = ".".join(str(part) for part in error["loc"]) or "body"
    if error["type"] == "extra_forbidden":
        return InvalidRequest(f"There is no '{field}' here.", field=field)
    if error["type"] == "value_error":
        return InvalidRequest(str(error["ctx"]["error"]), field=field)
    return InvalidRequest(f"'{field}': {error['msg']}.", field=field)


def _loads(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"The body is not JSON: {error}.", field="body") from None


async def _limited(request: Request, max_bytes: int) -> AsyncGenerator[bytes, None]:
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > max_bytes:
        raise _too_large(max_bytes)
    seen = 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen > max_bytes:
            raise _too_large(max_bytes)
        yield chunk


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(
        f"The body is larger than {max_bytes:,} bytes.",
        hint="Send less at once, or raise BINOCLE_HTTP__MAX_BODY.",
        field="body",
    )
