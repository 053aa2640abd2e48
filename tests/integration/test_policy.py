"""Private and unsafe items, looked for on every path by a stranger, an owner and a writer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.keys.key import Role
from tests.integration.conftest import Live, Serving, base64_picture

PATH = "/v1/collections/shop"


@pytest.fixture(scope="module")
def shop(start: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service that asks for keys, with one item for all, one of ann's, and one unsafe."""
    data: Path = tmp_path_factory.mktemp("policy")
    with start(data, store="memory", http__poll_seconds=3600) as running:
        assert running.ask("PUT", "/shop", {"fields": {"shade": "keyword"}}).status_code == 201
        items = [
            {"id": name, "image": base64_picture("red", seed=0), "title": name, "shade": name}
            for name in ("open", "anns", "unsafe")
        ]
        items[1] |= {"visibility": "private", "owner_id": "ann"}
        items[2]["safety"] = 0.9
        answer = running.ask("POST", "/shop/items", {"items": items}).json()
        assert answer["rejected"] == 0, answer
        running.wiring.keys().create("the first", Role.READ)
        yield running


def headers(live: Live, role: Role = Role.READ, owner: str | None = None) -> dict[str, str]:
    _, text = live.wiring.keys().create("test", role, owner_id=owner)
    live.wiring.watch.refresh()
    return {"authorization": f"Bearer {text}"}


CASES = [
    (Role.READ, None, False, {"open"}),
    (Role.READ, "bob", False, {"open"}),
    (Role.READ, "ann", False, {"open", "anns"}),
    (Role.READ, "ann", True, {"open", "anns"}),
    (Role.WRITE, None, False, {"open", "anns"}),
    (Role.ADMIN, None, True, {"open", "anns", "unsafe"}),
]


def names(answer: dict[str, Any]) -> set[str]:
    return {hit["id"] for hit in answer["hits"]}


@pytest.mark.parametrize(("role", "owner", "unsafe", "seen"), CASES)
def test_every_path_shows_the_same(
    shop: Live, role: Role, owner: str | None, unsafe: bool, seen: set[str]
) -> None:
    key = headers(shop, role, owner)
    wish = {"collapse": False, "unsafe": unsafe, "facets": ["shade"]}
    for query in ([{"text": "red"}], []):
        answer = shop.client.post(
            f"{PATH}/search", json={"query": query, **wish}, headers=key
        ).json()
        assert names(answer) == seen
        assert answer["total"] == len(seen)
        assert {each["value"] for each in answer["facets"]["shade"]} == seen
    params = {"collapse": "false", "unsafe": str(unsafe).lower()}
    similar = shop.client.get(f"{PATH}/items/open/similar", params=params, headers=key)
    assert names(similar.json()) == seen - {"open"}


@pytest.mark.parametrize(("role", "owner", "unsafe", "seen"), CASES)
def test_hidden_duplicates_are_not_counted(
    shop: Live, role: Role, owner: str | None, unsafe: bool, seen: set[str]
) -> None:
    body = {"query": [{"text": "red"}], "unsafe": unsafe, "list_collapsed": True}
    key = headers(shop, role, owner)
    hit = shop.client.post(f"{PATH}/search", json=body, headers=key).json()["hits"][0]
    assert {hit["id"], *hit.get("alike_ids", [])} == seen


@pytest.mark.parametrize("item", ["anns", "unsafe"])
@pytest.mark.parametrize("below", ["", "/thumbnail", "/image", "/similar"])
def test_a_hidden_item_is_not_there_for_a_stranger(shop: Live, item: str, below: str) -> None:
    key = headers(shop)
    assert shop.client.get(f"{PATH}/items/{item}{below}", headers=key).status_code == 404


def test_an_owner_reads_its_private_item_which_no_cache_may_share(shop: Live) -> None:
    key = headers(shop, owner="ann")
    assert shop.client.get(f"{PATH}/items/anns", headers=key).status_code == 200
    image = shop.client.get(f"{PATH}/items/anns/thumbnail", headers=key)
    assert image.status_code == 200
    assert image.headers["cache-control"].startswith("private")


def test_a_hidden_item_is_no_query_for_a_stranger(shop: Live) -> None:
    body = {"query": [{"id": "anns"}]}
    assert shop.client.post(f"{PATH}/search", json=body, headers=headers(shop)).status_code == 404


def test_a_cursor_of_one_viewer_is_none_of_anothers(shop: Live) -> None:
    body = {"query": [{"text": "red"}], "collapse": False, "limit": 1}
    first = shop.client.post(f"{PATH}/search", json=body, headers=headers(shop, owner="ann"))
    body["cursor"] = first.json()["cursor"]
    other = shop.client.post(f"{PATH}/search", json=body, headers=headers(shop, owner="bob"))
    assert other.json()["type"] == "urn:binocle:invalid-cursor"
