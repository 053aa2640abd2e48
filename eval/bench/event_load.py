"""One client that sends events to a running service at a rate, until told to stop.

Run as `python -m eval.bench.event_load PLAN` by `EventSender`.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.bench.client_process import ClientProcess, end_of_input, say

_QUERIES = 50


@dataclass(frozen=True)
class Sent:
    """What became of the events: how many were accepted, when (seconds of the wall clock), and how
    often a call failed."""

    accepted: int
    first: float
    last: float
    failures: tuple[str, ...]

    @property
    def per_second(self) -> float:
        """Accepted events a second."""
        return self.accepted / (self.last - self.first) if self.last > self.first else 0.0


class EventSender(ClientProcess):
    """Sends while the block runs; `sent` tells what became of it.

    Args:
        search: path of a search that gives queries to tell events of.
        rate: events a second.
        batch: events of one call.
    """

    def __init__(self, url: str, search: str, folder: Path, *, rate: float, batch: int) -> None:
        plan = {"url": url, "search": search, "rate": rate, "batch": batch}
        super().__init__("eval.bench.event_load", plan, folder / "events.json")
        self._accepted: list[tuple[float, int]] = []
        self._failures: list[str] = []

    @property
    def sent(self) -> Sent:
        """What became of the events so far."""
        with self._news:
            times = [at for at, _ in self._accepted] or [0.0]
            count = sum(accepted for _, accepted in self._accepted[1:])
            first = self._accepted[0][1] if self._accepted else 0
            return Sent(count + first, times[0], times[-1], tuple(self._failures))

    def wait_for(self, accepted: int, seconds: float) -> bool:
        """Whether so many events were accepted within `seconds`."""
        with self._news:
            return self._news.wait_for(
                lambda: sum(count for _, count in self._accepted) >= accepted, seconds
            )

    def _heard(self, said: Any) -> None:
        if said["failure"]:
            self._failures.append(said["failure"])
        else:
            self._accepted.append((said["at"], said["accepted"]))


def _main(path: Path) -> None:
    plan = json.loads(path.read_text())
    url = urllib.parse.urlsplit(plan["url"])
    done = end_of_input()
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=30)
    bodies = [_body(_query_id(connection, plan["search"]), plan["batch"]) for _ in range(_QUERIES)]
    start, number = time.perf_counter(), 0
    while not done.is_set():
        number += 1
        _send(connection, bodies[number % _QUERIES])
        done.wait(max(0.0, start + number * plan["batch"] / plan["rate"] - time.perf_counter()))
    connection.close()


def _query_id(connection: http.client.HTTPConnection, path: str) -> str:
    connection.request("GET", path)
    return str(json.loads(connection.getresponse().read())["query_id"])


def _body(query_id: str, batch: int) -> bytes:
    """Impressions of a page, as its beacon sends them."""
    events = [
        {
            "query_id": query_id,
            "item": f"item-{place}",
            "action": "impression",
            "position": place + 1,
        }
        for place in range(batch)
    ]
    return json.dumps({"events": events}).encode()


def _send(connection: http.client.HTTPConnection, body: bytes) -> None:
    said: dict[str, Any] = {"accepted": 0, "failure": ""}
    try:
        connection.request("POST", "/v1/events", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status == 202:
            said["accepted"] = json.loads(text)["accepted"]
        else:
            said["failure"] = f"{answer.status}: {text[:200]!r}"
    except (OSError, http.client.HTTPException) as error:
        said["failure"] = repr(error)
        connection.close()
    say(**said, at=time.time())


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
