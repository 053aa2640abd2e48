"""The error family is what its drawing says."""

from __future__ import annotations

import inspect
import re

from core import errors
from core.errors import BinocleError


def _drawn() -> dict[str, str]:
    """Parents by name, as drawn in the module's docstring."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        drawn = re.match(r"^ {4}((?:[│ ]   )*(?:[├└]── )?)([A-Z]\w+)", line)
        if drawn is None:
            continue
        depth = len(drawn[1]) // 4
        path[depth:] = [drawn[2]]
        parents[drawn[2]] = path[depth - 1] if depth else "Exception"
    return parents


def _real() -> dict[str, str]:
    return {each.__name__: each.__bases__[0].__name__ for each in _classes()}


def _classes() -> list[type[BinocleError]]:
    members = inspect.getmembers(errors, inspect.isclass)
    return [each for _, each in members if issubclass(each, BinocleError)]


def test_the_drawing_shows_the_family_as_it_is() -> None:
    assert _drawn() == _real()


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [each.code for each in _classes()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z-]+", code) for code in codes)


def test_an_error_reads_as_its_message_and_hint() -> None:
    error = BinocleError("It broke.", hint="Mend it.", field="price")
    assert str(error) == "It broke. Mend it."
    assert (error.message, error.hint, error.field) == ("It broke.", "Mend it.", "price")
    assert str(BinocleError("It broke.")) == "It broke."
