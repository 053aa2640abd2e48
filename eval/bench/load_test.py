"""A running service under load: closed-loop clients in a process of their own.

Run as `python -m eval.bench.load_test` by `measure_load`, so that the clients do not share the
measuring process's interpreter lock.
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

from eval.bench.measures import Latencies


@dataclass(frozen=True)
class Request:
    """One HTTP request; the clients go through a list of them in turn."""

    method: str
    path: str
    headers: dict[str, str]
    body: str | None = None  # path of a file that holds the body


def measure_load(
    base_url: str, requests: list[Request], *, clients: int, total: int, folder: Path
) -> Latencies:
    """Latencies of `total` requests by `clients` clients, each sending its next when answered.

    Raises RuntimeError if any answer is not 200.
    """
    plan = folder / "plan.json"
    plan.write_text(
        json.dumps(
            {
                "url": base_url,
                "clients": clients,
                "total": total,
                "requests": [vars(request) for request in requests],
            }
        )
    )
    command = [sys.executable, "-m", "eval.bench.load_test", str(plan)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"The load test failed: {run.stderr.strip()[-500:]}")
    return Latencies(tuple(json.loads(run.stdout)))


def _client(plan: dict[str, object], numbers: list[int], taken: list[float]) -> None:
    url = urllib.parse.urlsplit(str(plan["url"]))
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=30)
    requests = plan["requests"]
    assert isinstance(requests, list)
    bodies = {r["body"]: Path(r["body"]).read_bytes() for r in requests if r["body"]}
    for number in numbers:
        request = requests[number % len(requests)]
        started = time.perf_counter()
        connection.request(
            request["method"], request["path"], bodies.get(request["body"]), request["headers"]
        )
        answer = connection.getresponse()
        text = answer.read()
        taken.append(time.perf_counter() - started)
        if answer.status != 200:
            raise RuntimeError(f"{request['path']} answered {answer.status}: {text[:300]!r}")
    connection.close()


def _main(path: Path) -> int:
    plan = json.loads(path.read_text())
    taken: list[float] = []
    failures: list[str] = []

    def client(first: int) -> None:
        try:
            _client(plan, list(range(first, plan["total"], plan["clients"])), taken)
        except Exception as error:
            failures.append(str(error))

    threads = [threading.Thread(target=client, args=(n,)) for n in range(plan["clients"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        sys.stderr.write(failures[0])
        return 1
    sys.stdout.write(json.dumps(taken))
    return 0


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1])))
