from collections.abc import Iterator

import pytest

from app.beside import Beside
from core.errors import CollectionNotFound, EncoderMismatch, GenerationNotFound
from qdrant.edge import EdgeStore
from qdrant.exact import ExactStore
from qdrant.store import CollectionConfig, VectorStore
from tests.stores import store_root
from tests.unit.app.test_catalog import CONFIG, point


def build(store: VectorStore, *items: str) -> str:
    """A generation that is not published."""
    generation = store.create("c", CONFIG)
    generation.upsert([point(item) for item in items])
    generation.close()
    return generation.name


@pytest.fixture(params=["exact", "edge"])
def store(request: pytest.FixtureRequest) -> Iterator[VectorStore]:
    with store_root() as root:
        made: VectorStore = ExactStore() if request.param == "exact" else EdgeStore(root)
        made.publish("c", build(made, "a"))
        yield made
        made.close()


def beside(store: VectorStore) -> Beside:
    return Beside(store, lambda opened: opened, lambda _, __: None)


def test_a_generation_is_read_beside_the_published_one(store: VectorStore) -> None:
    other = build(store, "a", "b")
    kept = beside(store)
    assert kept.keep([("c", other)]) == {}
    published = store.open("c")
    with kept.lease("c", other) as opened:
        assert (opened.count(), published.count()) == (2, 1)
    assert other not in store.prune("c", keep=0)  # as long as it is held
    published.close()
    kept.close()


def test_one_that_is_kept_no_longer_closes_after_its_readers(store: VectorStore) -> None:
    other = build(store, "a", "b")
    kept = beside(store)
    kept.keep([("c", other)])
    with kept.lease("c", other) as opened:
        kept.keep([])
        assert opened.count() == 2
        with pytest.raises(GenerationNotFound, match="not open"), kept.lease("c", other):
            pass
    assert opened.wait_closed(0)
    assert store.prune("c", keep=0) == [other]


def test_one_that_is_not_there_is_told_and_the_others_are_opened(store: VectorStore) -> None:
    other = build(store, "b")
    kept = beside(store)
    failed = kept.keep([("c", "no-such"), ("c", other), ("none", "x")])
    assert {key: type(error) for key, error in failed.items()} == {
        ("c", "no-such"): GenerationNotFound,
        ("none", "x"): CollectionNotFound,
    }
    with kept.lease("c", other) as opened:
        assert opened.generation_name == other
    kept.drop("c")
    with pytest.raises(GenerationNotFound), kept.lease("c", other):
        pass


def test_one_whose_encoder_can_not_be_had_is_not_kept(store: VectorStore) -> None:
    other = build(store, "b")

    def refuse(_: str, __: CollectionConfig) -> None:
        raise EncoderMismatch("another one")

    kept = Beside(store, lambda opened: opened, refuse)
    assert isinstance(kept.keep([("c", other)])["c", other], EncoderMismatch)
    assert store.prune("c", keep=0) == [other]  # nothing holds it
