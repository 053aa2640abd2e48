"""The engines that the contract is held against, by name.

edge    the embedded engine
exact   the oracle, in memory
local   ServerStore over qdrant-client's local mode, without a network
rest    ServerStore over REST to the fake server, which has the local mode behind it
grpc    the same over gRPC
server  ServerStore to a real server: BINOCLE_TEST_QDRANT_URL, or a `qdrant` on the PATH
cluster the same to three nodes of a `qdrant` on the PATH, with two replicas
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from qdrant.edge import EdgeStore
from qdrant.exact import ExactStore
from qdrant.server import ServerStore
from qdrant.server_link import Link
from qdrant.server_options import Connection
from qdrant.store import VectorStore
from tests.fake_qdrant.grpc_service import grpc_qdrant
from tests.fake_qdrant.local import local_mode
from tests.fake_qdrant.server import fake_qdrant
from tests.qdrant_process import connection, real_engines
from tests.stores import store_root

ENGINES = ("edge", "exact", "local", "rest", "grpc", *real_engines())
LOCAL = ("local", "rest", "grpc")
"""Engines with the local mode behind them; how it differs is held by test_differences."""


@contextmanager
def engine_store(name: str) -> Iterator[VectorStore]:
    """An empty store on the engine, closed and removed in the end."""
    if name == "exact":
        yield ExactStore()
    elif name == "local":
        with closing(ServerStore(Link(Connection("http://local"), local_mode()))) as store:
            yield store
    elif name == "rest":
        with fake_qdrant() as fake, closing(ServerStore(Link(Connection(fake.url)))) as store:
            yield store
    elif name == "grpc":
        with fake_qdrant() as fake, grpc_qdrant(fake.engine) as served:
            way = Connection(fake.url, grpc=True, grpc_port=served.port)
            with closing(ServerStore(Link(way))) as store:
                yield store
    elif name in ("server", "cluster"):
        way, layout = connection(name)
        with closing(ServerStore(Link(way), layout)) as store:
            _emptied(store)
            yield store
        with closing(ServerStore(Link(way), layout)) as store:  # the test may have closed its own
            _emptied(store)
    else:
        with store_root() as root, closing(EdgeStore(root)) as store:
            yield store


def _emptied(store: ServerStore) -> None:
    """Delete all that Binocle has on the server, what a test that failed left there included."""
    for name in store.everything():
        store.drop(name)
