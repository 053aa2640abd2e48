"""Points from engine to engine, and into backups and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import fsspec
import numpy as np
import pytest

from core.errors import SourceError, StoreError
from qdrant.backup import Backup
from qdrant.copying import copy_points, verify
from qdrant.exact import ExactStore
from qdrant.store import Generation, Point, VectorStore
from tests.contract.engines import engine_store
from tests.contract.samples import config, numbered, point

Pair = tuple[Generation, Generation]


@pytest.fixture(
    scope="module",
    params=[("edge", "rest"), ("grpc", "edge")],
    ids="-".join,
)
def stores(request: pytest.FixtureRequest) -> Iterator[tuple[VectorStore, VectorStore]]:
    with ExitStack() as stack:
        one, two = (stack.enter_context(engine_store(name)) for name in request.param)
        yield one, two


@pytest.fixture
def pair(stores: tuple[VectorStore, VectorStore]) -> Pair:
    """520 points in one engine, none in the other."""
    source = stores[0].create("shop", config())
    source.upsert([point(each.id, n, deep={"x": [n, None, "ü"]}, stock=n)
                   for n, each in enumerate(numbered(520))])  # fmt: skip
    return source, stores[1].create("shop", config())


def same(one: Generation, two: Generation) -> None:
    assert list(one.ids()) == list(two.ids())
    ids = list(one.ids())
    for a, b in zip(one.retrieve(ids, with_vectors=True), two.retrieve(ids, with_vectors=True),
                    strict=True):  # fmt: skip
        assert a.payload == b.payload
        for name, row in a.vectors.items():
            np.testing.assert_allclose(row, b.vectors[name], atol=1e-6)


def test_a_copy_holds_all_points_as_they_were(pair: Pair) -> None:
    source, target = pair
    told: list[tuple[int, int]] = []
    done = copy_points(source, target, lambda *progress: told.append(progress))
    assert (done.copied, done.present) == (520, 0)
    assert done.compared >= 200
    assert told[-1] == (520, 520)
    same(source, target)


def memory(count: int = 0) -> Generation:
    generation = ExactStore().create("shop", config())
    generation.upsert(numbered(count))
    return generation


class CutOff(Exception):
    """The power went."""


def test_a_copy_that_was_cut_off_goes_on_where_it_stopped() -> None:
    source, target = memory(1300), memory()

    def cut(done: int, total: int) -> None:
        raise CutOff

    with pytest.raises(CutOff):
        copy_points(source, target, cut)
    assert target.count() == 500
    done = copy_points(source, target)
    assert (done.copied, done.present) == (800, 500)
    same(source, target)


def test_a_copy_drops_what_the_source_has_not_any_more() -> None:
    source, target = memory(20), memory(20)
    source.delete(["n3", "n17"])
    target.delete(["n5"])
    target.upsert([point("stranger")])
    done = copy_points(source, target)
    assert done.copied == 1
    same(source, target)


def test_a_copy_of_nothing_is_nothing() -> None:
    assert copy_points(memory(), memory()).compared == 0


def test_a_count_that_differs_is_told() -> None:
    source, target = memory(3), memory(2)
    with pytest.raises(StoreError, match="3 items were to be copied, but 2"):
        verify(source, target)


@pytest.mark.parametrize("changed", [point("n1", 99, stock=1, brand="b1"), point("n1", 1, stock=9)])
def test_a_point_that_differs_is_told(changed: Point) -> None:
    source, target = memory(3), memory(3)
    target.upsert([changed])
    with pytest.raises(StoreError, match="'n1' did not arrive"):
        verify(source, target)


def test_a_backup_brings_all_points_back_on_another_engine(pair: Pair, tmp_path: Path) -> None:
    source, target = pair
    backup = Backup(str(tmp_path / "backup"))
    written = backup.write(source)
    manifest = Backup(str(tmp_path / "backup")).manifest()
    assert manifest == written
    assert (manifest.count, manifest.config) == (520, source.config)
    for points in backup.points(manifest):
        target.upsert(points)
    same(source, target)


def test_a_backup_goes_to_any_address_of_fsspec() -> None:
    address = "memory://backups/shop"
    source = memory(30)
    Backup(address).write(source)
    assert Backup(address).manifest().count == 30
    assert fsspec.filesystem("memory").exists("/backups/shop/manifest.json")
    fsspec.filesystem("memory").rm("/backups", recursive=True)


def test_an_empty_collection_has_a_backup_too(tmp_path: Path) -> None:
    backup = Backup(str(tmp_path / "empty"))
    backup.write(memory())
    assert backup.manifest().count == 0
    assert list(backup.points(backup.manifest())) == []


def test_a_backup_is_never_written_over(tmp_path: Path) -> None:
    backup = Backup(str(tmp_path / "b"))
    backup.write(memory(1))
    with pytest.raises(SourceError, match="already"):
        backup.write(memory(2))


def test_a_backup_that_was_cut_off_is_none(tmp_path: Path) -> None:
    backup = Backup(str(tmp_path / "b"))
    backup.write(memory(1))
    (tmp_path / "b" / "manifest.json").unlink()
    assert not backup.exists()
    with pytest.raises(SourceError, match="no backup"):
        backup.manifest()


def test_a_file_that_was_changed_is_found_out(tmp_path: Path) -> None:
    backup = Backup(str(tmp_path / "b"))
    manifest = backup.write(memory(10))
    path = tmp_path / "b" / manifest.files[0].name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(SourceError, match="not what was written"):
        list(backup.points(manifest))


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 1}', '{"format": 99}'])
def test_a_damaged_manifest_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(SourceError):
        Backup(str(tmp_path)).manifest()


@pytest.mark.parametrize("address", ["nothing://x", "/proc/nothing/shop"])
def test_an_address_that_cannot_be_used_is_told(address: str) -> None:
    with pytest.raises(SourceError):
        Backup(address).write(memory(1))


def test_the_manifest_is_plain_json(tmp_path: Path) -> None:
    Backup(str(tmp_path / "b")).write(memory(2))
    document = json.loads((tmp_path / "b" / "manifest.json").read_text())
    assert document["config"]["fingerprint"] == "f" * 64
    assert [file["points"] for file in document["files"]] == [2]
