"""Start the service as a process, and measure it as its users and its operators see it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

import httpx
import psutil


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServiceProcess:
    """A service started by `command`, that answers on `url`. A context manager; it ends with it.

    `environment` is added to this process's variables.

    Raises RuntimeError when the service ends or is not ready within `limit` seconds.
    """

    def __init__(
        self,
        command: Sequence[str],
        url: str,
        *,
        limit: float = 180,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._environment = {**os.environ, **(environment or {})}
        self._command = list(command)
        self.url = url
        self._limit = limit
        self.ready_seconds = 0.0

    def __enter__(self) -> ServiceProcess:
        started = time.perf_counter()
        self._process = subprocess.Popen(
            self._command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment,
        )
        try:
            self._await_ready(started)
        except BaseException:
            self._process.kill()
            raise
        self.ready_seconds = time.perf_counter() - started
        return self

    def _await_ready(self, started: float) -> None:
        while True:
            if self._process.poll() is not None:
                tail = (self._process.stderr.read() if self._process.stderr else "")[-800:]
                raise RuntimeError(f"The service ended before it was ready: {tail}")
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            if time.perf_counter() - started > self._limit:
                raise RuntimeError(f"The service was not ready within {self._limit:g} s.")
            time.sleep(0.02)

    @property
    def resident_bytes(self) -> int:
        """Resident memory of the process and its children."""
        process = psutil.Process(self._process.pid)
        family = [process, *process.children(recursive=True)]
        return sum(member.memory_info().rss for member in family)

    def kill(self) -> None:
        """End it at once, as a crash would (SIGKILL)."""
        self._process.kill()
        self._process.wait()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        finally:
            if self._process.stderr is not None:
                self._process.stderr.close()
