"""From what came over HTTP to search requests."""

from __future__ import annotations

import base64
import binascii

from app.http.search_models import QueryPart, SearchBody
from app.search.query import (
    IdPart,
    ImagePart,
    Part,
    Region,
    SearchRequest,
    TextPart,
    UrlPart,
    VectorPart,
)
from core.errors import InvalidQuery, InvalidRequest


def request_of(body: SearchBody) -> SearchRequest:
    """The request that a JSON body makes. Raises InvalidQuery with the place in the body."""
    return SearchRequest(
        parts=tuple(_part(at, part) for at, part in enumerate(body.query)),
        filter=body.filter,
        limit=body.limit,
        cursor=body.cursor,
        facets=tuple(body.facets),
        histograms={
            name: bins if isinstance(bins, int) else tuple(bins)
            for name, bins in body.histograms.items()
        },
        sort=body.sort,
        explain=body.explain,
        partial=body.partial,
        shaping=body.shaping(),
        understand=body.understand,
        recognise=body.recognise,
    )


def image_bytes(text: str, field: str) -> bytes:
    """The bytes of an image that came as base64 or as a data: URL. Raises InvalidRequest."""
    if text.startswith("data:"):
        head, comma, text = text.partition(",")
        if not comma or not head.endswith(";base64"):
            raise InvalidRequest(
                f"'{field}' is a data: URL, but not of base64.",
                hint="Use data:image/jpeg;base64,....",
                field=field,
            )
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(
            f"'{field}' is no base64: {str(error) or 'wrong characters'}.", field=field
        ) from None


def _part(at: int, part: QueryPart) -> Part:
    weight, region = part.weight, None
    try:
        if part.region is not None:
            region = Region(**part.region.model_dump())
        if part.text is not None:
            return TextPart(part.text, weight)
        if part.image is not None:
            return ImagePart(image_bytes(part.image, "image"), weight, region)
        if part.image_url is not None:
            return UrlPart(part.image_url, weight, region)
        if part.id is not None:
            return IdPart(part.id, weight, region)
        assert part.vector is not None
        return VectorPart(tuple(part.vector), weight)
    except InvalidRequest as error:
        where = f"query.{at}.{error.field}"
        message = error.message.replace(f"'{error.field}'", f"'{where}'")
        raise InvalidQuery(message, hint=error.hint, field=where) from None
