"""One client that asks a running service at a steady pace until it is told to stop.

Run as `python -m eval.bench.steady PLAN` by `SteadyClient`, so that it does not share the measuring
process's interpreter lock. It ends when its standard input does.
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

from eval.bench.load_test import Request
from eval.bench.measures import Latencies


@dataclass(frozen=True)
class Steady:
    """What a client saw: latencies of the answers, and what failed."""

    latencies: Latencies
    failures: tuple[str, ...]


class SteadyClient:
    """Asks while the block runs; `seen` afterwards. A request that fails is noted, not repeated.

    Args:
        pause_s: between an answer and the next request, seconds.
    """

    def __init__(self, url: str, requests: list[Request], folder: Path, *, pause_s: float) -> None:
        self._plan = folder / "steady.json"
        self._plan.write_text(
            json.dumps(
                {"url": url, "pause_s": pause_s, "requests": [vars(each) for each in requests]}
            )
        )
        self._seconds: list[float] = []
        self._failures: list[str] = []
        self._news = threading.Condition()

    @property
    def seen(self) -> Steady:
        """What it saw so far."""
        with self._news:
            return Steady(Latencies(tuple(self._seconds)), tuple(self._failures))

    def wait_for(self, answers: int, seconds: float) -> bool:
        """Whether so many answers came within `seconds`."""
        with self._news:
            return self._news.wait_for(lambda: len(self._seconds) >= answers, seconds)

    def __enter__(self) -> SteadyClient:
        command = [sys.executable, "-m", "eval.bench.steady", str(self._plan)]
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
                if said["seconds"] is not None:
                    self._seconds.append(said["seconds"])
                if said["failure"]:
                    self._failures.append(said["failure"])
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
            _say(None, repr(error))
            connection.close()
            continue
        failure = "" if answer.status == 200 else f"{answer.status}: {text[:200]!r}"
        _say(time.perf_counter() - started, failure)
    connection.close()


def _say(seconds: float | None, failure: str) -> None:
    sys.stdout.write(json.dumps({"seconds": seconds, "failure": failure}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
