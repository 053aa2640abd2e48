"""Queries that ask for a thing and against it, and parts of a query in a few words."""

from __future__ import annotations

from collections.abc import Sequence

from app.search.query import IdPart, ImagePart, Part, TextPart, UrlPart, VectorPart
from core.errors import InvalidQuery


def refuse_contradictions(parts: Sequence[Part]) -> None:
    """Raises InvalidQuery where the very same thing is asked for and against."""
    signs: dict[object, float] = {}
    for part in parts:
        if part.weight == 0:
            continue
        if signs.setdefault(_identity(part), part.weight) * part.weight < 0:
            raise InvalidQuery(
                f"The query asks for {shown(part)} and against it.",
                hint="Leave one of the two out.",
                field="query",
            )


def shown(part: Part) -> str:
    """A part in a few words, for people."""
    region = getattr(part, "region", None)
    match part:
        case TextPart():
            what = f"'{_short(part.text)}'"
        case ImagePart():
            what = "the image"
        case UrlPart():
            what = f"the image at {_short(part.url)}"
        case IdPart():
            what = f"item '{_short(part.id)}'"
        case VectorPart():
            what = "the vector"
    return f"a region of {what}" if region is not None else what


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _identity(part: Part) -> object:
    match part:
        case TextPart():
            return ("text", " ".join(part.text.casefold().split()))
        case ImagePart():
            return ("image", part.data, part.region)
        case UrlPart():
            return ("url", part.url, part.region)
        case IdPart():
            return ("id", part.id, part.region)
        case VectorPart():
            return ("vector", part.vector)
