"""The fake server itself: sockets, keys, faults, stopping and starting again."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.fake_qdrant.faults import Fault, Faults, said
from tests.fake_qdrant.local import Engine
from tests.fake_qdrant.rest import answer

VERSION = "1.20.0"
_PATIENCE_S = 10.0


class FakeQdrant:
    """A server on 127.0.0.1, with one API key or none. What it holds outlives `stop`.

    Args:
        certificate: a PEM file with key and certificate, for https.
    """

    def __init__(
        self, *, api_key: str | None = None, version: str = VERSION, certificate: Path | None = None
    ) -> None:
        self.api_key = api_key
        self.engine = Engine(version)
        self.faults = Faults()
        self.bodies: list[str] = []
        """Of all requests, beside `faults.seen`."""
        self._certificate = certificate
        self._port = 0
        self._server: _Sockets | None = None
        self.start()

    @property
    def url(self) -> str:
        scheme = "http" if self._certificate is None else "https"
        return f"{scheme}://127.0.0.1:{self._port}"

    @property
    def is_down(self) -> bool:
        return self._server is None

    def start(self) -> None:
        """Listen, on the same port as before."""
        server = _Sockets(("127.0.0.1", self._port), _Handler)
        server.fake = self
        if self._certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        self._port = server.server_address[1]
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Close all connections and refuse new ones, as a process that was killed."""
        server, self._server = self._server, None
        if server is not None:
            self.faults.go_on.set()
            server.shutdown()
            server.server_close()
            server.close_connections()
            self.faults.go_on.clear()


class _Sockets(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    fake: FakeQdrant

    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._lock:
            left = list(self._open)
        for each in left:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:  # closed by the other side
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Sockets

    def handle_any(self) -> None:
        fake = self.server.fake
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path = unquote(urlsplit(self.path).path)
        fake.bodies.append(body.decode())
        fault = fake.faults.meet(f"{self.command} {self.path}")
        if fake.api_key is not None and self.headers.get("api-key") != fake.api_key:
            word = "Must provide an API key or an Authorization bearer token"
            self._send(401 if "api-key" not in self.headers else 403, word.encode(), {})
            return
        if fault is not None and not fault.after:
            self._misbehave(fault, b"")
            return
        status, result = answer(fake.engine, self.command, path, body)
        text = said(result) if status != 200 else _ok(result)
        if fault is not None:
            self._misbehave(fault, text.encode())
            return
        self._send(status, text.encode(), {"content-type": "application/json"})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

    def _misbehave(self, fault: Fault, text: bytes) -> None:
        go_on = self.server.fake.faults.go_on
        self.close_connection = True
        if fault.hang:
            go_on.wait(_PATIENCE_S)
        elif fault.drip:
            self._head(200, len(text), {})
            for byte in text:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if go_on.wait(0.02):
                    return
        elif fault.status is not None:
            self._send(fault.status, fault.body.encode(), dict(fault.headers))

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self._head(status, len(body), headers)
        self.wfile.write(body)
        self.wfile.flush()

    def _head(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(length))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


def _ok(result: Any) -> str:
    if isinstance(result, dict) and "version" in result:
        return json.dumps(result)  # the root answers bare
    return json.dumps({"result": result, "status": "ok", "time": 0.0})


@contextmanager
def fake_qdrant(**options: Any) -> Iterator[FakeQdrant]:
    """A fake server, stopped in the end."""
    fake = FakeQdrant(**options)
    try:
        yield fake
    finally:
        fake.stop()
