"""The error family as others see it: HTTP statuses, problem documents and exit codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from core import errors
from core.errors import BinocleError

_STATUS: Mapping[type[BinocleError], int] = {
    BinocleError: 500,
    errors.InvalidRequest: 422,
    errors.NotFound: 404,
    errors.ImageError: 422,
    errors.ImageTooLarge: 413,
    errors.TooLarge: 413,
    errors.TooMany: 429,
    errors.UnsupportedContent: 415,
    errors.Conflict: 409,
    errors.CollectionBusy: 503,  # another process has it for now: worth another try
    errors.AccessError: 403,
    errors.KeyNeeded: 401,
    errors.SourceError: 422,
    errors.EncoderUnavailable: 503,
    errors.DatabaseUnavailable: 503,
    errors.StoreUnavailable: 503,
    errors.StorageFull: 507,
}
"""Status by class; a class that is not here has its nearest base's."""

_TITLES: Mapping[int, str] = {
    400: "Bad request",
    401: "A key is needed",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported content type",
    422: "The request can't be used",
    429: "Too many requests",
    500: "Binocle failed",
    503: "Not available now",
    507: "The disk is full",
}


class ExitCode(IntEnum):
    """What the command line's exit codes mean."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    DONE_WITH_REJECTS = 3


@dataclass(frozen=True)
class Problem:
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    hint: str = ""
    field: str | None = None
    id: str | None = None  # of an unexpected failure: finds it in the log
    retry_after_s: int | None = None  # told as a header

    def as_json(self) -> dict[str, Any]:
        """The document, without members that say nothing, but always with hint and field."""
        document: dict[str, Any] = {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "hint": self.hint,
            "field": self.field,
        }
        return document if self.id is None else {**document, "id": self.id}


def status_of(error: BinocleError) -> int:
    """The HTTP status that tells `error`."""
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def exit_code_of(error: BinocleError) -> ExitCode:
    """The exit code that tells `error`."""
    wrong_use = (errors.InvalidRequest, errors.NotFound, errors.SettingsError)
    return ExitCode.WRONG_USE if isinstance(error, wrong_use) else ExitCode.FAILED


def problem_of(error: BinocleError) -> Problem:
    """`error` as a problem document."""
    status = status_of(error)
    return Problem(
        type=f"urn:binocle:{error.code}",
        title=title_of(status),
        status=status,
        detail=error.message,
        hint=error.hint,
        field=error.field,
        retry_after_s=error.retry_after_s if isinstance(error, errors.TooMany) else None,
    )


def title_of(status: int) -> str:
    """The title of problems of this status."""
    return _TITLES.get(status, "Binocle can't answer this")


def unexpected(incident: str) -> Problem:
    """The problem document for a failure nobody foresaw: `incident` finds it in the log."""
    return Problem(
        type="urn:binocle:internal-error",
        title=title_of(500),
        status=500,
        detail="Something went wrong inside Binocle. It was logged.",
        hint=f"Give the id {incident} to whoever runs this service.",
        id=incident,
    )
