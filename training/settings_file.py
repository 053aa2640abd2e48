"""Settings in a YAML file, checked, some of them changed on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from core.errors import SettingsError
from training.pairs.settings_errors import settings_error

Settings = TypeVar("Settings", bound=BaseModel)


def read_settings(
    path: Path, model: type[Settings], changes: Sequence[str] = (), *, what: str, hint: str = ""
) -> Settings:
    """The checked settings in a YAML file.

    Args:
        changes: settings that take the place of the file's, such as 'loss.kind=sigmoid'; values
            are YAML.
        what: a word for such a file, for people. hint: what to do where there is none.

    Raises SettingsError: no such file, not YAML, an unknown key (with those that are near), or a
    wrong value.
    """
    try:
        given = yaml.load(path.read_text(encoding="utf-8"), Loader=_Strict)  # noqa: S506
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(f"The {what} {path} can't be read: {reason}.", hint=hint) from None
    except yaml.YAMLError as error:
        raise SettingsError(f"The {what} {path} is no YAML: {error}") from None
    if not isinstance(given, dict):
        raise SettingsError(f"The {what} {path} holds no settings, which are 'key: value' lines.")
    for change in changes:
        _put(given, change)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise settings_error(error, model, str(path)) from None


def _put(document: dict[str, Any], change: str) -> None:
    key, equals, value = change.partition("=")
    *groups, leaf = key.strip().split(".")
    place = document
    for group in groups:
        place = place.setdefault(group, {})
        if not isinstance(place, dict):
            break
    if not equals or not leaf or not isinstance(place, dict):
        raise SettingsError(f"'{change}' changes no setting: write KEY=VALUE, as optimizer.clip=1.")
    try:
        place[leaf] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise SettingsError(f"The value of '{change}' is no YAML: {error}") from None


class _Strict(yaml.SafeLoader):
    """Refuses a key that is there twice: the first one would be lost without a word."""


def _mapping(loader: _Strict, node: yaml.MappingNode) -> dict[object, object]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    twice = next((key for place, key in enumerate(keys) if key in keys[:place]), None)
    if twice is not None:
        raise yaml.MarkedYAMLError(
            problem=f"'{twice}' is there twice", problem_mark=node.start_mark
        )
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
