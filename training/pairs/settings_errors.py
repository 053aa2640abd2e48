"""Says what is wrong with settings so that a person can mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from core.errors import SettingsError

_SHOWN = 5


def settings_error(error: ValidationError, model: type[BaseModel], where: str) -> SettingsError:
    """The error of validating `model`, as sentences that name keys and near matches.

    `where` is what was read, such as the recipe's path. The error's `field` is the first key.
    """
    details = _worth_telling(error.errors())
    told = [_told(detail, model) for detail in details[:_SHOWN]]
    more = len(details) - len(told)
    ending = f" And {more} more." if more > 0 else ""
    hints = list(dict.fromkeys(hint for _, hint in told if hint))
    return SettingsError(
        f"{where}: {' '.join(sentence for sentence, _ in told)}{ending}",
        hint=" ".join(hints),
        field=_shown(details[0]["loc"]),
    )


def _worth_telling(details: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Unknown keys first, as a missing one is often misspelt; without what only follows."""
    places = [detail["loc"] for detail in details]

    def follows(detail: ErrorDetails) -> bool:
        own = detail["loc"]  # a list is too short, too, when its members are malformed
        below = any(len(loc) > len(own) and loc[: len(own)] == own for loc in places)
        return detail["type"] == "too_short" and below

    told = [detail for detail in details if not follows(detail)]
    return sorted(told, key=lambda detail: detail["type"] != "extra_forbidden")


def _told(detail: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    """A sentence and a hint."""
    loc, kind = detail["loc"], detail["type"]
    place = _shown(loc)
    if kind == "extra_forbidden":
        owner = _shown(loc[:-1])
        fields = _fields(model, loc[:-1])
        sentence = f"'{owner}' has no" if owner else "There is no"
        return f"{sentence} setting '{loc[-1]}'.", _nearest(str(loc[-1]), fields)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        kinds = _kinds(model, loc)
        given = detail.get("ctx", {}).get("tag")
        if given is None:
            return f"'{place}' has no 'kind'.", f"Kinds: {', '.join(kinds)}."
        return f"'{place}' is of the unknown kind '{given}'.", _nearest(str(given), kinds)
    if kind == "missing":
        return f"'{place}' is missing.", ""
    message = detail["msg"].removeprefix("Value error, ").rstrip(".")
    return (f"'{place}': {message}." if place else f"{message}."), ""


def _nearest(given: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(given, known, n=2, cutoff=0.6)
    meant = " or ".join(f"'{name}'" for name in near)
    listed = f"There are: {', '.join(known)}."
    return f"Did you mean {meant}? {listed}" if meant else listed


def _shown(loc: Sequence[int | str]) -> str:
    """Such as sources[2].split.by; the tags of kinds are no keys and are left out."""
    text = ""
    after_number = False
    for part in loc:
        if isinstance(part, int):
            text += f"[{part}]"
        elif not after_number:
            text += f".{part}" if text else part
        # The part after a list's number is the tag of the member's kind.
        after_number = isinstance(part, int)
    return text


def _fields(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    """Settings of the model that `loc` leads to."""
    found = _models_at(model, loc)
    return sorted({name for each in found for name in each.model_fields})


def _kinds(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    """The kinds that the models at `loc` may be of."""
    return [kind for each in _models_at(model, loc) for kind in _kind(each)]


def _models_at(model: type[BaseModel], loc: Sequence[int | str]) -> list[type[BaseModel]]:
    found = [model]
    for part in loc:
        if isinstance(part, int):
            continue
        tagged = [each for each in found if part in _kind(each)]
        found = tagged or [
            below
            for each in found
            if part in each.model_fields
            for below in _models(each.model_fields[part].annotation)
        ]
    return found


def _kind(model: type[BaseModel]) -> tuple[str, ...]:
    field = model.model_fields.get("kind")
    if field is None or get_origin(field.annotation) is not Literal:
        return ()
    return tuple(str(value) for value in get_args(field.annotation))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation mentions, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
