"""One client that sends events to a running service at a rate, until told to stop.

Run as `python -m eval.bench.event_load PLAN` by `EventSender`, so that it does not share the
measuring process's interpreter lock. It ends when its standard input does.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

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


class EventSender:
    """Sends while the block runs; `sent` tells what became of it.

    Args:
        search: path of a search that gives queries to tell events of.
        rate: events a second.
        batch: events of one call.
    """

    def __init__(self, url: str, search: str, folder: Path, *, rate: float, batch: int) -> None:
        self._plan = folder / "events.json"
        plan = {"url": url, "search": search, "rate": rate, "batch": batch}
        self._plan.write_text(json.dumps(plan))
        self._accepted: list[tuple[float, int]] = []
        self._failures: list[str] = []
        self._news = threading.Condition()

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

    def __enter__(self) -> EventSender:
        command = [sys.executable, "-m", "eval.bench.event_load", str(self._plan)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        return self

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            said = json.loads(line)
            with self._news:
                if said["failure"]:
                    self._failures.append(said["failure"])
                else:
                    self._accepted.append((said["at"], said["accepted"]))
                self._news.notify_all()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._listener.join()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process.wait()


def _await_end(done: threading.Event) -> None:
    sys.stdin.read()
    done.set()


def _main(path: Path) -> None:
    plan = json.loads(path.read_text())
    url = urllib.parse.urlsplit(plan["url"])
    done = threading.Event()
    threading.Thread(target=_await_end, args=(done,), daemon=True).start()
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
    said: dict[str, Any] = {"at": 0.0, "accepted": 0, "failure": ""}
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
    said["at"] = time.time()
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
