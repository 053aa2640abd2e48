"""Releases in processes of their own that are killed at a step: forked off one that has all
imported.

    python -m tests.release_processes FOLDER DATA

takes a moment a line, as 'reembed begin', and answers with a line of JSON: who answers after a
release on a copy of DATA was killed there, and what came of it when it was gone on with.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import scipy.stats  # noqa: F401  # slow to import: once here, not in every child

from app.release.record import Step
from app.release.run import resume, start
from app.release.work import Tools
from tests.releases import Workshop, found, serving


def _forked(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `work` answers in a child; {'killed': True} where that was killed before its end."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            answer = work()
        except BaseException as error:
            answer = {"error": repr(error)}
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return dict(json.loads(text)) if text else {"killed": True}


def _tried(shop: Workshop, moment: str) -> dict[str, Any]:
    def passing(step: Step, when: str) -> None:
        if f"{step} {when}" == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def killed() -> dict[str, Any]:
        with shop.wired() as wiring:
            return {"state": start(wiring, shop.write(), Tools(passing=passing)).state}

    def state() -> dict[str, Any]:
        with shop.wired() as wiring:
            return {"serving": serving(wiring), "red": found(wiring, "red")}

    def gone_on() -> dict[str, Any]:
        with shop.wired() as wiring:
            return {"state": resume(wiring, "r1").state, "serving": serving(wiring)}

    return {"first": _forked(killed), "then": _forked(state), "after": _forked(gone_on)}


def _serve(folder: Path, data: Path) -> None:
    for line in sys.stdin:
        copy = data.with_name(f"{data.name}-copy")
        shutil.copytree(data, copy)
        try:
            answer = _tried(Workshop(folder, copy), line.strip())
        finally:
            shutil.rmtree(copy)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), Path(sys.argv[2]))
