"""What every store promises of collections and their generations."""

from __future__ import annotations

import pytest

from core.errors import CollectionNotFound, GenerationNotFound, InvalidName, StoreUnavailable
from core.fields import FieldType
from core.filters import AnyOf
from qdrant.store import VectorStore
from tests.contract.samples import config, numbered, point


def _published(store: VectorStore, name: str = "shop") -> str:
    """A new generation with one point, published and closed."""
    generation = store.create(name, config())
    generation.upsert([point("a")])
    store.publish(name, generation.name)
    generation.close()
    return generation.name


def test_a_new_generation_is_empty_and_unpublished(store: VectorStore) -> None:
    generation = store.create("shop", config())
    assert generation.collection == "shop"
    assert generation.config == config()
    assert generation.count() == 0
    assert store.unpublished("shop") == [generation.name]
    assert store.published("shop") is None
    assert store.collections() == []


def test_a_published_generation_is_what_its_name_opens(store: VectorStore) -> None:
    name = _published(store)
    assert store.published("shop") == name
    assert store.collections() == ["shop"]
    assert store.unpublished("shop") == []
    reopened = store.open("shop")
    assert reopened.name == name
    assert reopened.config == config()
    assert list(reopened.ids()) == ["a"]


def test_collections_are_listed_by_name(store: VectorStore) -> None:
    for name in ("b", "a_1", "c-2"):
        _published(store, name)
    assert store.collections() == ["a_1", "b", "c-2"]


def test_what_is_being_built_answers_as_any_other_once_it_is_compacted(store: VectorStore) -> None:
    building = store.create("shop", config(), building=True)
    building.upsert([point("a", brand="acme"), point("b", brand="other")])
    building.compact()
    assert building.count(AnyOf("brand", ("acme",))) == 1
    assert building.facet("brand") == [("acme", 1), ("other", 1)]


def test_the_next_generation_is_built_aside(store: VectorStore) -> None:
    first = _published(store)
    serving = store.open("shop")
    building = store.create("shop", config())
    building.upsert(numbered(3))
    assert store.published("shop") == first
    assert serving.count() == 1
    store.publish("shop", building.name)
    assert store.open("shop").count() == 3
    assert serving.count() == 1


def test_publishing_what_is_published_changes_nothing(store: VectorStore) -> None:
    name = _published(store)
    store.publish("shop", name)
    assert store.info("shop").previous == ()


def test_rolling_back_goes_through_the_history_latest_first(store: VectorStore) -> None:
    first, second, third = (_published(store) for _ in range(3))
    assert store.info("shop").previous == (second, first)
    assert store.rollback("shop") == second
    assert store.published("shop") == second
    assert store.unpublished("shop") == []
    assert store.rollback("shop") == first
    with pytest.raises(GenerationNotFound, match="shop"):
        store.rollback("shop")
    store.publish("shop", third)
    assert store.info("shop").previous == (first,)


def test_pruning_keeps_the_published_generation_and_those_before_it(store: VectorStore) -> None:
    first, second, third, fourth = (_published(store) for _ in range(4))
    assert store.prune("shop") == [first, second]
    info = store.info("shop")
    assert info.generations == (third, fourth)
    assert info.previous == (third,)
    assert store.prune("shop", keep=0) == [third]
    with pytest.raises(GenerationNotFound):
        store.rollback("shop")


def test_pruning_drops_loads_that_were_cut_off_but_none_that_is_open(store: VectorStore) -> None:
    published = _published(store)
    cut_off = store.create("shop", config())
    cut_off.close()
    running = store.create("shop", config())
    assert store.prune("shop") == [cut_off.name]
    assert store.info("shop").generations == (published, running.name)


def test_a_generation_rolled_back_from_is_pruned(store: VectorStore) -> None:
    first, second = (_published(store) for _ in range(2))
    store.rollback("shop")
    assert store.prune("shop") == [second]
    assert store.published("shop") == first


def test_no_name_of_a_generation_is_given_twice(store: VectorStore) -> None:
    names = [_published(store)]
    for _ in range(3):
        cut_off = store.create("shop", config())
        cut_off.close()
        names.append(cut_off.name)
        store.prune("shop", keep=0)
    assert len(set(names)) == 4
    assert names == sorted(names)


def test_info_tells_what_there_is(store: VectorStore) -> None:
    generation = store.create("shop", config(quantization="binary"))
    generation.upsert(numbered(12))
    store.publish("shop", generation.name)
    for _ in range(2):  # while it is open, and after
        info = store.info("shop")
        assert (info.name, info.generation, info.count) == ("shop", generation.name, 12)
        assert info.config == config(quantization="binary")
        assert info.generations == (generation.name,)
        assert info.as_of is None
        generation.close()


def test_handles_on_one_generation_are_independent(store: VectorStore) -> None:
    name = _published(store)
    first, second = store.open("shop"), store.open("shop", name)
    first.upsert([point("b")])
    first.close()
    assert sorted(second.ids()) == ["a", "b"]


def test_a_dropped_collection_is_gone_and_its_handles_are_closed(store: VectorStore) -> None:
    _published(store)
    serving = store.open("shop")
    store.create("shop", config())
    store.drop("shop")
    assert store.collections() == []
    assert store.published("shop") is None
    with pytest.raises(StoreUnavailable):
        serving.count()
    with pytest.raises(CollectionNotFound):
        store.drop("shop")
    _published(store)
    assert store.open("shop").count() == 1


def test_a_closed_store_has_closed_its_handles(store: VectorStore) -> None:
    _published(store)
    serving = store.open("shop")
    store.close()
    store.close()
    with pytest.raises(StoreUnavailable):
        serving.count()


@pytest.mark.parametrize("name", ["missing", "..", "a/b", "", "UPPER", ".hidden"])
def test_a_collection_that_is_not_there_is_not_found(store: VectorStore, name: str) -> None:
    assert store.published(name) is None
    assert store.unpublished(name) == []
    for call in (store.info, store.open, store.drop, store.rollback, store.prune):
        with pytest.raises(CollectionNotFound):
            call(name)
    with pytest.raises(CollectionNotFound):
        store.publish(name, "g000001")


def test_a_generation_that_is_not_there_is_not_found(store: VectorStore) -> None:
    _published(store)
    for bad in ("g000099", "../g000001", ""):
        with pytest.raises(GenerationNotFound):
            store.open("shop", bad)
        with pytest.raises(GenerationNotFound):
            store.publish("shop", bad)


@pytest.mark.parametrize("name", ["..", "a/b", "", "UPPER", ".hidden", "x" * 64])
def test_a_collection_cannot_have_just_any_name(store: VectorStore, name: str) -> None:
    with pytest.raises(InvalidName):
        store.create(name, config())


def test_fields_are_added_to_a_generation_that_is_there(store: VectorStore) -> None:
    _published(store)
    generation = store.open("shop")
    season = {"season_of_year": FieldType.KEYWORD}
    generation.add_fields(season)
    generation.add_fields(season)
    generation.upsert([point("b", season_of_year="fall")])
    wanted = AnyOf("season_of_year", ("fall",))
    assert generation.count(wanted) == 1
    assert generation.facet("season_of_year") == [("fall", 1)]
    generation.close()
    reopened = store.open("shop")
    assert reopened.config.schema.attributes["season_of_year"] is FieldType.KEYWORD
    assert store.info("shop").config == reopened.config
    assert reopened.count(wanted) == 1
    with pytest.raises(InvalidName, match="is keyword already"):
        reopened.add_fields({"season_of_year": FieldType.INTEGER})
    with pytest.raises(InvalidName, match="taken"):
        reopened.add_fields({"title": FieldType.TEXT})
