"""Several processes on one data directory, and processes that die."""

from __future__ import annotations

from pathlib import Path
from subprocess import Popen

import pytest

from core.errors import CollectionBusy
from qdrant.edge import EdgeStore
from tests.contract.samples import config, numbered, point
from tests.stores import other_process

_SERVE = """
generation = store.open("shop")
generation.upsert(numbered(5))
print("open", flush=True)
sys.stdin.read()
"""
_DIE = """
generation = store.create("shop", config())
store.publish("shop", generation.name)
generation.upsert(numbered(700))
generation.set_payload("n1", {"brand": "after"})
generation.delete(["n2"])
print("written", flush=True)
os._exit(9)
"""


def _line(process: Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_collection_open_elsewhere_is_busy_but_can_be_looked_at(
    root: Path, store: EdgeStore
) -> None:
    generation = store.create("shop", config())
    store.publish("shop", generation.name)
    store.close()
    with other_process(root, _SERVE) as serving:
        assert _line(serving) == "open"
        with pytest.raises(CollectionBusy) as caught:
            store.open("shop")
        assert f"'serve' (process {serving.pid} on " in caught.value.message
        assert "since" in caught.value.message
        assert caught.value.hint
        with pytest.raises(CollectionBusy):
            store.drop("shop")
        info = store.info("shop")
        assert info.count == 5
        assert info.as_of is not None
        assert store.collections() == ["shop"]
        assert store.prune("shop", keep=0) == []
        aside = store.create("shop", config())  # the next generation can be built meanwhile
        aside.upsert([point("a")])
        serving.kill()
        serving.wait()
    assert store.open("shop").count() == 5  # the lock of a killed process is no more
    assert store.info("shop").as_of is None


def test_what_was_written_survives_a_process_that_dies_without_closing(
    root: Path, store: EdgeStore
) -> None:
    with other_process(root, _DIE) as dying:
        assert _line(dying) == "written"
        assert dying.wait() == 9
    assert store.info("shop").count == 699
    generation = store.open("shop")
    assert set(generation.ids()) == {each.id for each in numbered(700)} - {"n2"}
    assert generation.retrieve(["n1"])[0].payload == {"id": "n1", "brand": "after"}


def test_two_stores_of_one_process_keep_out_of_each_others_way(
    root: Path, store: EdgeStore
) -> None:
    store.create("shop", config())
    with pytest.raises(CollectionBusy, match="'test'"):
        EdgeStore(root).open("shop", "g000001")
