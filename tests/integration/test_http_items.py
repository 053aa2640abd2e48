from typing import Any
from urllib.parse import quote

import pytest

from app.http.item_models import ItemAnswer, ItemsAnswer
from tests.integration.conftest import Live, base64_picture


def put(light: Live, item: str, colour: str = "red", **fields: Any) -> dict[str, Any]:
    body = {"image": base64_picture(colour), **fields}
    response = light.ask("PUT", f"/fresh/items/{item}", body)
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_an_item_is_found_as_soon_as_it_is_put(light: Live, fresh: str) -> None:
    answer = put(light, "a", title="A", brand="acme", tags=["x", "y"])
    ItemAnswer.model_validate(answer)
    assert light.ids(fresh, query=[{"text": "red"}]) == ["a"]
    assert light.search(fresh, filter={"brand": "acme"})["total"] == 1


def test_a_put_again_replaces_everything(light: Live, fresh: str) -> None:
    put(light, "a", title="A", brand="acme")
    put(light, "a", "blue", title="B")
    item = light.ask("GET", "/fresh/items/a").json()
    assert item["title"] == "B"
    assert "brand" not in item["payload"]
    assert light.search(fresh)["total"] == 1


@pytest.mark.parametrize(
    "item", ["dir/name.png", "a b", "ä", "100%", "x?y#z", "similar", "a/similar"]
)
def test_any_printable_id_works_in_a_path(light: Live, fresh: str, item: str) -> None:
    answer = put(light, quote(item, safe=""))
    assert answer["id"] == item
    assert light.client.get(answer["thumbnail"]).headers["content-type"] == "image/webp"
    assert light.ids(fresh) == [item]


def test_a_patch_of_fields_keeps_the_rest_and_the_image(light: Live, fresh: str) -> None:
    put(light, "a", title="A", brand="acme", tags=["x"])
    response = light.ask("PATCH", "/fresh/items/a", {"brand": "globex", "tags": None})
    payload = response.json()["payload"]
    assert (payload["title"], payload["brand"]) == ("A", "globex")
    assert "tags" not in payload
    assert light.ask("GET", "/fresh/items/a").json() == response.json()
    assert light.ids(fresh, query=[{"text": "red"}], filter={"brand": "globex"}) == ["a"]


def test_a_patch_of_the_image_keeps_the_fields(light: Live, fresh: str) -> None:
    put(light, "a", title="A", brand="acme")
    put(light, "b", "green")
    before = light.client.get("/v1/collections/fresh/items/a/thumbnail").headers["etag"]
    response = light.ask("PATCH", "/fresh/items/a", {"image": base64_picture("cyan")})
    assert response.json()["payload"]["brand"] == "acme"
    assert light.ids(fresh, query=[{"text": "cyan"}])[0] == "a"
    assert light.client.get("/v1/collections/fresh/items/a/thumbnail").headers["etag"] != before


def test_a_deleted_item_is_gone(light: Live, fresh: str) -> None:
    put(light, "a")
    assert light.ask("DELETE", "/fresh/items/a").status_code == 204
    assert light.search(fresh)["total"] == 0
    for method, path in (("GET", ""), ("DELETE", ""), ("PATCH", ""), ("GET", "/thumbnail")):
        body = {"title": "x"} if method == "PATCH" else None
        assert light.ask(method, f"/fresh/items/a{path}", body).status_code == 404


def test_an_item_made_private_disappears(light: Live, fresh: str) -> None:
    put(light, "a")
    put(light, "b")
    assert light.search(fresh, query=[{"text": "red"}])["total"] == 2
    put(light, "a", visibility="private")
    assert light.ids(fresh, query=[{"text": "red"}]) == ["b"]
    assert light.search(fresh)["total"] == 1
    assert light.ask("GET", "/fresh").json()["count"] == 1
    assert light.ask("DELETE", "/fresh/items/a").status_code == 404


def test_each_item_of_a_batch_has_its_own_result(light: Live, fresh: str) -> None:
    items: list[dict[str, Any]] = [
        {"id": "good", "image": base64_picture("red"), "brand": "acme"},
        {"id": "torn", "image": base64_picture("red")[:60]},
        {"id": "bare"},
        {"image": base64_picture("red")},
        {"id": "odd", "image": base64_picture("red"), "colour": "red"},
        {"id": "dated", "image": base64_picture("red"), "uploaded_at": "yesterday"},
        {"id": "seen", "image": base64_picture("red"), "visibility": "hidden"},
        {"id": "good", "image": base64_picture("blue")},
        {"id": "last", "image": base64_picture("blue")},
    ]
    answer = light.ask("POST", "/fresh/items", {"items": items}).json()
    ItemsAnswer.model_validate(answer)
    assert [result["status"] == "indexed" for result in answer["results"]] == [
        *(True, False, False, False, False, False, False, False, True)
    ]
    assert (answer["indexed"], answer["rejected"]) == (2, 7)
    fields = [result.get("field") for result in answer["results"]]
    assert fields[2:8] == ["image", "id", "colour", "uploaded_at", "visibility", "id"]
    assert light.ids(fresh, query=[{"text": "red"}]) == ["good", "last"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "image"),
        ({"image": "?"}, 422, "image"),
        ({"image": "aGVsbG8="}, 422, None),
        ({"image": "aGVsbG8=", "image_url": "http://example.org/a"}, 422, "image"),
        ({"image_url": "http://127.0.0.1:1/a.png"}, 422, None),
        ({"id": "other", "image": "IMAGE"}, 422, "id"),
        ({"image": "IMAGE", "width": 5}, 422, "width"),
        ({"image": "IMAGE", "_thumbnail": "x"}, 422, "_thumbnail"),
        ({"image": "IMAGE", "title": ["a", "b"]}, 422, "title"),
        ({"image": "IMAGE", "brand": {"a": 1}}, 422, "brand"),
        ({"image": "IMAGE", "visibility": "hidden"}, 422, "visibility"),
    ],
)
def test_an_item_that_makes_no_sense_is_refused(
    light: Live, fresh: str, body: dict[str, Any], status: int, field: str | None
) -> None:
    if body.get("image") == "IMAGE":
        body = {**body, "image": base64_picture("red")}
    response = light.ask("PUT", "/fresh/items/a", body)
    assert response.status_code == status, response.text
    if field is not None:
        assert response.json()["field"] == field
    assert light.search(fresh)["total"] == 0


def test_a_patch_that_makes_no_sense_changes_nothing(light: Live, fresh: str) -> None:
    put(light, "a", brand="acme")
    for body in ({"colour": "red"}, {"brand": {"a": 1}}, {"image": "?"}, {"id": "b"}):
        assert light.ask("PATCH", "/fresh/items/a", body).status_code == 422
    assert light.ask("GET", "/fresh/items/a").json()["payload"]["brand"] == "acme"


def test_too_many_items_at_once_are_refused(light: Live, fresh: str) -> None:
    items = [{"id": str(number)} for number in range(501)]
    assert light.ask("POST", "/fresh/items", {"items": items}).status_code == 413


def test_items_of_an_unknown_collection_are_refused(light: Live) -> None:
    body = {"items": [{"id": "a", "image": base64_picture()}]}
    assert light.ask("POST", "/nothing/items", body).status_code == 404
    assert light.ask("PUT", "/nothing/items/a", {"image": base64_picture()}).status_code == 404


def test_a_thumbnail_that_is_known_is_not_sent_again(light: Live) -> None:
    path = "/v1/collections/colours/items/red%2F0/thumbnail"
    first = light.client.get(path)
    assert first.content[8:12] == b"WEBP"
    again = light.client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_items_colours_shape_and_near_duplicates_are_found_by_the_service(
    light: Live, fresh: str
) -> None:
    put(light, "a", "blue")
    put(light, "b", "blue")
    payload = light.ask("GET", "/fresh/items/b").json()["payload"]
    assert payload["colors"] == ["blue"]
    assert payload["aspect"] == pytest.approx(48 / 40)
    assert payload["duplicate_group"] == "a"
    assert light.ids(fresh, filter={"colors": "blue", "aspect": {"gt": 1}}) == ["a", "b"] or (
        light.ids(fresh, filter={"colors": "blue"}) == ["b", "a"]
    )


def test_an_item_is_found_by_the_words_it_has_now(light: Live, fresh: str) -> None:
    put(light, "a", title="Desk lamp")
    put(light, "b", title="Chair", tags=["oak"])
    lexical = {"aspects": {"lexical": 1}}
    assert light.ids(fresh, query=[{"text": "lamps"}], **lexical) == ["a"]
    light.ask("PATCH", "/fresh/items/a", {"title": "Stool"})
    light.ask("PATCH", "/fresh/items/b", {"brand": "acme"})
    assert light.ids(fresh, query=[{"text": "lamp"}], **lexical) == []
    assert light.ids(fresh, query=[{"text": "stools"}], **lexical) == ["a"]
    assert light.ids(fresh, query=[{"text": "oak"}], **lexical) == ["b"]
