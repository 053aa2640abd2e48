"""The note on a generation that a process still fills it, kept fresh by its writes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from qdrant.server_metadata import LEASE_S, lease_note


class Lease:
    """One handle's; see `qdrant.server_metadata.lease_note`. Safe for several threads.

    Args:
        role: what the process does; None where it holds no generation as its loader.
    """

    def __init__(self, role: str | None) -> None:
        self._role = role
        self._renewed = time.monotonic()
        self._renewing = threading.Lock()

    @property
    def held(self) -> bool:
        return self._role is not None

    def renew(self, note: Callable[[Mapping[str, Any]], object]) -> None:
        """Have it noted again that this load still runs, well before the note runs out."""
        with self._renewing:
            due = time.monotonic() - self._renewed > LEASE_S / 10
            if self._role is not None and due:
                note(lease_note(self._role))
                self._renewed = time.monotonic()
