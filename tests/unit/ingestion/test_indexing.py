"""Items indexed a few at a time, as the HTTP endpoints do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.errors import EncoderMismatch
from core.fields import FieldType
from core.items import ImageSource, Item
from encoders.bundle import BundleEncoder
from ingestion.indexing import Indexed, Indexer
from ingestion.rejects import Rejection
from qdrant.store import Generation
from tests.loads import new_generation
from tests.pictures import encoded, picture
from tests.towers import write_bundle

RED = ImageSource(data=encoded(picture("red")))


@pytest.fixture
def generation(tiny_encoder: BundleEncoder) -> Generation:
    return new_generation(tiny_encoder, {"year": FieldType.INTEGER})


@pytest.fixture
def indexer(generation: Generation, tiny_encoder: BundleEncoder) -> Iterator[Indexer]:
    indexer = Indexer(generation, tiny_encoder, None)
    yield indexer
    indexer.close()


def test_each_item_has_its_outcome_in_order(indexer: Indexer, generation: Generation) -> None:
    items = [
        Item("a", RED),
        Item("b", ImageSource(data=b"no image")),
        Item("c", RED, attributes={"year": "soon"}),
        Item("d", RED, attributes={"brand": "acme"}),
        Item("a", RED),
        Item("e", RED, attributes={"year": 2026}),
    ]
    outcomes = indexer.index(items)
    assert [type(outcome) for outcome in outcomes] == [
        *(Indexed, Rejection, Rejection, Rejection, Rejection, Indexed)
    ]
    rejected = [one for one in outcomes if isinstance(one, Rejection)]
    assert [(one.id, one.kind, one.field) for one in rejected] == [
        ("b", "image-unreadable", "image"),
        ("c", "invalid-item", "year"),
        ("d", "invalid-item", "brand"),
        ("a", "duplicate-id", "id"),
    ]
    assert sorted(generation.ids()) == ["a", "e"]


def test_many_items_go_in_by_parts(indexer: Indexer, generation: Generation) -> None:
    outcomes = indexer.index([Item(f"i{n}", RED) for n in range(70)])
    assert outcomes == [Indexed(f"i{n}") for n in range(70)]
    assert generation.count() == 70


def test_an_item_indexed_again_is_replaced(indexer: Indexer, generation: Generation) -> None:
    indexer.index([Item("a", RED, title="old")])
    indexer.index([Item("a", RED, title="new")])
    assert [point.payload["title"] for point in generation.retrieve(["a"])] == ["new"]


def test_no_items_are_no_outcomes(indexer: Indexer) -> None:
    assert indexer.index([]) == []


def test_another_encoder_is_refused(
    generation: Generation, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = BundleEncoder(write_bundle(tmp_path_factory.mktemp("other"), version="2"))
    with pytest.raises(EncoderMismatch):
        Indexer(generation, other, None)
