"""What can't be used is told as a problem document that names the field; the service goes on."""

import base64
import struct
import zlib
from typing import Any

import httpx
import pytest

from app.http.models import ProblemAnswer
from tests.integration.conftest import Live, base64_picture
from tests.pictures import encoded, picture


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    ProblemAnswer.model_validate(response.json())
    document: dict[str, Any] = response.json()
    assert document["status"] == status
    assert document["detail"].endswith((".", "?"))
    assert "Traceback" not in response.text
    return document


def bomb() -> bytes:
    """A PNG whose header claims 50,000 x 50,000 pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk + b"\x00\x00\x00\x00IEND\xaeB`\x82"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


CANCELLING = [{"text": "red"}, {"text": "red", "weight": -1}]
WORD = [{"text": "red"}]
TRUNCATED = encoded(picture("red", (200, 200)), "JPEG")[:600]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": [{"text": ""}]}, "query.0.text"),
        ({"query": [{"text": "red"}, {"text": " \n"}]}, "query.1.text"),
        ({"query": [{"text": "x" * 10_001}]}, "query.0.text"),
        ({"query": [{}]}, "query.0"),
        ({"query": [{"text": "red", "id": "red/0"}]}, "query.0"),
        ({"query": [{"txt": "red"}]}, "query.0.txt"),
        ({"query": [{"text": 5}]}, "query.0.text"),
        ({"query": "red"}, "query"),
        ({"query": [{"text": "red", "weight": 0}]}, "weight"),
        ({"query": [{"text": "red", "weight": "1"}]}, "query.0.weight"),
        ({"query": [{"text": "red", "weight": 1e9}]}, "query.0.weight"),
        ({"query": CANCELLING}, "query"),
        ({"query": WORD * 21}, "query"),
        ({"query": [{"image": "not base64!"}]}, "query.0.image"),
        ({"query": [{"image": "abc"}]}, "query.0.image"),
        ({"query": [{"image": "data:image/png,abc"}]}, "query.0.image"),
        ({"query": [{"image": b64(b"")}]}, "query.0.image"),
        ({"query": [{"image": b64(b"just text")}]}, "query.0.image"),
        ({"query": [{"image": b64(TRUNCATED)}]}, "query.0.image"),
        ({"query": [{"vector": [1.0, 2.0]}]}, "query.0.vector"),
        ({"query": [{"vector": [0.0] * 16}]}, "query.0.vector"),
        ({"query": [{"vector": ["a"] * 16}]}, "query.0.vector.0"),
        ({"query": WORD, "limit": -1}, "limit"),
        ({"query": WORD, "limit": 0}, "limit"),
        ({"query": WORD, "limit": 201}, "limit"),
        ({"query": WORD, "limit": 2.5}, "limit"),
        ({"query": WORD, "limits": 5}, "limits"),
        ({"query": WORD, "cursor": "nonsense"}, "cursor"),
        ({"query": WORD, "cursor": "ÿ"}, "cursor"),
        ({"query": WORD, "filter": {"colour": "red"}}, "colour"),
        ({"query": WORD, "filter": {"price": "cheap"}}, "price"),
        ({"query": WORD, "filter": {"price": {"above": 3}}}, "price"),
        ({"query": WORD, "filter": {"shade": {"gte": 3}}}, "shade"),
        ({"query": WORD, "filter": {"_thumbnail": "x"}}, "_thumbnail"),
        ({"query": WORD, "filter": ["red"]}, "filter"),
        ({"query": WORD, "facets": ["price"]}, "facets"),
        ({"query": WORD, "facets": ["nothing"]}, "facets"),
        ({"query": [{"image_url": "ftp://example.org/a.png"}]}, "query.0.image_url"),
        ({"query": [*WORD, {"image_url": "http://127.0.0.1:1/a.png"}]}, "query.1.image_url"),
        ([], "body"),
        ("red", "body"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused_and_the_field_named(
    live: Live, body: Any, field: str | None
) -> None:
    document = problem(live.ask("POST", "/colours/search", body), 422)
    if field is not None:
        assert document["field"] == field


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"query": [}', b'{"query": "\xff"}', b"[" * 5000, b'"\\ud800"']
)
def test_a_body_that_is_no_json_is_refused(live: Live, content: bytes) -> None:
    response = live.client.post(
        "/v1/collections/colours/search",
        content=content,
        headers={"content-type": "application/json"},
    )
    assert problem(response, 422)["field"] == "body"


def test_a_filter_nested_too_deep_is_refused(live: Live) -> None:
    nested: dict[str, Any] = {"shade": "red"}
    for _ in range(200):
        nested = {"not": nested}
    document = problem(live.ask("POST", "/colours/search", {"filter": nested}), 422)
    assert document["type"] == "urn:binocle:invalid-filter"


def test_an_unknown_filter_field_is_answered_with_those_there_are(live: Live) -> None:
    document = problem(live.ask("POST", "/colours/search", {"filter": {"colour": "x"}}), 422)
    assert "colour" in document["detail"]
    assert "shade" in document["hint"]


@pytest.mark.parametrize("query", ["q=", "q=%20", "q=red&limit=-3", "q=red&limit=x", "p=red"])
def test_a_short_form_that_makes_no_sense_is_refused(live: Live, query: str) -> None:
    problem(live.client.get(f"/v1/collections/colours/search?{query}"), 422)


def test_a_filter_that_is_no_json_is_refused(live: Live) -> None:
    problem(live.client.get("/v1/collections/colours/search?filter={shade"), 422)


def test_a_bomb_is_refused_by_its_pixels(live: Live) -> None:
    body = {"query": [{"image": b64(bomb())}]}
    document = problem(live.ask("POST", "/colours/search", body), 413)
    assert document["type"] == "urn:binocle:image-too-large"


@pytest.mark.parametrize("kind", ["text/plain", "image/jpeg", "application/xml", ""])
def test_another_content_type_is_refused_with_those_that_are_taken(live: Live, kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    response = live.client.post("/v1/collections/colours/search", content=b"{}", headers=headers)
    assert "application/json" in problem(response, 415)["hint"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v1/collections/colours"),
        ("PUT", "/v1/collections/colours/items/a"),
        ("PATCH", "/v1/collections/colours/items/a"),
        ("POST", "/v1/collections/colours/items"),
        ("POST", "/v1/collections/colours/publish"),
        ("POST", "/v1/embeddings"),
    ],
)
def test_every_body_is_checked_for_its_type_its_size_and_its_form(
    live: Live, method: str, path: str
) -> None:
    problem(live.client.request(method, path, content=b"{}"), 415)
    json_type = {"content-type": "application/json"}
    problem(live.client.request(method, path, content=b"x" * 200_001, headers=json_type), 413)
    problem(live.client.request(method, path, content=b"[", headers=json_type), 422)


def test_too_large_a_body_is_refused_while_it_arrives(live: Live) -> None:
    """Without a length in the head, the limit holds all the same."""
    chunks = (b" " * 50_000 for _ in range(8))
    response = live.client.post(
        "/v1/collections/colours/search",
        content=chunks,
        headers={"content-type": "application/json"},
    )
    assert "200,000" in problem(response, 413)["detail"]


def test_too_large_a_form_is_refused(live: Live) -> None:
    response = live.client.post("/v1/collections/colours/search", files={"image": b"x" * 300_000})
    problem(response, 413)


@pytest.mark.parametrize(
    ("files", "data", "field"),
    [
        ({"image": b"no image"}, {}, "query.0.image"),
        ({"image": b""}, {}, "query.0.image"),
        ({"picture": encoded(picture())}, {}, "picture"),
        ({"image": encoded(picture())}, {"limit": "-1"}, "limit"),
        ({"image": encoded(picture())}, {"filter": '{"colour": "red"}'}, "colour"),
        ({"image": encoded(picture())}, {"colour": "red"}, "colour"),
        ({"image": (None, "text")}, {}, "image"),
        ({"filter": (None, "{}")}, {}, "image"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(
    live: Live, files: dict[str, Any], data: dict[str, str], field: str
) -> None:
    response = live.client.post("/v1/collections/colours/search", files=files, data=data)
    assert problem(response, 422)["field"] == field


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_a_form_without_parts_is_refused(live: Live, kind: str) -> None:
    response = live.client.post(
        "/v1/collections/colours/search", content=b"nothing", headers={"content-type": kind}
    )
    problem(response, 422)


def test_an_unknown_collection_is_answered_with_those_there_are(live: Live) -> None:
    document = problem(live.ask("POST", "/colors/search", {}), 404)
    assert "colours" in document["hint"]


@pytest.mark.parametrize("name", ["Colours", "..", "a b", "%2e%2e", "a" * 80])
def test_a_name_that_can_be_no_collections_is_refused(live: Live, name: str) -> None:
    response = live.client.get(httpx.URL(f"/v1/collections/{name}/search?q=red"))
    assert response.status_code in (404, 422)


def test_an_item_id_that_is_no_unicode_is_refused(live: Live) -> None:
    problem(live.client.get("/v1/collections/colours/items/%FF"), 422)


def test_nothing_at_a_path_is_a_problem_too(live: Live) -> None:
    problem(live.client.get("/v2/collections"), 404)
    problem(live.client.delete("/v1/collections"), 405)


def test_a_cursor_belongs_to_its_query(live: Live) -> None:
    cursor = live.search("colours", query=WORD, limit=3)["cursor"]
    body = {"query": [{"text": "blue"}], "cursor": cursor}
    document = problem(live.ask("POST", "/colours/search", body), 422)
    assert document["type"] == "urn:binocle:invalid-cursor"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "texts"),
        ({"texts": [""]}, "texts.0"),
        ({"images": ["?"]}, "images.0"),
        ({"images": [b64(b"text")]}, "images.0"),
        ({"words": ["red"]}, "words"),
    ],
)
def test_embeddings_of_nothing_usable_are_refused(
    live: Live, body: dict[str, Any], field: str
) -> None:
    assert problem(live.client.post("/v1/embeddings", json=body), 422)["field"] == field


def test_the_service_answers_after_all_that(live: Live) -> None:
    query = [{"image": base64_picture("red")}]
    assert live.ids("colours", query=query, limit=1) == ["red/0"]


def test_a_form_field_sent_twice_is_refused(live: Live) -> None:
    file = ("photo.png", encoded(picture("red")))
    files = [("image", file), ("image", file)]
    response = live.client.post("/v1/collections/colours/search", files=files)
    assert "more than once" in problem(response, 422)["detail"]
