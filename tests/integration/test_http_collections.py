import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from app.http.models import CollectionAnswer, CollectionsAnswer
from app.settings import Settings
from app.wiring import build
from qdrant.store import Point
from tests.integration.conftest import FIELDS, MEMBERS, Live, Serving, base64_picture, serving
from tests.towers import COLOURS, write_bundle


def test_collections_are_listed_with_their_public_items(light: Live) -> None:
    answer = light.ask("GET", "").json()
    CollectionsAnswer.model_validate(answer)
    (colours,) = [c for c in answer["collections"] if c["name"] == "colours"]
    assert colours["count"] == MEMBERS * len(COLOURS)


def test_a_collection_tells_its_fields(light: Live) -> None:
    answer = light.ask("GET", "/colours").json()
    CollectionAnswer.model_validate(answer)
    assert set(answer["attributes"]) == set(FIELDS)
    assert answer["fields"]["price"] == "float"
    assert answer["fields"]["tags"] == "keyword"
    assert answer["generations"] == [answer["generation"]] == ["g000001"]


def test_creating_the_same_again_changes_nothing(light: Live, fresh: str) -> None:
    assert light.ask("PUT", "/fresh", {"fields": {"brand": "keyword"}}).status_code == 200
    assert light.ask("GET", "/fresh").json()["generations"] == ["g000001"]


@pytest.mark.parametrize("body", [{}, {"fields": {"brand": "text"}}, {"quantization": "none"}])
def test_creating_another_of_the_same_name_is_refused(
    light: Live, fresh: str, body: dict[str, object]
) -> None:
    response = light.ask("PUT", "/fresh", body)
    assert response.status_code == 409
    assert response.json()["type"] == "urn:binocle:collection-exists"


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("Upper", {}, "collection"),
        ("new", {"fields": {"brand": "colour"}}, "fields.brand"),
        ("new", {"fields": {"title": "text"}}, "title"),
        ("new", {"fields": {"a b": "text"}}, "a b"),
        ("new", {"quantization": "much"}, "quantization"),
    ],
)
def test_a_collection_that_makes_no_sense_is_refused(
    light: Live, name: str, body: dict[str, object], field: str
) -> None:
    response = light.ask("PUT", f"/{name}", body)
    assert (response.status_code, response.json()["field"]) == (422, field)


def test_a_deleted_collection_is_gone_with_its_thumbnails(light: Live, fresh: str) -> None:
    light.ask("PUT", "/fresh/items/a", {"image": base64_picture()})
    assert (light.wiring.directories.thumbnails / "fresh").is_dir()
    assert light.ask("DELETE", "/fresh").status_code == 204
    assert light.ask("POST", "/fresh/search", {}).status_code == 404
    assert light.ask("DELETE", "/fresh").status_code == 404
    assert not (light.wiring.directories.thumbnails / "fresh").exists()


def add_generation(light: Live, name: str) -> str:
    """A second, unpublished generation of the collection, with the one item 'new'."""
    with light.wiring.catalog.lease(name) as opened:
        config = opened.config
    generation = light.wiring.store.create(name, config)
    vector = light.wiring.encoder().encode_texts(["red"])[0]
    vectors = {name: np.eye(1, dim, dtype=np.float32)[0] for name, dim in config.vectors.items()}
    generation.upsert([Point("new", {**vectors, "joint": vector}, {"id": "new", "title": "new"})])
    generation.close()
    return generation.name


def test_a_generation_published_elsewhere_is_picked_up(light: Live, fresh: str) -> None:
    light.ask("PUT", "/fresh/items/old", {"image": base64_picture()})
    page = light.search(fresh, query=[{"text": "red"}], limit=1)
    light.wiring.store.publish(fresh, add_generation(light, fresh))
    light.wiring.catalog.refresh()  # as the upkeep does every second
    answer = light.search(fresh, query=[{"text": "red"}])
    assert [hit["id"] for hit in answer["hits"]] == ["new"]
    assert answer["generation"] == "g000002" != page["generation"]


def test_publishing_and_rolling_back_switch_at_once(light: Live, fresh: str) -> None:
    light.ask("PUT", "/fresh/items/old", {"image": base64_picture()})
    generation = add_generation(light, fresh)
    answer = light.ask("POST", "/fresh/publish", {"generation": generation}).json()
    assert (answer["generation"], answer["count"]) == (generation, 1)
    assert light.ids(fresh) == ["new"]
    assert light.ask("POST", "/fresh/rollback").json()["generation"] == "g000001"
    assert light.ids(fresh) == ["old"]
    assert light.ask("POST", "/fresh/rollback").status_code == 404


def test_a_cursor_does_not_outlive_its_generation(light: Live, fresh: str) -> None:
    for item in ("a", "b"):
        light.ask("PUT", f"/fresh/items/{item}", {"image": base64_picture()})
    cursor = light.search(fresh, limit=1)["cursor"]
    light.ask("POST", "/fresh/publish", {"generation": add_generation(light, fresh)})
    response = light.ask("POST", "/fresh/search", {"limit": 1, "cursor": cursor})
    assert (response.status_code, response.json()["field"]) == (422, "cursor")


def test_publishing_what_is_not_there_is_refused(light: Live, fresh: str) -> None:
    response = light.ask("POST", "/fresh/publish", {"generation": "g000009"})
    assert response.status_code == 404
    assert light.ask("POST", "/nothing/publish", {"generation": "g000001"}).status_code == 404
    assert light.ask("POST", "/nothing/rollback").status_code == 404


def test_what_was_written_is_there_after_a_restart(start: Serving, tmp_path: Path) -> None:
    with start(tmp_path) as first:
        first.ask("PUT", "/kept", {})
        first.ask("PUT", "/kept/items/a", {"image": base64_picture(), "title": "A"})
    with start(tmp_path) as second:
        assert second.search("kept", query=[{"text": "red"}])["hits"][0]["title"] == "A"
        assert second.client.get("/readyz").status_code == 200


def test_a_collection_that_another_process_owns_is_told_not_crashed_on(
    start: Serving, tmp_path: Path
) -> None:
    """Two stores on one directory own it as two processes do."""
    with start(tmp_path) as first:
        first.ask("PUT", "/mine", {})
        first.ask("PUT", "/mine/items/a", {"image": base64_picture()})
        with start(tmp_path) as second:
            response = second.ask("POST", "/mine/search", {})
            assert response.status_code == 503
            assert response.json()["type"] == "urn:binocle:collection-busy"
            ready = second.client.get("/readyz")
            assert (ready.status_code, list(ready.json()["failures"])) == (503, ["mine"])
            first.server.should_exit = True
            first.thread.join()
            second.wiring.catalog.refresh()
            assert second.ids("mine") == ["a"]
            assert second.client.get("/readyz").status_code == 200


def test_a_collection_answers_with_the_encoder_that_made_it(start: Serving, tmp_path: Path) -> None:
    with _of_another_encoder(start, tmp_path) as second:
        assert second.ids("c", query=[{"text": "blue"}])[0] == "b"
        put = second.ask("PUT", "/c/items/x", {"image": base64_picture("green")})
        assert put.status_code == 200
        assert second.ids("c", query=[{"text": "green"}])[0] == "x"


def test_a_collection_whose_encoder_is_gone_is_searched_by_id_only(
    start: Serving, tmp_path: Path
) -> None:
    with _of_another_encoder(start, tmp_path, gone=True) as second:
        assert second.ids("c", query=[{"id": "a"}]) == ["b"]
        for response in (
            second.ask("POST", "/c/search", {"query": [{"text": "red"}]}),
            second.ask("PUT", "/c/items/x", {"image": base64_picture()}),
        ):
            assert response.status_code == 409
            assert response.json()["type"] == "urn:binocle:encoder-mismatch"


@contextmanager
def _of_another_encoder(start: Serving, tmp_path: Path, *, gone: bool = False) -> Iterator[Live]:
    """A service of the tiny towers, with a collection 'c' of others."""
    bundle = write_bundle(tmp_path / "other", version="2")
    other = Settings.load(data=tmp_path / "data", encoder=f"bundle:{bundle}", http__port=0)
    with serving(build(other)) as first:
        first.ask("PUT", "/c", {})
        for item, colour in (("a", "red"), ("b", "blue")):
            first.ask("PUT", f"/c/items/{item}", {"image": base64_picture(colour)})
    if gone:
        shutil.rmtree(bundle)
    with start(tmp_path / "data") as second:
        yield second
