"""What a service says was wrong, as errors of the family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import BinocleError, error_class


def told(reason: str, document: Mapping[str, Any]) -> BinocleError:
    """What a service's problem document says, as an error of its kind.

    Args:
        reason: what to say where the document does not.
    """
    code = str(document.get("type", "")).rpartition(":")[2]
    return error_class(code)(
        str(document.get("detail") or reason),
        hint=document.get("hint") or "",
        field=document.get("field"),
    )
