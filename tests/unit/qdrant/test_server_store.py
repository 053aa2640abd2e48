"""What only a store on a server promises: aliases, leases, shared use, and acknowledged writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from qdrant_client.http import models

from core.errors import CollectionNotFound, InvalidItem, InvalidName, StoreError, StoreUnavailable
from core.fields import FieldType
from core.filters import Range
from qdrant.server import ServerStore
from qdrant.server_errors import Transient
from qdrant.server_link import Link
from qdrant.server_options import Connection
from qdrant.store import VectorQuery
from tests.contract.samples import config, numbered, point, vector
from tests.fake_qdrant.faults import ANSWER_LOST, LOST, NO_REPLICA, OVERLOADED, Fault
from tests.fake_qdrant.grpc_service import grpc_qdrant
from tests.fake_qdrant.server import FakeQdrant
from tests.unit.qdrant.links import link_to

SWITCH = "POST /collections/aliases"


@pytest.fixture
def other(fake: FakeQdrant) -> Iterator[ServerStore]:
    """Another process with a store on the same server."""
    with closing(ServerStore(link_to(fake), role="other")) as other:
        yield other


def publish(store: ServerStore, *ids: str) -> str:
    generation = store.create("shop", config())
    generation.upsert([point(each) for each in ids])
    store.publish("shop", generation.name)
    generation.close()
    return generation.name


def stock_of(least: int) -> Range:
    return Range("stock", FieldType.INTEGER, gte=least)


def drop_alias(fake: FakeQdrant) -> None:
    gone = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name="shop"))
    fake.engine.client.update_collection_aliases([gone])


def test_generations_are_collections_and_the_name_is_an_alias(
    fake: FakeQdrant, server_store: ServerStore
) -> None:
    for _ in range(2):
        publish(server_store, "a")
    there = {each.name for each in fake.engine.client.get_collections().collections}
    assert there == {"shop--g000001", "shop--g000002"}
    (alias,) = fake.engine.client.get_aliases().aliases
    assert (alias.alias_name, alias.collection_name) == ("shop", "shop--g000002")


def test_collections_and_aliases_of_others_are_left_alone(
    fake: FakeQdrant, server_store: ServerStore
) -> None:
    client = fake.engine.client
    for name in ("theirs", "theirs--2", "--g000001"):
        client.create_collection(name, {})
    mine = models.CreateAlias(collection_name="theirs", alias_name="prod")
    client.update_collection_aliases([models.CreateAliasOperation(create_alias=mine)])
    assert server_store.collections() == []
    for name in ("theirs", "prod"):
        assert server_store.published(name) is None
        with pytest.raises(CollectionNotFound):
            server_store.drop(name)


def test_a_collection_that_only_looks_like_ours_is_refused(
    fake: FakeQdrant, server_store: ServerStore
) -> None:
    fake.engine.create("shop--g000001", models.CreateCollection(vectors={}))
    with pytest.raises(StoreError, match="not made by Binocle"):
        server_store.open("shop", "g000001")


def test_a_name_that_ends_like_a_generation_is_refused(server_store: ServerStore) -> None:
    with pytest.raises(InvalidName, match="ends like a generation"):
        server_store.create("shop--g000001", config())


def test_every_field_is_indexed_by_its_type(fake: FakeQdrant, server_store: ServerStore) -> None:
    server_store.create("shop", config())
    indexes = fake.engine.indexes("shop--g000001")
    assert {field: FieldType(index.type) for field, index in indexes.items()} == (
        config().schema.fields
    )
    assert indexes["brand"].prefix
    assert indexes["title"].tokenizer is models.TokenizerType.WORD


def test_a_process_that_was_faster_takes_the_number(
    server_store: ServerStore, other: ServerStore, fake: FakeQdrant
) -> None:
    fake.faults.plan(ANSWER_LOST, "PUT /collections/shop--g000001")
    with pytest.raises(Transient):
        other.create("shop", config())
    assert server_store.create("shop", config()).name == "g000002"


def test_a_generation_whose_indexes_fail_is_taken_away_again(
    fake: FakeQdrant, server_store: ServerStore
) -> None:
    fake.faults.plan(Fault(400, "{}"), "/index")
    with pytest.raises(StoreError):
        server_store.create("shop", config())
    assert fake.engine.client.get_collections().collections == []


@pytest.mark.parametrize("fault", [LOST, OVERLOADED])
def test_a_publication_that_fails_leaves_what_was_published(
    fake: FakeQdrant, server_store: ServerStore, fault: Fault
) -> None:
    first = publish(server_store, "a")
    second = server_store.create("shop", config())
    fake.faults.plan(fault, SWITCH)
    with pytest.raises(Transient):
        server_store.publish("shop", second.name)
    assert server_store.published("shop") == first
    assert server_store.unpublished("shop") == [second.name]
    assert server_store.info("shop").previous == ()
    server_store.publish("shop", second.name)
    assert server_store.info("shop").previous == (first,)


def test_a_first_publication_that_fails_leaves_a_load_to_be_published(
    fake: FakeQdrant, server_store: ServerStore
) -> None:
    generation = server_store.create("shop", config())
    fake.faults.plan(LOST, SWITCH)
    with pytest.raises(Transient):
        server_store.publish("shop", generation.name)
    assert server_store.published("shop") is None
    assert server_store.unpublished("shop") == [generation.name]
    with pytest.raises(CollectionNotFound):
        server_store.open("shop")
    server_store.publish("shop", generation.name)
    assert server_store.published("shop") == generation.name


def test_a_publication_whose_answer_is_lost_is_done_once(
    fake: FakeQdrant, server_store: ServerStore
) -> None:
    first = publish(server_store, "a")
    second = server_store.create("shop", config())
    fake.faults.plan(ANSWER_LOST, SWITCH)
    server_store.publish("shop", second.name)
    assert server_store.published("shop") == second.name
    assert server_store.info("shop").previous == (first,)
    assert fake.faults.count(SWITCH) == 2  # one for each publication


def test_an_alias_that_is_missing_is_told_with_what_sets_it_again(
    fake: FakeQdrant, server_store: ServerStore
) -> None:
    first, second = (publish(server_store, "a") for _ in range(2))
    drop_alias(fake)
    for call in (server_store.published, server_store.open, server_store.info):
        with pytest.raises(StoreUnavailable, match=f"lost the alias 'shop'.*{second}") as caught:
            call("shop")
        assert f"binocle collections publish shop {second}" in caught.value.hint
    server_store.publish("shop", second)
    assert server_store.info("shop").previous == (first,)


def test_a_handle_reads_on_while_the_alias_is_missing(
    fake: FakeQdrant, server_store: ServerStore
) -> None:
    publish(server_store, "a")
    serving = server_store.open("shop")
    drop_alias(fake)
    assert serving.count() == 1


def test_all_processes_read_and_write_a_generation(
    server_store: ServerStore, other: ServerStore
) -> None:
    publish(server_store, "a")
    mine, theirs = server_store.open("shop"), other.open("shop")
    mine.upsert([point("b")])
    theirs.upsert([point("c")])
    assert sorted(mine.ids()) == sorted(theirs.ids()) == ["a", "b", "c"]
    assert mine.shared


def test_a_load_of_another_process_is_not_pruned_until_it_is_over(
    server_store: ServerStore, other: ServerStore
) -> None:
    publish(server_store, "a")
    loading = other.create("shop", config())
    assert server_store.prune("shop") == []
    loading.close()
    resumed = other.open("shop", loading.name)
    assert server_store.prune("shop") == []
    resumed.close()
    assert server_store.prune("shop") == [loading.name]


def test_a_load_that_was_not_heard_of_for_long_is_pruned(
    fake: FakeQdrant, server_store: ServerStore, other: ServerStore
) -> None:
    publish(server_store, "a")
    loading = other.create("shop", config())
    long_ago = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    lease = json.dumps({"role": "ingest", "pid": 1, "host": "gone", "until": long_ago})
    fake.engine.client.update_collection(f"shop--{loading.name}", metadata={"binocle_lease": lease})
    assert server_store.prune("shop") == [loading.name]


def test_closing_a_load_while_the_server_is_away_is_no_error(
    fake: FakeQdrant, server_store: ServerStore
) -> None:
    loading = ServerStore(link_to(fake, write_timeout_s=2.0)).create("shop", config())
    fake.stop()
    loading.close()


def test_what_was_dropped_from_elsewhere_is_told(
    server_store: ServerStore, other: ServerStore
) -> None:
    publish(server_store, "a")
    serving = server_store.open("shop")
    other.drop("shop")
    with pytest.raises(StoreUnavailable, match="g000001 of collection 'shop' is no more"):
        serving.count()
    assert server_store.published("shop") is None


def test_writes_wait_and_are_ordered(fake: FakeQdrant) -> None:
    with closing(ServerStore(link_to(fake, write_ordering="strong"))) as store:
        generation = store.create("shop", config())
        generation.upsert([point("a")])
        generation.set_payload("a", {"stock": 1})
        generation.delete(["a"])
        for request in ("PUT .*/points\\?", "POST .*/points/batch\\?", "POST .*/points/delete"):
            assert fake.faults.count(f"{request}.*wait=true.*ordering=strong") == 1


def test_new_payloads_take_a_request_for_hundreds_and_move_no_vectors(
    fake: FakeQdrant, server_store: ServerStore
) -> None:
    generation = server_store.create("shop", config())
    generation.upsert(numbered(1_200))
    before = len(fake.faults.seen)
    generation.set_payloads({f"n{number}": {"stock": 5_000 + number} for number in range(1_200)})
    asked = fake.faults.seen[before:]
    assert len(asked) == 3
    assert all("/points/batch?wait=true" in each for each in asked)
    assert not any('"vector' in each for each in fake.bodies[before:])
    assert generation.count(stock_of(5_600)) == 600


def test_ids_that_are_gone_cost_a_look_at_what_is_there(
    fake: FakeQdrant, server_store: ServerStore
) -> None:
    generation = server_store.create("shop", config())
    generation.upsert(numbered(10))
    before = len(fake.faults.seen)
    generation.set_payloads({f"n{number}": {"stock": 99} for number in range(5, 15)})
    refused, looked, sent = (each.split("?")[0] for each in fake.faults.seen[before:])
    assert refused == sent
    assert looked.endswith("/points")
    assert generation.count(stock_of(99)) == 5


@pytest.mark.parametrize("fault", [LOST, ANSWER_LOST, OVERLOADED, NO_REPLICA])
def test_new_payloads_are_sent_until_they_are_acknowledged(
    fake: FakeQdrant, server_store: ServerStore, fault: Fault
) -> None:
    generation = server_store.create("shop", config())
    generation.upsert(numbered(10))
    fake.faults.plan(fault, "/points/batch", times=3)
    generation.set_payloads({f"n{number}": {"stock": 99} for number in range(10)})
    assert fake.faults.count("/points/batch") == 4
    assert generation.count(stock_of(99)) == 10


def test_new_payloads_for_a_generation_that_is_gone_are_an_error(
    server_store: ServerStore, other: ServerStore
) -> None:
    publish(server_store, "a")
    serving = server_store.open("shop")
    other.drop("shop")
    with pytest.raises(StoreUnavailable, match="g000001 of collection 'shop' is no more"):
        serving.set_payloads({"a": {"stock": 1}})


@pytest.mark.parametrize("consistency", [2, "majority"])
def test_reads_ask_as_many_replicas_as_wanted(fake: FakeQdrant, consistency: int | str) -> None:
    with closing(ServerStore(link_to(fake, read_consistency=consistency))) as store:
        generation = store.create("shop", config())
        generation.query(VectorQuery(vector(1), limit=1))
        generation.retrieve(["a"])
        generation.scroll()
        generation.facet("brand")
        assert fake.faults.count(f"consistency={consistency}") == 4


@pytest.mark.parametrize("fault", [LOST, ANSWER_LOST, OVERLOADED, NO_REPLICA])
def test_no_acknowledged_write_is_lost_and_none_is_made_twice(
    fake: FakeQdrant, server_store: ServerStore, fault: Fault
) -> None:
    generation = server_store.create("shop", config())
    for start in range(0, 50, 10):
        fake.faults.plan(fault, "/points", times=2)
        generation.upsert(numbered(50)[start : start + 10])
        fake.faults.clear()
    fake.faults.plan(fault, "/points/delete")
    generation.delete(["n0"])
    fake.faults.plan(fault, "/points/batch")
    generation.set_payload("n1", {"stock": 99})
    assert generation.count() == 49
    assert generation.retrieve(["n1"])[0].payload["stock"] == 99


def test_a_load_goes_on_when_the_server_is_restarted_under_it(fake: FakeQdrant) -> None:
    link = link_to(fake, pause=lambda _: fake.start() if fake.is_down else None)
    with closing(ServerStore(link)) as store:
        generation = store.create("shop", config())
        for start in range(0, 30, 10):
            fake.stop()
            generation.upsert(numbered(30)[start : start + 10])
        assert generation.count() == 30


def test_a_write_that_was_not_acknowledged_is_told(fake: FakeQdrant) -> None:
    with closing(ServerStore(link_to(fake, write_timeout_s=2.0))) as store:
        generation = store.create("shop", config())
        fake.faults.plan(OVERLOADED, "PUT .*/points", times=100_000)
        with pytest.raises(StoreUnavailable):
            generation.upsert([point("a")])
        assert generation.count() == 0


def test_an_integer_that_grpc_cannot_carry_is_refused(fake: FakeQdrant) -> None:
    with grpc_qdrant(fake.engine) as served:
        connection = Connection(fake.url, grpc=True, grpc_port=served.port)
        with closing(ServerStore(Link(connection))) as store:
            generation = store.create("shop", config())
            with pytest.raises(InvalidItem, match="gRPC"):
                generation.upsert([point("a", _item={"deep": [1, 2**63]})])
            with pytest.raises(InvalidItem, match="gRPC"):
                generation.set_payloads({"a": {"n": 1}, "b": {"n": 2**63}})
            generation.upsert([point("a", _item={"deep": [1, 2**63 - 1]})])
            with pytest.raises(InvalidItem, match="gRPC"):
                generation.set_payload("a", {"x": 2**64 - 1})
