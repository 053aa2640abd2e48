"""A client in a process of its own, which says a JSON line for each thing that it did.

It does not share the measuring process's interpreter lock, and ends when its standard input does.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class ClientProcess(ABC):
    """Runs `python -m MODULE PLAN` while the block lasts.

    Args:
        plan: what the client is to do, as JSON; written to `file`.
    """

    def __init__(self, module: str, plan: Any, file: Path) -> None:
        file.write_text(json.dumps(plan))
        self._command = [sys.executable, "-m", module, str(file)]
        self._news = threading.Condition()

    @abstractmethod
    def _heard(self, said: Any) -> None:
        """Take in what the client said, with `_news` held."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        return self

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            with self._news:
                self._heard(json.loads(line))
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


def end_of_input() -> threading.Event:
    """In the client: set once it is to end."""
    done = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        done.set()

    threading.Thread(target=wait, daemon=True).start()
    return done


def say(**said: Any) -> None:
    """In the client: one line to the process that started it."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
