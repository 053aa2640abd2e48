"""Opens a vector store: the embedded one, one in memory, or a Qdrant server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

from app.store_settings import EmbeddedSettings, ServerSettings
from qdrant.edge import EdgeStore
from qdrant.exact import ExactStore
from qdrant.server_options import Connection, Consistency, Layout
from qdrant.store import VectorStore

if TYPE_CHECKING:
    from qdrant.server import ServerStore


def open_store(
    spec: str,
    collections: Path,
    server: ServerSettings,
    embedded: EmbeddedSettings,
    *,
    role: str,
    serving: bool = False,
) -> VectorStore:
    """The store that `spec` names; a server is connected to when it is first asked.

    Args:
        spec: 'embedded', 'memory', or the URL of a server.
        collections: folder of the embedded store.
        serving: whether searches are answered by this process, which nothing may freeze.

    Raises SettingsError for settings of the server that can't be.
    """
    if spec == "memory":
        return ExactStore()
    if spec == "embedded":
        return EdgeStore(
            collections, role=role, segment_points=embedded.segment_points, seals=not serving
        )
    return open_server(spec, server, role=role)


def open_server(url: str, settings: ServerSettings, *, role: str) -> ServerStore:
    """The store on the server at `url`. Raises SettingsError."""
    from qdrant.server import ServerStore  # takes a second to import, and only servers need it
    from qdrant.server_link import Link

    layout = Layout(**settings.figures())
    return ServerStore(Link(connection_of(url, settings)), layout, role=role)


def connection_of(url: str, settings: ServerSettings) -> Connection:
    """The way to the server at `url`."""
    key = settings.api_key
    return Connection(
        url=url.rstrip("/"),
        api_key=None if key is None else key.get_secret_value(),
        ca=settings.ca,
        grpc=settings.grpc,
        grpc_port=settings.grpc_port,
        timeout_s=settings.timeout_seconds,
        write_timeout_s=settings.write_timeout_seconds,
        index_wait_s=settings.index_wait_seconds,
        read_consistency=_consistency(settings.read_consistency),
        write_ordering=settings.write_ordering,
    )


def _consistency(text: str | None) -> Consistency | None:
    if text is None or not text.isdigit():
        names: tuple[Consistency, ...] = get_args(get_args(Consistency)[1])
        return next((name for name in names if name == text), None)
    return int(text)
