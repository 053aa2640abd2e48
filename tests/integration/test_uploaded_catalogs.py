"""Catalogs that are uploaded to be understood, and what the caller of a page may do."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from app.keys.key import Role
from tests.integration.conftest import Live, Serving, base64_picture

CSV = """sku,image,title,price,tags
a1,red.png,Red <b>shoe</b>,12.5,"shoe|red"
a2,https://example.org/blue.png,Blue shoe,20,
a1,green.png,Twice,1,
a3,,No picture,2,
a4,/etc/passwd,Elsewhere,3,
short
"""


def understood(live: Live, text: str, kind: str = "text/csv", name: str = "new") -> dict:  # type: ignore[type-arg]
    answer = live.client.post(
        f"/v1/collections/{name}/catalog", content=text, headers={"Content-Type": kind}
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_catalog_is_understood_as_a_load_would_and_nothing_is_made(light: Live) -> None:
    found = understood(light, CSV)
    assert found["fields"] == {"price": "float"}
    assert found["whole"]
    assert "Column 'sku' is taken as id." in found["notes"]
    first, second, third = found["items"]
    assert first == {
        "row": 2,
        "id": "a1",
        "title": "Red shoe",
        "tags": ["shoe", "red"],
        "price": 12.5,
        "image_file": "red.png",
    }
    assert second["image_url"] == "https://example.org/blue.png"
    assert third["image_file"] == "/etc/passwd"  # a name to look for among the chosen files
    assert [(one["row"], one["field"]) for one in found["problems"]] == [
        (4, "id"),
        (5, "image"),
        (7, None),
    ]
    assert light.ask("GET", "/new").status_code == 404


def test_its_items_can_be_sent_with_the_pictures(light: Live, fresh: str) -> None:
    lines = '{"id": "x", "image": "x.png", "brand": "acme"}\n'
    (item,) = understood(light, lines, "application/x-ndjson", fresh)["items"]
    del item["row"], item["image_file"]
    sent = {"items": [{**item, "image": base64_picture("red")}]}
    assert light.ask("POST", f"/{fresh}/items", sent).json()["indexed"] == 1
    assert light.ids(fresh, filter={"brand": "acme"}) == ["x"]


def test_pictures_within_a_catalog_come_as_base64(light: Live) -> None:
    data = base64_picture("blue")
    (item,) = understood(light, f'id,image\nx,"data:image/png;base64,{data}"\n')["items"]
    assert base64.b64decode(item["image"]) == base64.b64decode(data)


@pytest.mark.parametrize(
    ("text", "kind", "status", "told"),
    [
        ("sku,colour\n1,red\n", "text/csv", 422, "Columns: 'sku', 'colour'."),
        ("id,image\n", "text/csv", 422, "no rows"),
        ("", "text/csv", 422, "is empty"),
        ("\x00\x01\x02", "text/tab-separated-values", 422, "null characters"),
        ("id,image\n", "application/pdf", 415, "text/csv"),
    ],
)
def test_what_is_no_catalog_is_refused_with_the_reason(
    light: Live, text: str, kind: str, status: int, told: str
) -> None:
    answer = light.client.post(
        "/v1/collections/new/catalog", content=text, headers={"Content-Type": kind}
    )
    assert answer.status_code == status
    assert told in answer.text
    assert "/tmp" not in answer.text
    assert "--image" not in answer.text


@pytest.fixture(scope="module")
def locked(start: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service that asks for keys."""
    data = tmp_path_factory.mktemp("locked")
    with start(data, store="memory", http__poll_seconds=3600, require_key=True) as running:
        yield running


def test_a_page_is_told_how_far_its_key_reaches(light: Live, locked: Live) -> None:
    open_to_all = light.client.get("/v1/session").json()
    assert open_to_all == {"required": False, "role": "admin", "key": None, "collections": None}
    assert locked.client.get("/v1/session").json()["role"] is None
    _, text = locked.wiring.keys().create("desk", Role.WRITE, collections=["one"])
    locked.wiring.watch.refresh()
    with_key = locked.client.get("/v1/session", headers={"Authorization": f"Bearer {text}"})
    assert with_key.json() == {
        "required": True,
        "role": "write",
        "key": "desk",
        "collections": ["one"],
    }
    wrong = locked.client.get("/v1/session", headers={"Authorization": "Bearer nonsense"})
    assert wrong.json()["role"] is None
