from collections.abc import Iterator

import numpy as np
import pytest

from app.catalog import Catalog
from core.errors import (
    CollectionBusy,
    CollectionNotFound,
    InvalidName,
    StoreError,
    StoreUnavailable,
)
from core.fields import FieldType, Schema
from core.filters import AnyOf
from qdrant.exact import ExactStore
from qdrant.store import JOINT, CollectionConfig, Generation, Point

CONFIG = CollectionConfig(
    "tiny", "f", {JOINT: 2}, Schema({"brand": FieldType.KEYWORD}), quantization="none"
)


def point(item: str, **payload: object) -> Point:
    return Point(item, {JOINT: np.array([1, 0], dtype=np.float32)}, {"id": item, **payload})


def publish(store: ExactStore, name: str, *items: str) -> str:
    generation = store.create(name, CONFIG)
    generation.upsert([point(item) for item in items])
    store.publish(name, generation.name)
    return generation.name


class Watched:
    """A generation that tells whether it is closed."""

    def __init__(self, real: Generation) -> None:
        self._real = real
        self.closed = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def close(self) -> None:
        self.closed = True
        self._real.close()


@pytest.fixture
def store() -> ExactStore:
    return ExactStore()


@pytest.fixture
def opened() -> list[Watched]:
    return []


@pytest.fixture
def catalog(store: ExactStore, opened: list[Watched]) -> Iterator[Catalog]:
    def wrap(generation: Generation) -> Generation:
        opened.append(Watched(generation))
        return opened[-1]  # type: ignore[return-value]

    catalog = Catalog(store, wrap)
    yield catalog
    catalog.close(wait_seconds=0)


def test_a_collection_is_opened_once_when_it_is_first_asked_for(
    store: ExactStore, catalog: Catalog, opened: list[Watched]
) -> None:
    publish(store, "c", "a")
    for _ in range(3):
        with catalog.lease("c") as collection:
            assert collection.count() == 1
    catalog.refresh()
    assert len(opened) == 1


def test_an_unknown_collection_is_told_with_those_there_are(
    store: ExactStore, catalog: Catalog
) -> None:
    publish(store, "shoes")
    publish(store, "hats")
    with pytest.raises(CollectionNotFound, match="hats, shoes"), catalog.lease("shoe"):
        pass
    with pytest.raises(InvalidName), catalog.lease("../shoes"):
        pass


def test_a_new_generation_takes_over_and_the_old_one_closes_after_its_readers(
    store: ExactStore, catalog: Catalog, opened: list[Watched]
) -> None:
    publish(store, "c", "a")
    with catalog.lease("c") as old:
        publish(store, "c", "a", "b")
        catalog.refresh()
        with catalog.lease("c") as new:
            assert (old.count(), new.count()) == (1, 2)
        assert not opened[0].closed
    assert opened[0].closed
    assert not opened[1].closed


def test_a_writer_gets_the_generation_that_was_just_published(
    store: ExactStore, catalog: Catalog
) -> None:
    publish(store, "c", "a")
    catalog.refresh()
    latest = publish(store, "c", "a", "b")
    with catalog.lease("c", latest=True) as collection:
        assert collection.generation_name == latest


def test_a_collection_dropped_elsewhere_is_forgotten(
    store: ExactStore, catalog: Catalog, opened: list[Watched]
) -> None:
    publish(store, "c", "a")
    catalog.refresh()
    store.drop("c")
    catalog.refresh()
    assert opened[0].closed
    with pytest.raises(CollectionNotFound), catalog.lease("c"):
        pass


def test_dropping_waits_for_readers(store: ExactStore, catalog: Catalog) -> None:
    publish(store, "c", "a")
    with catalog.lease("c"), pytest.raises(CollectionBusy, match="read"):
        catalog.drop("c", wait_seconds=0.01)
    catalog.drop("c")
    with pytest.raises(CollectionNotFound):
        catalog.drop("c")


def test_nothing_is_opened_after_closing(store: ExactStore, catalog: Catalog) -> None:
    publish(store, "c")
    catalog.close()
    with pytest.raises(StoreUnavailable), catalog.lease("c"):
        pass


class Damaged(ExactStore):
    """A store one of whose collections can't be opened for now."""

    broken = True

    def open(self, collection: str, generation: str | None = None) -> Generation:  # type: ignore[override]
        if collection == "torn" and self.broken:
            raise StoreError("The segment is damaged.")
        return super().open(collection, generation)


def test_one_damaged_collection_leaves_the_others_alone_and_is_tried_again() -> None:
    store = Damaged()
    publish(store, "torn", "a")
    publish(store, "whole", "a")
    catalog = Catalog(store)
    catalog.refresh()
    assert list(catalog.failures()) == ["torn"]
    with catalog.lease("whole") as whole:
        assert whole.count() == 1
    with pytest.raises(StoreError, match="damaged"), catalog.lease("torn"):
        pass
    store.broken = False
    catalog.refresh()
    assert catalog.failures() == {}


def test_private_items_are_hidden_from_counts_and_facets(
    store: ExactStore, catalog: Catalog
) -> None:
    publish(store, "c", "a")
    with catalog.lease("c") as collection:
        assert collection.visible(None) is None
        with collection.writing() as generation:
            generation.upsert([point("b", visibility="private", brand="x"), point("d", brand="y")])
        assert collection.visible(None) is not None
        assert collection.count() == 2
        assert collection.count(AnyOf("brand", ("x",))) == 0
        assert collection.facet("brand", None, 10) == [("y", 1)]


def test_counts_are_remembered_until_something_is_written(
    store: ExactStore, catalog: Catalog
) -> None:
    publish(store, "c", "a")
    calls: list[int] = []

    def find() -> int:
        calls.append(1)
        return len(calls)

    with catalog.lease("c") as collection:
        assert [collection.remember("key", find) for _ in range(3)] == [1, 1, 1]
        with collection.writing():
            assert collection.remember("key", find) == 2
        assert collection.remember("key", find) == 3
        for number in range(1000):
            collection.remember(number, lambda: 0)
        assert collection.remember("key", find) == 4
