"""No error of the engine gets past qdrant.shard."""

from __future__ import annotations

import ast
import errno
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import qdrant_edge as engine

import qdrant
from core.errors import StorageFull, StoreError, StoreUnavailable
from qdrant.edge_config import shard_config
from qdrant.shard import Shard, seam, translated
from tests.contract.samples import config

_ID = "6a0b1f5e-2c1d-5f0e-9b57-62696e6f636c"
CALLS: dict[str, Callable[[Shard], Any]] = {
    "update": lambda shard: shard.update(lambda: engine.UpdateOperation.delete_points([_ID])),
    "update_all": lambda shard: shard.update_all([engine.UpdateOperation.delete_points([_ID])]),
    "query": lambda shard: shard.query(lambda: engine.QueryRequest(limit=1)),
    "scroll": lambda shard: shard.scroll(lambda: engine.ScrollRequest(limit=1)),
    "segments": lambda shard: shard.segments(),
    "count": lambda shard: shard.count(lambda: engine.CountRequest()),
    "facet": lambda shard: shard.facet(lambda: engine.FacetRequest("brand")),
    "retrieve": lambda shard: shard.retrieve([_ID], with_vectors=False),
    "payloads": lambda shard: shard.payloads([UUID(_ID)]),
    "vectors": lambda shard: shard.vectors([UUID(_ID)], "joint"),
    "sizes": lambda shard: shard.sizes(),
    "indexed_fields": lambda shard: shard.indexed_fields(),
    "optimize": lambda shard: shard.optimize(),
    "reload": lambda shard: shard.reload(),
    "flush": lambda shard: shard.flush(),
}


@pytest.fixture
def shard(root: Path) -> Shard:
    root.mkdir()
    return Shard(root / "shard", shard_config(config()))


def test_every_method_of_a_closed_shard_says_that_it_is_closed(shard: Shard) -> None:
    shard.close()
    shard.close()
    methods = {name for name, _ in inspect.getmembers(Shard, inspect.isfunction)}
    assert set(CALLS) == {name for name in methods if not name.startswith("_")} - {"close"}
    for call in CALLS.values():
        with pytest.raises(StoreUnavailable):
            call(shard)


@pytest.mark.parametrize(
    "build",
    [
        lambda: engine.UpdateOperation.upsert_points([engine.Point(_ID, {"joint": [1.0]}, {})]),
        lambda: engine.UpdateOperation.upsert_points([engine.Point("no uuid", {}, {})]),
        lambda: engine.UpdateOperation.overwrite_payload([_ID], {}),
        lambda: engine.UpdateOperation.overwrite_payload([_ID], {"x": float("nan")}),
        lambda: engine.UpdateOperation.delete_points([object()]),  # type: ignore[list-item]
    ],
    ids=["dimension", "id", "missing point", "nan", "type"],
)
def test_what_the_engine_refuses_is_a_store_error(
    shard: Shard, build: Callable[[], engine.UpdateOperation]
) -> None:
    with pytest.raises(StoreError) as caught:
        shard.update(build)
    assert caught.value.__cause__ is not None
    shard.close()


def test_a_folder_that_holds_no_shard_is_a_store_error(root: Path) -> None:
    with pytest.raises(StoreError):
        Shard(root / "nothing")


@pytest.mark.parametrize(
    "error",
    [
        Exception("Service internal error: IO Error: No space left on device (os error 28)"),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
    ],
)
def test_a_full_disk_is_told_from_other_failures(error: Exception) -> None:
    assert isinstance(translated(error), StorageFull)
    assert not isinstance(translated(Exception("something else")), StorageFull)


def test_a_panic_of_the_engine_is_a_store_error() -> None:
    panic = type("PanicException", (BaseException,), {})

    @seam
    def call() -> None:
        raise panic("index out of bounds")

    with pytest.raises(StoreError, match="index out of bounds"):
        call()


@pytest.mark.parametrize("error", [KeyError("x"), NameError("x"), KeyboardInterrupt()])
def test_our_own_mistakes_and_interrupts_pass_through_as_they_are(error: BaseException) -> None:
    @seam
    def call() -> None:
        raise error

    with pytest.raises(type(error)):
        call()


def test_only_the_seam_touches_a_shard_of_the_engine() -> None:
    for path in Path(qdrant.__path__[0]).glob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text()))
        names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        assert ("EdgeShard" in names) == (path.name == "shard.py"), path.name
