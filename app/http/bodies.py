"""Reading request bodies: limited while they arrive, of the right content type, checked."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, TypeVar

import orjson
from fastapi import Request
from multipart import (
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)
from pydantic import BaseModel, ValidationError

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
    data = await read_bytes(request, max_bytes)
    try:
        return model.model_validate(loads(data))
    except ValidationError as error:
        raise invalid(error.errors()[0]) from None


async def read_bytes(request: Request, max_bytes: int, setting: str = "HTTP__MAX_BODY") -> bytes:
    """The whole body. `setting` is what limits it. Raises TooLarge."""
    return b"".join([chunk async for chunk in _limited(request, max_bytes, setting)])


async def read_form(request: Request, max_bytes: int) -> dict[str, str | bytes]:
    """The multipart body (RFC 7578): files as bytes, other fields as text, each name once.

    Raises TooLarge and InvalidRequest.
    """
    _, options = parse_options_header(request.headers.get("content-type", ""))
    form: dict[str, str | bytes] = {}
    try:
        parser = PushMultipartParser(options.get("boundary", ""), max_segment_count=_MAX_FIELDS)
        with parser:
            segment, data = None, bytearray()
            async for chunk in _limited(request, max_bytes):
                for event in parser.parse(chunk) if chunk else ():
                    if isinstance(event, MultipartSegment):
                        segment, data = event, bytearray()
                        if segment.name in form:
                            raise InvalidRequest(
                                f"'{segment.name}' is sent more than once.", field=segment.name
                            )
                    elif event:
                        data += event
                    elif segment is not None:
                        is_file = segment.filename is not None
                        form[segment.name] = bytes(data) if is_file else data.decode()
    except (MultipartError, ValueError) as error:
        raise InvalidRequest(f"The multipart body is malformed: {error}.", field="body") from None
    return form


def invalid(error: Any) -> InvalidRequest:
    """Pydantic's finding as ours, with the place in the input as its field."""
    field = ".".join(str(part) for part in error["loc"]) or "body"
    if error["type"] == "extra_forbidden":
        return InvalidRequest(f"There is no '{field}' here.", field=field)
    if error["type"] == "value_error":
        return InvalidRequest(str(error["ctx"]["error"]), field=field)
    return InvalidRequest(f"'{field}': {error['msg']}.", field=field)


def loads(data: bytes) -> Any:
    """What the JSON says. Raises InvalidRequest."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"The body is not JSON: {error}.", field="body") from None


async def _limited(
    request: Request, max_bytes: int, setting: str = "HTTP__MAX_BODY"
) -> AsyncGenerator[bytes, None]:
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > max_bytes:
        raise _too_large(max_bytes, setting)
    seen = 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen > max_bytes:
            raise _too_large(max_bytes, setting)
        yield chunk


def _too_large(max_bytes: int, setting: str) -> TooLarge:
    return TooLarge(
        f"The body is larger than {max_bytes:,} bytes.",
        hint=f"Send less at once, or raise BINOCLE_{setting}.",
        field="body",
    )
