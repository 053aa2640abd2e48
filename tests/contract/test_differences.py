"""Where engines differ: each test is one row of the table in docs/qdrant.md.

The local mode of qdrant-client stands behind 'local', 'rest' and 'grpc'; what is its own is not a
trait of Qdrant's servers, and is no more than a limit of what those tests can prove.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from core.errors import CollectionBusy, InvalidItem, InvalidName, StoreUnavailable
from core.filter_parser import parse_filter
from qdrant.edge import EdgeStore
from qdrant.server_options import Tunable
from qdrant.store import Generation, VectorStore
from tests.contract.engines import ENGINES, LOCAL, engine_store
from tests.contract.samples import SCHEMA, config, point
from tests.stores import store_root

SERVERS = (*LOCAL, "server", "cluster")
Opened = Callable[[str], VectorStore]


@pytest.fixture(scope="module")
def opened() -> Iterator[Opened]:
    """A store by the name of its engine, opened once."""
    stores: dict[str, VectorStore] = {}
    with ExitStack() as stack:

        def open_once(name: str) -> VectorStore:
            if name not in stores:
                stores[name] = stack.enter_context(engine_store(name))
            return stores[name]

        yield open_once


each_engine = pytest.mark.parametrize("engine", ENGINES)


def found(generation: Generation, expression: dict[str, Any], **payload: Any) -> int:
    generation.upsert([point("a", 1, **payload)])
    return generation.count(parse_filter(expression, SCHEMA))


@each_engine
def test_words_in_different_members_of_a_list(opened: Opened, engine: str) -> None:
    generation = opened(engine).create("words", config())
    wanted = 0 if engine in LOCAL else 1
    assert found(generation, {"notes": {"match": "red shoe"}}, notes=["red", "shoe"]) == wanted
    assert found(generation, {"notes": {"match": "red shoe"}}, notes=["a red", "red shoe"]) == 1


@each_engine
def test_the_largest_integer_within_a_range(opened: Opened, engine: str) -> None:
    generation = opened(engine).create("large", config())
    wanted = 0 if engine in LOCAL else 1
    assert found(generation, {"stock": {"gte": 2**63 - 1}}, stock=2**63 - 1) == wanted
    assert found(generation, {"stock": {"gte": 2**53}}, stock=2**53) == 1


@each_engine
def test_integers_of_the_last_bit_in_a_payload(opened: Opened, engine: str) -> None:
    generation = opened(engine).create("bits", config())
    if engine == "grpc":
        with pytest.raises(InvalidItem):
            generation.upsert([point("a", _own=2**63)])
    else:
        generation.upsert([point("a", _own=2**63)])
        assert generation.retrieve(["a"])[0].payload["_own"] == 2**63


@each_engine
def test_who_may_write(opened: Opened, engine: str) -> None:
    store = opened(engine)
    generation = store.create("owned", config())
    assert generation.shared == (engine in SERVERS)
    if engine == "edge":
        with store_root() as root, closing(EdgeStore(root)) as first:
            name = first.create("owned", config()).name
            with pytest.raises(CollectionBusy):
                EdgeStore(root, role="second").open("owned", name)


@each_engine
def test_a_name_that_ends_like_a_generation(opened: Opened, engine: str) -> None:
    store = opened(engine)
    if engine in SERVERS:
        with pytest.raises(InvalidName):
            store.create("shop--g000001", config())
    else:
        assert store.create("shop--g000001", config()).count() == 0


@each_engine
def test_what_it_takes_on_disk(opened: Opened, engine: str) -> None:
    store = opened(engine)
    generation = store.create("disk", config())
    store.publish("disk", generation.name)
    size = store.info("disk").bytes_on_disk
    assert (size is None) == (engine in SERVERS)


@each_engine
def test_changing_how_a_collection_is_kept(opened: Opened, engine: str) -> None:
    assert isinstance(opened(engine), Tunable) == (engine in SERVERS)


@each_engine
def test_a_handle_on_what_another_process_dropped(opened: Opened, engine: str) -> None:
    if engine not in SERVERS:
        return  # nobody else can drop it: see test_who_may_write
    store = opened(engine)
    generation = store.create("dropped", config())
    store.publish("dropped", generation.name)
    store.drop("dropped")
    with pytest.raises(StoreUnavailable):
        generation.count()


def test_every_row_of_the_table_names_a_test_of_this_file() -> None:
    table = Path("docs/qdrant.md").read_text()
    named = set(re.findall(r"`(test_[a-z_]+)`", table))
    here = {name for name in globals() if name.startswith("test_")}
    assert named == here - {"test_every_row_of_the_table_names_a_test_of_this_file"}
