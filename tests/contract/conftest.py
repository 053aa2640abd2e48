"""The stores that the contract holds for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qdrant.store import Generation, VectorStore
from tests.contract.engines import ENGINES, engine_store
from tests.contract.samples import config


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest) -> Iterator[VectorStore]:
    with engine_store(request.param) as store:
        yield store


@pytest.fixture
def generation(store: VectorStore) -> Generation:
    """An empty, unpublished generation of collection 'shop'."""
    return store.create("shop", config())
