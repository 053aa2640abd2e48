"""What is wrong with a recipe, in a sentence that names the key."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from core.errors import SettingsError


def problem_of(error: ValidationError, model: type[BaseModel], where: str) -> SettingsError:
    """The first problem in `error`, found while reading `model` from `where`."""
    # An unknown key explains a missing one: it is told first.
    problems = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    first = problems[0]
    place = _place(first["loc"], model)
    if first["type"] == "extra_forbidden":
        return _unknown(place, _keys_at(first["loc"], model), where)
    if first["type"] == "missing":
        return SettingsError(f"'{place}' is missing in {where}.", field=place)
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return _kind(place, first, where)
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "value_error":
        return SettingsError(f"{where}{f', {place}' if place else ''}: {message}.", field=place)
    shown = str(first["input"])[:60]
    return SettingsError(f"{where}: '{place}' can't be {shown!r}: {message}.", field=place)


def _unknown(place: str, keys: list[str], where: str) -> SettingsError:
    key = place.rpartition(".")[2]
    near = difflib.get_close_matches(key, keys, n=3)
    quoted = " or ".join(f"'{one}'" for one in near)
    hint = f"Did you mean {quoted}?" if near else ""
    known = f"Keys there: {', '.join(sorted(keys))}." if keys and not near else ""
    return SettingsError(f"{where}: there is no key '{place}'.", hint=hint or known, field=place)


def _kind(place: str, problem: Any, where: str) -> SettingsError:
    context = problem["ctx"]
    kinds = str(context.get("expected_tags", "")).replace("'", "")
    hint = f"Kinds: {kinds}." if kinds else "Give it a 'kind'."
    tag = context.get("tag")
    said = f"'{tag}' is no kind of '{place}'" if tag else f"'{place}' has no 'kind'"
    return SettingsError(f"{where}: {said}.", hint=hint, field=place)


def _place(location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """Such as 'data.sources[0].path', without the tags that pydantic puts into it."""
    text = ""
    for part, _ in _walk(location, model):
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _keys_at(location: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    """The keys that could have stood where the last part of `location` stands."""
    found: list[str] = []
    for _, owner in _walk(location, model):
        found = list(owner.model_fields) if owner is not None else []
    return found


def _walk(
    location: tuple[int | str, ...], model: type[BaseModel]
) -> Iterator[tuple[int | str, type[BaseModel] | None]]:
    """Each part that a person wrote, with the model whose key it is, if it is one's."""
    owners: list[type[BaseModel]] = [model]
    for part in location:
        inside = [one for one in owners if isinstance(part, str) and part in one.model_fields]
        if inside:
            yield part, inside[0]
            owners = list(_models(inside[0].model_fields[part].annotation))
            continue
        tagged = [one for one in owners if part in (_tag(one), one.__name__)]
        if tagged:  # which of several kinds it was: pydantic says so, the person did not
            owners = tagged
        elif part not in _PLAIN:
            yield part, owners[0] if owners and isinstance(part, str) else None


_PLAIN = ("str", "int", "float", "bool", "[key]")
"""How pydantic names the branches that are no models, in a choice of several."""


def _tag(model: type[BaseModel]) -> object:
    field = model.model_fields.get("kind")
    return field.default if field is not None else None


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """All models that an annotation names, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
