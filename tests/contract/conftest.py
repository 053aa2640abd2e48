"""The stores that the contract holds for."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from qdrant.edge import EdgeStore
from qdrant.exact import ExactStore
from qdrant.store import Generation, VectorStore
from tests.contract.samples import config

_MEMORY = Path("/dev/shm")
"""A file system in memory: the engine syncs some sixty files for a new shard."""


@pytest.fixture(scope="module")
def roots() -> Iterator[Path]:
    """A folder for stores, on a fast file system where there is one."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
def root(roots: Path) -> Path:
    """A folder for one store; not there yet."""
    return roots / uuid.uuid4().hex / "collections"


@pytest.fixture(params=["edge", "exact"])
def store(request: pytest.FixtureRequest, root: Path) -> Iterator[VectorStore]:
    store: VectorStore = EdgeStore(root) if request.param == "edge" else ExactStore()
    yield store
    store.close()


@pytest.fixture
def generation(store: VectorStore) -> Generation:
    """An empty, unpublished generation of collection 'shop'."""
    return store.create("shop", config())
