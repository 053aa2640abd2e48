"""An embedded store, and one on a fake server, for tests of what only they promise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from qdrant.edge import EdgeStore
from qdrant.server import ServerStore
from tests.fake_qdrant.server import FakeQdrant, fake_qdrant
from tests.stores import store_root
from tests.unit.qdrant.links import link_to


@pytest.fixture
def root() -> Iterator[Path]:
    with store_root() as root:
        yield root


@pytest.fixture
def store(root: Path) -> Iterator[EdgeStore]:
    store = EdgeStore(root, role="test")
    yield store
    store.close()


@pytest.fixture
def fake() -> Iterator[FakeQdrant]:
    """A fake server without a key."""
    with fake_qdrant() as fake:
        yield fake


@pytest.fixture
def server_store(fake: FakeQdrant) -> Iterator[ServerStore]:
    """A store on `fake`."""
    with closing(ServerStore(link_to(fake))) as store:
        yield store
