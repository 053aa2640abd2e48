"""The stores that the contract holds for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qdrant.edge import EdgeStore
from qdrant.exact import ExactStore
from qdrant.store import Generation, VectorStore
from tests.contract.samples import config
from tests.stores import store_root


@pytest.fixture(params=["edge", "exact"])
def store(request: pytest.FixtureRequest) -> Iterator[VectorStore]:
    if request.param == "exact":
        yield ExactStore()
        return
    with store_root() as root:
        store = EdgeStore(root)
        yield store
        store.close()


@pytest.fixture
def generation(store: VectorStore) -> Generation:
    """An empty, unpublished generation of collection 'shop'."""
    return store.create("shop", config())
