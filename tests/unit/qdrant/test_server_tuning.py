"""How a server keeps collections: asked for, told, changed in place, and indexed."""

from __future__ import annotations

from contextlib import closing

import pytest
from qdrant_client.http import models

from core.errors import SettingsError, StorageFull, StoreError, StoreUnavailable
from qdrant.server import ServerStore
from qdrant.server_options import Layout
from qdrant.store import Generation, Quantization
from tests.contract.samples import config
from tests.fake_qdrant.server import FakeQdrant
from tests.unit.qdrant.links import link_to

LAYOUT = Layout(
    shard_number=6,
    replication_factor=3,
    write_consistency_factor=2,
    vectors_memory="cached",
    codes_memory="cached",
    graph_memory="cold",
    payload_memory="cached",
    hnsw_m=32,
    hnsw_ef_construct=300,
    full_scan_kb=500,
    indexing_threshold_kb=1000,
)


def publish(store: ServerStore, quantization: Quantization = "int8") -> Generation:
    generation = store.create("shop", config(quantization=quantization))
    store.publish("shop", generation.name)
    return generation


def test_a_collection_is_kept_as_asked_and_tells_so(fake: FakeQdrant) -> None:
    with closing(ServerStore(link_to(fake, read_consistency=2), LAYOUT)) as store:
        publish(store)
        told = store.info("shop").engine
        assert {name: told[name] for name in LAYOUT.given} == LAYOUT.given
        assert told["read_consistency"] == 2
        assert told["status"] == "green"
        assert told["server"] == fake.url


@pytest.mark.parametrize("quantization", ["none", "int8", "binary", "turbo", "product"])
def test_without_wishes_codes_lie_in_memory_and_full_vectors_on_disk(
    fake: FakeQdrant, quantization: Quantization
) -> None:
    with closing(ServerStore(link_to(fake))) as store:
        publish(store, quantization)
        told = store.info("shop").engine
        codes = fake.engine.info("shop--g000001").config.quantization_config
        assert told["vectors_memory"] == ("cached" if quantization == "none" else "cold")
        assert told.get("codes_memory") == (None if quantization == "none" else "pinned")
        kinds: dict[str, type] = {
            "none": type(None),
            "int8": models.ScalarQuantization,
            "binary": models.BinaryQuantization,
            "turbo": models.TurboQuantization,
            "product": models.ProductQuantization,
        }
        assert isinstance(codes, kinds[quantization])


@pytest.mark.parametrize("name", sorted(set(LAYOUT.given) - {"shard_number"}))
def test_each_figure_changes_in_place_and_the_others_stay(
    server_store: ServerStore, name: str
) -> None:
    publish(server_store)
    server_store.tune("shop", Layout(replication_factor=2))
    before = server_store.info("shop").engine
    server_store.tune("shop", Layout(**{name: LAYOUT.given[name]}))  # type: ignore[arg-type]
    assert server_store.info("shop").engine == {**before, name: LAYOUT.given[name]}


def test_quantization_changes_in_place_and_searches_know(server_store: ServerStore) -> None:
    publish(server_store)
    for kind in ("binary", "none", "turbo"):
        server_store.tune("shop", Layout(), kind)  # type: ignore[arg-type]
        assert server_store.info("shop").config.quantization == kind
        assert server_store.open("shop").config.quantization == kind


def test_the_number_of_shards_does_not_change_in_place(server_store: ServerStore) -> None:
    publish(server_store)
    with pytest.raises(SettingsError, match="fixed") as caught:
        server_store.tune("shop", Layout(shard_number=2))
    assert "--replace" in caught.value.hint


def test_more_written_replicas_than_there_are_is_refused(server_store: ServerStore) -> None:
    with pytest.raises(SettingsError, match="only 2 replicas"):
        Layout(replication_factor=2, write_consistency_factor=3)
    publish(server_store)
    with pytest.raises(SettingsError, match="only 1 replicas"):
        server_store.tune("shop", Layout(write_consistency_factor=2))


@pytest.mark.parametrize("name", ["shard_number", "replication_factor"])
def test_no_shards_and_no_replicas_are_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Layout(**{name: 0})  # type: ignore[arg-type]


def test_a_load_waits_until_the_server_has_indexed(fake: FakeQdrant) -> None:
    pauses: list[float] = []
    with closing(ServerStore(link_to(fake, pause=pauses.append))) as store:
        generation = publish(store)
        fake.engine.status = ["yellow", "yellow", "green"]
        generation.compact()
        assert len(pauses) == 2


def test_a_server_that_dozes_after_a_restart_is_roused_once(fake: FakeQdrant) -> None:
    with closing(ServerStore(link_to(fake))) as store:
        generation = publish(store)
        before = fake.faults.count("PATCH")
        fake.engine.status = ["grey", "grey", "yellow", "green"]
        generation.compact()
        assert fake.faults.count("PATCH") == before + 1


def test_indexing_that_takes_too_long_is_told(fake: FakeQdrant) -> None:
    with closing(ServerStore(link_to(fake, index_wait_s=0.0))) as store:
        generation = publish(store)
        fake.engine.status = ["yellow"]
        with pytest.raises(StoreUnavailable, match="not indexed"):
            generation.compact()


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        ("yellow", "IO Error: No space left on device (os error 28)", StorageFull),
        ("yellow", "panic in the optimizer", StoreError),
        ("red", None, StoreError),
    ],
)
def test_indexing_that_fails_is_told(
    fake: FakeQdrant,
    server_store: ServerStore,
    status: str,
    reason: str | None,
    expected: type[StoreError],
) -> None:
    generation = publish(server_store)
    fake.engine.status, fake.engine.optimizer_error = [status], reason
    with pytest.raises(expected):
        generation.compact()
