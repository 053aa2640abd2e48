"""The stores that the contract holds for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from qdrant.edge import EdgeStore
from qdrant.exact import ExactStore
from qdrant.server import ServerStore
from qdrant.server_link import Link
from qdrant.server_options import Connection
from qdrant.store import Generation, VectorStore
from tests.contract.samples import config
from tests.fake_qdrant.local import local_mode
from tests.fake_qdrant.server import fake_qdrant
from tests.stores import store_root


@pytest.fixture(params=["edge", "exact", "local", "rest"])
def store(request: pytest.FixtureRequest) -> Iterator[VectorStore]:
    if request.param == "exact":
        yield ExactStore()
    elif request.param == "local":
        with closing(ServerStore(Link(Connection("http://local"), local_mode()))) as store:
            yield store
    elif request.param == "rest":
        with fake_qdrant() as fake, closing(ServerStore(Link(Connection(fake.url)))) as store:
            yield store
    else:
        with store_root() as root, closing(EdgeStore(root)) as store:
            yield store


@pytest.fixture
def generation(store: VectorStore) -> Generation:
    """An empty, unpublished generation of collection 'shop'."""
    return store.create("shop", config())
