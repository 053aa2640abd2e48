from collections.abc import Iterator

import pytest

from app.problems import ExitCode, exit_code_of, problem_of, status_of, title_of, unexpected
from core import errors
from core.errors import BinocleError


def family(root: type[BinocleError] = BinocleError) -> Iterator[type[BinocleError]]:
    yield root
    for child in root.__subclasses__():
        yield from family(child)


@pytest.mark.parametrize("kind", list(family()))
def test_every_error_has_a_status_a_title_and_an_exit_code(kind: type[BinocleError]) -> None:
    error = kind("what happened")
    assert 400 <= status_of(error) < 600
    assert title_of(status_of(error)) != title_of(0)
    assert exit_code_of(error) in (ExitCode.FAILED, ExitCode.WRONG_USE)


@pytest.mark.parametrize(
    ("kind", "status", "exit_code"),
    [
        (errors.InvalidCursor, 422, 2),
        (errors.CollectionNotFound, 404, 2),
        (errors.ImageTooLarge, 413, 1),
        (errors.ImageUnreadable, 422, 1),
        (errors.UnsupportedContent, 415, 1),
        (errors.CollectionExists, 409, 1),
        (errors.CollectionBusy, 503, 1),
        (errors.StorageFull, 507, 1),
        (errors.StoreError, 500, 1),
        (errors.SettingsError, 500, 2),
    ],
)
def test_an_error_is_told_by_its_nearest_class(
    kind: type[BinocleError], status: int, exit_code: int
) -> None:
    assert status_of(kind("x")) == status
    assert exit_code_of(kind("x")) == exit_code


def test_a_problem_says_what_where_and_what_to_do() -> None:
    error = errors.InvalidFilter("There is no field 'x'.", hint="Fields: a, b.", field="x")
    assert problem_of(error).as_json() == {
        "type": "urn:binocle:invalid-filter",
        "title": "The request can't be used",
        "status": 422,
        "detail": "There is no field 'x'.",
        "hint": "Fields: a, b.",
        "field": "x",
    }


def test_an_unexpected_failure_tells_its_id_only() -> None:
    document = unexpected("abc123").as_json()
    assert document["status"] == 500
    assert document["id"] == "abc123"
