"""One client that asks a running service at a steady pace until it is told to stop.

Run as `python -m eval.bench.steady PLAN` by `SteadyClient`.
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
from eval.bench.load_test import Request
from eval.bench.measures import Latencies


@dataclass(frozen=True)
class Steady:
    """What a client saw: latencies of the answers, and what failed."""

    latencies: Latencies
    failures: tuple[str, ...]


class SteadyClient(ClientProcess):
    """Asks while the block runs; `seen` afterwards. A request that fails is noted, not repeated.

    Args:
        pause_s: between an answer and the next request, seconds.
    """

    def __init__(self, url: str, requests: list[Request], folder: Path, *, pause_s: float) -> None:
        plan = {"url": url, "pause_s": pause_s, "requests": [vars(each) for each in requests]}
        super().__init__("eval.bench.steady", plan, folder / "steady.json")
        self._seconds: list[float] = []
        self._failures: list[str] = []

    @property
    def seen(self) -> Steady:
        """What it saw so far."""
        with self._news:
            return Steady(Latencies(tuple(self._seconds)), tuple(self._failures))

    def wait_for(self, answers: int, seconds: float) -> bool:
        """Whether so many answers came within `seconds`."""
        with self._news:
            return self._news.wait_for(lambda: len(self._seconds) >= answers, seconds)

    def _heard(self, said: Any) -> None:
        if said["seconds"] is not None:
            self._seconds.append(said["seconds"])
        if said["failure"]:
            self._failures.append(said["failure"])


def _main(path: Path) -> None:
    plan = json.loads(path.read_text())
    url = urllib.parse.urlsplit(plan["url"])
    done = end_of_input()
    number = 0
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=60)
    while not done.wait(plan["pause_s"]):
        request = plan["requests"][number % len(plan["requests"])]
        number += 1
        started = time.perf_counter()
        try:
            connection.request(request["method"], request["path"], headers=request["headers"])
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            say(seconds=None, failure=repr(error))
            connection.close()
            continue
        failure = "" if answer.status == 200 else f"{answer.status}: {text[:200]!r}"
        say(seconds=time.perf_counter() - started, failure=failure)
    connection.close()


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
