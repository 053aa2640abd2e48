"""An embedded store for tests of what only it promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qdrant.edge import EdgeStore
from tests.stores import store_root


@pytest.fixture
def root() -> Iterator[Path]:
    with store_root() as root:
        yield root


@pytest.fixture
def store(root: Path) -> Iterator[EdgeStore]:
    store = EdgeStore(root, role="test")
    yield store
    store.close()
