"""The state of the service, as it is told to operators."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from app.keys.key import Role
from ingestion.rejects import Rejection, RejectsFile
from tests.integration.conftest import Live, Serving, base64_picture
from tests.towers import write_bundle


@pytest.fixture(scope="module")
def watched(start: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with one collection, some traffic, and the rejects of one load."""
    data = tmp_path_factory.mktemp("watched")
    with RejectsFile(data / "rejects" / "shoes-20260102T030405.jsonl") as rejects:
        rejects.add(Rejection("There is no file a.png.", "image-unreadable", 3, "a"))
    with start(data, store="memory", http__poll_seconds=3600) as running:
        assert running.ask("PUT", "/shoes", {}).status_code == 201
        items = [
            {"id": "a", "image": base64_picture("red")},
            {"id": "b", "image": base64_picture("blue"), "visibility": "private"},
        ]
        assert running.ask("POST", "/shoes/items", {"items": items}).json()["indexed"] == 2
        for _ in range(3):
            running.search("shoes", query=[{"text": "red"}])
        assert running.ask("POST", "/shoes/search", {"limit": 0}).status_code == 422
        yield running


def test_the_state_is_told_in_one_answer(watched: Live) -> None:
    state = watched.client.get("/v1/operations").json()
    assert state["ready"]
    assert state["store"] == "memory"
    assert state["events"] is True
    assert state["memory_bytes"] > 1_000_000
    assert state["in_flight"] >= 1
    (shoes,) = state["collections"]
    assert (shoes["name"], shoes["items"], shoes["public_items"]) == ("shoes", 2, 1)
    assert shoes["problem"] is None
    assert [window["span"] for window in state["searches"]] == [60, 300, None]
    whole = state["searches"][-1]
    assert (whole["answered"], whole["refused"], whole["failed"]) == (3, 1, 0)
    assert 0 < whole["p50_ms"] <= whole["p99_ms"]
    (rejects,) = state["rejects"]
    assert (rejects["collection"], rejects["rejected"]) == ("shoes", 1)
    assert rejects["examples"][0]["reason"] == "There is no file a.png."


def test_it_is_as_openapi_says(watched: Live) -> None:
    document = watched.client.get("/openapi.json").json()
    schema = {"$ref": "#/components/schemas/OperationsAnswer", **document}
    jsonschema.validate(watched.client.get("/v1/operations").json(), schema)


def test_a_collection_that_is_gone_from_the_disk_is_told_with_the_reason(
    start: Serving, tmp_path: Path
) -> None:
    with start(tmp_path) as running:
        assert running.ask("PUT", "/lost", {}).status_code == 201
        pointer = tmp_path / "collections" / "lost" / "current.json"
        known = pointer.read_text()
        pointer.write_text(known.replace("g000001", "g000099"))
        running.wiring.catalog.refresh()
        (lost,) = running.client.get("/v1/operations").json()["collections"]
        assert "g000099" in lost["problem"]
        assert "items" not in lost
        pointer.write_text(known)


def test_a_collection_of_another_version_of_the_encoder_is_told(
    start: Serving, tmp_path: Path, tiny_bundle: Path
) -> None:
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    with start(tmp_path / "data", encoder=f"bundle:{bundle}") as running:
        assert running.ask("PUT", "/old", {}).status_code == 201
    write_bundle(bundle, version="2")
    with start(tmp_path / "data", encoder=f"bundle:{bundle}") as running:
        (old,) = running.client.get("/v1/operations").json()["collections"]
        assert "another version of the encoder" in old["problem"]
        assert old["items"] == 0


@pytest.mark.parametrize(("role", "status"), [(None, 401), (Role.WRITE, 403), (Role.ADMIN, 200)])
def test_where_keys_count_it_takes_one_that_may_admin(
    start: Serving, tmp_path: Path, role: Role | None, status: int
) -> None:
    with start(tmp_path, store="memory", require_key=True, http__poll_seconds=3600) as running:
        headers = {}
        if role is not None:
            headers["Authorization"] = f"Bearer {running.wiring.keys().create('x', role)[1]}"
            running.wiring.watch.refresh()
        answer = running.client.get("/v1/operations", headers=headers)
        assert answer.status_code == status
