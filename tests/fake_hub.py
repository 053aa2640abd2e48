"""A stand-in of the Hugging Face hub: the answers by which files of a data set are read."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit


@contextmanager
def fake_hub(name: str, files: Mapping[str, bytes]) -> Iterator[str]:
    """The hub's address while the block runs; it has one data set, its Parquet branch `files`."""
    folders = {str(folder) for path in files for folder in PurePosixPath(path).parents} - {"."}
    listed = [
        *({"type": "directory", "path": path, "oid": "b" * 40} for path in sorted(folders)),
        *({"type": "file", "path": path, "size": len(data), "oid": "a" * 40}
          for path, data in files.items()),
    ]  # fmt: skip

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            here = f"datasets/{name}/"
            if path.startswith(f"/api/{here}tree/"):
                self._send(200, json.dumps(listed).encode())
            elif path.startswith(f"/api/{here}revision/"):
                self._send(200, json.dumps({"id": name, "sha": "c" * 40, "siblings": []}).encode())
            elif path.startswith(f"/{here}resolve/refs/convert/parquet/"):
                self._file(files[path.partition("/parquet/")[2]])
            else:
                self._send(404, b"{}")

        def _file(self, data: bytes) -> None:
            first, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
            self._send(206, data[int(first) : int(last) + 1])

        def _send(self, status: int, data: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
