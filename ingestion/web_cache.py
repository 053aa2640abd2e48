"""What was fetched before, kept in one SQLite file by the rules of HTTP caching (RFC 9111)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

from hishel import CacheOptions, Headers, Request, Response, SqliteStorage
from hishel._sync_rfc import handle_request_with_rfc


@dataclass(frozen=True)
class Answer:
    """A server's answer; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Send: TypeAlias = Callable[[Mapping[str, str]], Answer]
"""Asks the server, with these headers beside the usual ones."""

_CONDITIONS = frozenset({"if-none-match", "if-modified-since"})


class WebCache:
    """Answers of servers. Safe to call from several threads. What fails here is fetched as ever.

    Args:
        size: bytes above which answers that were long not asked for are dropped.
    """

    def __init__(self, path: Path, size: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._storage = SqliteStorage(database_path=path, max_size=size)

    def close(self) -> None:
        self._storage.close()

    def answer(self, url: str, send: Send) -> Answer:
        """What is kept, if it is fresh or the server says that it still holds; or a new answer.

        Raises what `send` raises; then nothing is kept.
        """

        def ask(request: Request) -> Response:
            known = dict(request.headers.items())
            fresh = send({k: v for k, v in known.items() if k.lower() in _CONDITIONS})
            return Response(fresh.status, Headers(dict(fresh.headers)), iter([fresh.body]))

        response, _ = handle_request_with_rfc(
            Request("GET", url),
            ask,
            self._storage,
            hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest(),
            CacheOptions(shared=False),
        )
        body = b"".join(cast(Iterable[bytes], response.stream or ()))
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, body)
