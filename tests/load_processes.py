"""Loads in processes of their own that can be killed: forked off one that has all imported.

Run as a program, it takes a JSON object a line and answers with one:
  {"do": "load", "data": ..., "encoder": ..., "source": ..., "kill_after": seconds or null, ...}
  {"do": "reembed", "data": ..., "encoder": ..., "with": another encoder, "kill_after": ...}
  {"do": "state", "data": ..., "encoder": ...}
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from app.bulk_load import BulkLoad
from app.loading import load_collection
from app.reembedding.request import Reembedding
from app.reembedding.run import reembed
from app.settings import Settings
from app.wiring import Wiring, build
from ingestion.payload import SHA256
from ingestion.syncing import Sync
from qdrant.store import JOINT, Generation

_MODULES = "modules"
_REPOSITORY = Path(__file__).parent.parent


class LoadProcesses:
    """Asks the program; close it at the end."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(_REPOSITORY), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.load_processes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def ask(self, **what: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(what), file=self._process.stdin, flush=True)
        return dict(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)


def _serve() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        work = partial(_WORK[asked["do"]], asked)
        answer = _forked(work, asked.get("kill_after"))
        for module in answer.pop(_MODULES, ()):  # so that the next child need not import them
            if module not in sys.modules:
                with suppress(Exception):
                    importlib.import_module(module)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _forked(work: Callable[[], dict[str, Any]], kill_after: float | None) -> dict[str, Any]:
    """What `work` answers in a child; {"killed": true} where that was killed before its end."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            answer = {**work(), _MODULES: list(sys.modules)}
        except BaseException as error:
            answer = {"error": repr(error)}
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.close(writing)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return dict(json.loads(text)) if text else {"killed": True}


def _wired(asked: dict[str, Any]) -> Wiring:
    return build(Settings.load(data=asked["data"], encoder=asked["encoder"]))


def _load(asked: dict[str, Any]) -> dict[str, Any]:
    sync = Sync(force=True) if asked.get("sync") else None
    plan = BulkLoad(
        "things",
        asked["source"],
        replace=asked.get("replace", False),
        sync=sync,
        through=asked.get("through", 1_000),
    )
    with closing(_wired(asked)) as wiring:
        start = time.monotonic()
        report = load_collection(wiring, plan).report
        return {
            "seconds": time.monotonic() - start,
            "unchanged": report.unchanged,
            "failure": str(report.failure or ""),
        }


def _reembed(asked: dict[str, Any]) -> dict[str, Any]:
    with closing(_wired(asked)) as wiring:
        start = time.monotonic()
        done = reembed(wiring, Reembedding("things", asked["with"]))
        return {"seconds": time.monotonic() - start, "failure": done.refused}


def _state(asked: dict[str, Any]) -> dict[str, Any]:
    """As `state_of`; {} for no collection."""
    with closing(_wired(asked)) as wiring:
        if wiring.store.published("things") is None:
            return {}
        with closing(wiring.store.open("things")) as generation:
            return state_of(generation)


def state_of(generation: Generation) -> dict[str, Any]:
    """Title, image and colour of each item, the colour by its vector: by the tiny towers' axes, or
    by the same the other way round where the encoder is the turned one."""
    points = generation.retrieve(list(generation.ids()), with_vectors=True)
    way = -1 if "turned" in generation.config.encoder else 1
    return {
        point.id: [
            point.payload["title"],
            point.payload[SHA256],
            int(np.argmax(point.vectors[JOINT][::way][:12])),
        ]
        for point in points
    }


_WORK: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "load": _load,
    "reembed": _reembed,
    "state": _state,
}

if __name__ == "__main__":
    _serve()
