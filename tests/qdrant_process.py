"""Real Qdrant servers for the tests: one that is given, or ones that the tests start.

BINOCLE_TEST_QDRANT_URL names a server to test against, BINOCLE_TEST_QDRANT_API_KEY its key. It has
to be one for tests: whatever Binocle finds of its own there is deleted. Without it, a `qdrant` on
the PATH is started, as one node and as a cluster of three.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from qdrant.server_options import Connection, Layout

GIVEN = os.environ.pop("BINOCLE_TEST_QDRANT_URL", None)
GIVEN_KEY = os.environ.pop("BINOCLE_TEST_QDRANT_API_KEY", None)
"""Taken out of the environment, where Binocle refuses variables that it does not know."""
EXECUTABLE = shutil.which("qdrant")
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Node:
    """Ports of one node on 127.0.0.1."""

    http: int
    grpc: int
    peers: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}"

    @property
    def peer_url(self) -> str:
        return f"http://127.0.0.1:{self.peers}"


@dataclass
class Cluster:
    """Nodes that were started, with their folders; stopped when the tests end."""

    folder: Path
    nodes: list[Node] = field(default_factory=list)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def connection(self) -> Connection:
        return Connection(self.nodes[0].url, grpc_port=self.nodes[0].grpc, timeout_s=20)

    def start(self, *, size: int) -> None:
        """Start nodes, and wait until all are ready."""
        for _ in range(size):
            node = Node(*(_free_port() for _ in range(3)))
            self.processes.append(self._run(node, alone=size == 1))
            self.nodes.append(node)
            _wait_ready(node, self.processes[-1])

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, node: Node, *, alone: bool) -> subprocess.Popen[bytes]:
        home = self.folder / str(node.http)
        home.mkdir()
        settings = {
            "QDRANT__SERVICE__HOST": "127.0.0.1",
            "QDRANT__SERVICE__HTTP_PORT": str(node.http),
            "QDRANT__SERVICE__GRPC_PORT": str(node.grpc),
            "QDRANT__STORAGE__STORAGE_PATH": str(home / "storage"),
            "QDRANT__STORAGE__SNAPSHOTS_PATH": str(home / "snapshots"),
            "QDRANT__CLUSTER__ENABLED": str(not alone).lower(),
            "QDRANT__CLUSTER__P2P__PORT": str(node.peers),
            "QDRANT__TELEMETRY_DISABLED": "true",
        }
        command = [str(EXECUTABLE)]
        if not alone:
            command += ["--uri", node.peer_url]
            if self.nodes:
                command += ["--bootstrap", self.nodes[0].peer_url]
        return subprocess.Popen(
            command,
            cwd=home,
            env={**os.environ, **settings},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@functools.cache
def running(size: int) -> Cluster:
    """The nodes that all tests share, started by the first one that asks."""
    cluster = Cluster(Path(tempfile.mkdtemp(prefix="qdrant-test-")))
    atexit.register(cluster.stop)
    cluster.start(size=size)
    return cluster


def connection(engine: str) -> tuple[Connection, Layout]:
    """How the engines 'server' and 'cluster' are reached, and how they keep collections."""
    if engine == "cluster":
        return running(3).connection(), Layout(
            shard_number=3, replication_factor=2, write_consistency_factor=2
        )
    if GIVEN is not None:
        return Connection(GIVEN, api_key=GIVEN_KEY, timeout_s=20), Layout()
    return running(1).connection(), Layout()


def real_engines() -> tuple[str, ...]:
    """The engines with a real server that can be tested here."""
    one = ("server",) if GIVEN or EXECUTABLE else ()
    return (*one, "cluster") if EXECUTABLE else one


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_ready(node: Node, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE_S
    pause = threading.Event()
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{EXECUTABLE} ended with {process.returncode}.")
        try:
            if httpx.get(f"{node.url}/readyz", timeout=2).is_success:
                return
        except httpx.TransportError:
            pass
        pause.wait(0.1)
    raise RuntimeError(f"{EXECUTABLE} was not ready within {_PATIENCE_S:.0f} s.")
