from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.http.application import create_app
from app.keys.access import Needed, check, needed
from app.keys.key import Key, Role
from app.settings import Settings
from app.wiring import build
from core.errors import NotAllowed

SHOP = "/v1/collections/shop"


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/v1/collections", Role.READ),
        ("GET", SHOP, Role.READ),
        ("GET", f"{SHOP}/search", Role.READ),
        ("POST", f"{SHOP}/search", Role.READ),
        ("POST", f"{SHOP}/search/batch", Role.READ),
        ("GET", f"{SHOP}/suggest", Role.READ),
        ("GET", f"{SHOP}/items/a", Role.READ),
        ("GET", f"{SHOP}/items/a/thumbnail", Role.READ),
        ("POST", "/v1/embeddings", Role.READ),
        ("POST", f"{SHOP}/items", Role.WRITE),
        ("PUT", f"{SHOP}/items/a", Role.WRITE),
        ("PATCH", f"{SHOP}/items/a", Role.WRITE),
        ("DELETE", f"{SHOP}/items/a", Role.WRITE),
        ("PUT", SHOP, Role.ADMIN),
        ("DELETE", SHOP, Role.ADMIN),
        ("POST", f"{SHOP}/publish", Role.ADMIN),
        ("POST", f"{SHOP}/rollback", Role.ADMIN),
        ("DELETE", f"{SHOP}/search", Role.ADMIN),
        ("POST", f"{SHOP}/itemsx", Role.ADMIN),
        ("POST", "/v1/what-comes-later", Role.ADMIN),
    ],
)
def test_each_request_needs_a_role(method: str, path: str, role: Role) -> None:
    asked = needed(method, path)
    assert asked is not None
    assert asked.role is role
    assert asked.collection == ("shop" if path.startswith(SHOP) else None)


@pytest.mark.parametrize(
    "path", ["/", "/static/main.js", "/healthz", "/readyz", "/metrics", "/openapi.json"]
)
def test_the_page_and_what_watches_the_service_are_open(path: str) -> None:
    assert needed("GET", path) is None


def routes(app: FastAPI) -> list[APIRoute]:
    return [route for route in app.routes if isinstance(route, APIRoute)]


def test_every_route_outside_the_api_is_known_to_be_open() -> None:
    """A new one must be put here knowingly."""
    wiring = build(Settings.load(store="memory"))
    found = {
        route.path
        for route in routes(create_app(wiring))
        for method in route.methods
        if needed(method, route.path) is None
    }
    wiring.close()
    pages = {"/", "/judge", "/operators", "/upload"}  # files alone; what they show is asked for
    assert found <= pages | {"/healthz", "/readyz", "/metrics", "/v1/session"}


def key(role: Role, *collections: str) -> Key:
    return Key("k", "k", "", role, collections or None, datetime.now(UTC))


@pytest.mark.parametrize(
    ("have", "asked", "why"),
    [
        (key(Role.READ), Needed(Role.WRITE, "shop"), "may read; this needs a key that may write"),
        (key(Role.WRITE), Needed(Role.ADMIN), "may write"),
        (key(Role.ADMIN, "other"), Needed(Role.READ, "shop"), "not for the collection 'shop'"),
        (key(Role.ADMIN, "shop"), Needed(Role.ADMIN), "for some collections only"),
    ],
)
def test_a_key_does_not_reach_further_than_it_says(have: Key, asked: Needed, why: str) -> None:
    with pytest.raises(NotAllowed, match=why):
        check(have, asked)


@pytest.mark.parametrize(
    ("have", "asked"),
    [
        (key(Role.READ), Needed(Role.READ)),
        (key(Role.READ, "shop"), Needed(Role.READ)),
        (key(Role.READ, "shop"), Needed(Role.READ, "shop")),
        (key(Role.ADMIN, "shop"), Needed(Role.ADMIN, "shop")),
        (key(Role.ADMIN), Needed(Role.ADMIN)),
    ],
)
def test_a_key_reaches_what_it_is_for(have: Key, asked: Needed) -> None:
    check(have, asked)
