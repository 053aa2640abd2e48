"""What can be wrong with a server: chosen by a test, for requests that match."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """What happens to a request instead of its answer.

    Attributes:
        status: answered with `body`; None for no answer.
        after: only once the request was carried out.
        hang: keep the connection open and say nothing, until the server is told to go on.
        drip: send the answer byte by byte, one at each release of the server.
    """

    status: int | None = None
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    after: bool = False
    hang: bool = False
    drip: bool = False


def said(text: str) -> str:
    """An error as Qdrant's REST API tells it."""
    return json.dumps({"status": {"error": text}, "time": 0.0})


FULL = Fault(
    500,
    said("Service internal error: No space left on device: WAL buffer size exceeds available "
         "disk space"),
)  # fmt: skip
OVERLOADED = Fault(503, said("Service unavailable"))
NO_REPLICA = Fault(
    500,
    said("Service internal error: The replica set for shard 0 on peer 1 has no active replica"),
)
LOST = Fault()
"""The connection is closed without an answer, and the request not carried out."""
ANSWER_LOST = Fault(after=True)
HANGING = Fault(hang=True)
DRIPPING = Fault(drip=True, after=True)


class Faults:
    """Faults in store: each for the next requests whose "METHOD path" its pattern finds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[tuple[re.Pattern[str], Fault, int]] = []
        self.go_on = threading.Event()
        """Set to end what hangs."""
        self.seen: list[str] = []
        """All requests so far, such as 'GET /collections'."""

    def plan(self, fault: Fault, pattern: str = "", *, times: int = 1) -> None:
        with self._lock:
            self._planned.append((re.compile(pattern), fault, times))

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def meet(self, request: str) -> Fault | None:
        """The fault of this request, if any; it is used up."""
        with self._lock:
            self.seen.append(request)
            for place, (pattern, fault, times) in enumerate(self._planned):
                if pattern.search(request):
                    if times == 1:
                        del self._planned[place]
                    else:
                        self._planned[place] = (pattern, fault, times - 1)
                    return fault
        return None

    def count(self, pattern: str) -> int:
        """How many requests matched so far."""
        with self._lock:
            return sum(bool(re.search(pattern, request)) for request in self.seen)
