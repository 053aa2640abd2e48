"""Events over HTTP, on a live service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.keys.key import Role
from app.keys.ring import KeyRing
from database.interaction_rows import asked_of, event_of
from database.interactions import EVENTS, SEARCHES
from tests.integration.conftest import Live, Serving, base64_picture

PAGE = {
    "Binocle-User": "ann@example.org",
    "Binocle-Session": "s1",
    "Binocle-Client": "page",
    "User-Agent": "Mozilla/5.0",
}


@pytest.fixture(scope="module")
def shop(start: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    data = tmp_path_factory.mktemp("events")
    with start(data, store="memory", events__per_minute=100_000) as live:
        assert live.ask("PUT", "/shop", {}).status_code == 201
        items = [{"id": f"i{at}", "image": base64_picture(seed=at)} for at in range(5)]
        assert live.ask("POST", "/shop/items", {"items": items}).status_code == 200
        yield live


def send(live: Live, *events: dict[str, Any], **options: Any) -> dict[str, Any]:
    response = live.client.post("/v1/events", json={"events": list(events)}, **options)
    assert response.status_code == 202, response.text
    return dict(response.json())


def searched(live: Live, query_id: str) -> Any:
    assert live.service.interactions.flush()
    with live.wiring.database.read() as connection:
        wanted = select(SEARCHES).where(SEARCHES.c.query_id == query_id)
        return connection.execute(wanted).one_or_none()


def events_of(live: Live, query_id: str) -> list[Any]:
    assert live.service.interactions.flush()
    with live.wiring.database.read() as connection:
        rows = connection.execute(select(EVENTS).where(EVENTS.c.query_id == query_id))
        return [event_of(row) for row in rows]


def test_a_search_is_recorded_with_who_asked_it(shop: Live) -> None:
    answer = shop.ask("POST", "/shop/search", {"query": [{"text": "red"}]}, headers=PAGE).json()
    row = searched(shop, answer["query_id"])
    asked = asked_of(row)
    assert (asked.collection, asked.kind, asked.text) == ("shop", "text", "red")
    assert asked.found == len(answer["hits"])
    assert asked.client == "page"
    assert asked.latency_ms is not None
    assert asked.latency_ms > 0
    assert asked.generation == answer["generation"]
    assert asked.encoder
    assert asked.user is not None
    assert "ann" not in str(row)
    assert row.agent == "Mozilla/5.0"


def test_who_does_not_want_to_be_followed_is_recorded_as_nobody(shop: Live) -> None:
    answer = shop.ask("GET", "/shop/search?q=red", headers={**PAGE, "DNT": "1"}).json()
    row = searched(shop, answer["query_id"])
    assert (row.user, row.session, row.agent) == (None, None, None)


def test_a_search_that_nobody_asked_for_has_an_id_and_is_not_recorded(shop: Live) -> None:
    headers = {**PAGE, "Binocle-Record": "no"}
    answer = shop.ask("GET", "/shop/search?q=red", headers=headers).json()
    assert answer["query_id"]
    assert searched(shop, answer["query_id"]) is None


def test_every_way_to_search_gives_an_id(shop: Live) -> None:
    image = base64_picture("red")
    kinds = {}
    for kind, body in {
        "text": {"query": [{"text": "red"}]},
        "image": {"query": [{"image": image}]},
        "mixed": {"query": [{"image": image}, {"text": "red"}]},
        "items": {"query": [{"id": "i1"}]},
        "browse": {},
    }.items():
        kinds[kind] = shop.search("shop", **body)["query_id"]
    kinds["items "] = shop.ask("GET", "/shop/items/i1/similar").json()["query_id"]
    batch = {"searches": [{"query": [{"text": "red"}]}, {"query": [{"text": ""}]}, {}]}
    results = shop.ask("POST", "/shop/search/batch", batch).json()["results"]
    kinds["text "] = results[0]["answer"]["query_id"]
    kinds["browse "] = results[2]["answer"]["query_id"]
    for kind, query_id in kinds.items():
        assert searched(shop, query_id).kind == kind.strip()
    assert len(set(kinds.values())) == len(kinds)
    assert len(searched(shop, kinds["image"]).image) == 64


def test_the_pages_of_a_search_are_one_search(shop: Live) -> None:
    first = shop.search("shop", query=[{"text": "red"}], limit=2)
    second = shop.search("shop", query=[{"text": "red"}], limit=2, cursor=first["cursor"])
    assert second["query_id"] == first["query_id"]
    assert {hit["id"] for hit in first["hits"]}.isdisjoint(hit["id"] for hit in second["hits"])
    assert searched(shop, first["query_id"]).found == 2
    browsed = shop.search("shop", limit=2)
    body = {"searches": [{"limit": 2, "cursor": browsed["cursor"]}]}
    (next_page,) = shop.ask("POST", "/shop/search/batch", body).json()["results"]
    assert next_page["answer"]["query_id"] == browsed["query_id"]


def test_events_are_recorded_with_their_query(shop: Live) -> None:
    query_id = shop.search("shop", query=[{"text": "red"}])["query_id"]
    one = {"query_id": query_id, "item": "i1"}
    answer = send(
        shop,
        {**one, "action": "impression", "position": 1},
        {**one, "action": "click", "position": 1, "key": "k"},
        {**one, "action": "click", "position": 1, "key": "k"},
        {**one, "action": "dwell", "seconds": 12.5},
        {**one, "action": "add_to_cart", "value": 9.9},
        {**one, "action": "click", "position": 0},
        {**one, "query_id": "made-up", "action": "click"},
    )
    assert answer["accepted"] == 5
    assert [each["index"] for each in answer["refused"]] == [5, 6]
    found = {each.action: each for each in events_of(shop, query_id)}
    assert set(found) == {"impression", "click", "dwell", "add_to_cart"}
    assert found["dwell"].seconds == 12.5
    assert found["add_to_cart"].value == 9.9
    assert len(events_of(shop, query_id)) == 4


def test_a_single_event_and_a_beacon_are_taken(shop: Live) -> None:
    query_id = shop.search("shop")["query_id"]
    event = {"query_id": query_id, "item": "i1", "action": "click"}
    assert shop.client.post("/v1/events", json=event).json() == {"accepted": 1, "refused": []}
    beacon = {"content-type": "text/plain;charset=UTF-8"}
    body = json.dumps({"events": [event]})
    assert shop.client.post("/v1/events", content=body, headers=beacon).status_code == 202
    assert len(events_of(shop, query_id)) == 2


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ("no JSON", 422, "body"),
        ("[]", 422, "body"),
        ('{"events": 7}', 422, "events"),
        ('{"events": [], "more": 1}', 422, "more"),
        ('{"events": [' + ", ".join(["{}"] * 1_001) + "]}", 413, "events"),
        ('{"events": ["' + "x" * 1_000_000 + '"]}', 413, "body"),
    ],
)
def test_a_body_that_can_not_be_used_is_refused(
    shop: Live, body: str, status: int, field: str
) -> None:
    response = shop.client.post(
        "/v1/events", content=body, headers={"content-type": "application/json"}
    )
    assert response.status_code == status
    assert response.json()["field"] == field


def test_a_collection_tells_that_events_are_taken(shop: Live) -> None:
    assert shop.ask("GET", "/shop").json()["events"] is True


def test_headers_that_are_too_long_are_refused(shop: Live) -> None:
    response = shop.ask("GET", "/shop/search?q=red", headers={"Binocle-User": "x" * 201})
    assert response.status_code == 422
    assert response.json()["field"] == "Binocle-User"


def test_a_flood_from_one_client_is_limited(start: Serving, tmp_path: Path) -> None:
    with start(tmp_path, store="memory", events__per_minute=3) as live:
        events = [{"query_id": "x", "item": "i", "action": "click"}] * 2
        assert live.client.post("/v1/events", json={"events": events}).status_code == 202
        response = live.client.post("/v1/events", json={"events": events})
        assert response.status_code == 429
        assert 1 <= int(response.headers["retry-after"]) <= 61
        assert response.json()["type"] == "urn:binocle:too-many"


def test_where_nothing_is_recorded_answers_have_ids_and_events_are_refused(
    start: Serving, tmp_path: Path
) -> None:
    with start(tmp_path, store="memory", events__enabled=False) as live:
        live.ask("PUT", "/shop", {})
        answer = live.search("shop")
        assert live.ask("GET", "/shop").json()["events"] is False
        event = {"query_id": answer["query_id"], "item": "i", "action": "click"}
        assert live.client.post("/v1/events", json=event).status_code == 409
    assert not (tmp_path / "binocle.db").exists()


def test_a_key_reaches_events_of_its_collections_only(start: Serving, tmp_path: Path) -> None:
    with start(tmp_path, store="memory") as live:
        for name in ("mine", "other"):
            live.ask("PUT", f"/{name}", {})
        _, key = KeyRing(live.wiring.database).create("page", Role.READ, collections=["mine"])
        live.wiring.watch.refresh()
        own = {"authorization": f"Bearer {live.wiring.watch.local_token}"}
        told = [
            {
                "query_id": live.ask("POST", f"/{name}/search", {}, headers=own).json()["query_id"],
                "item": "i",
                "action": "click",
            }
            for name in ("mine", "other")
        ]
        answer = send(live, *told, headers={"authorization": f"Bearer {key}"})
        assert answer["accepted"] == 1
        assert "not for the collection" in answer["refused"][0]["problem"]
        assert live.client.post("/v1/events", json={"events": told}).status_code == 401


def test_ids_outlive_the_process(start: Serving, tmp_path: Path) -> None:
    with start(tmp_path) as live:
        live.ask("PUT", "/shop", {})
        query_id = live.search("shop")["query_id"]
    with start(tmp_path) as live:
        event = {"query_id": query_id, "item": "i", "action": "click"}
        assert send(live, event)["accepted"] == 1
        assert searched(live, query_id) is not None  # written as the first one ended


def test_what_people_ask_for_is_told_to_operators(shop: Live) -> None:
    shop.search("shop", query=[{"text": "operators look here"}])
    assert shop.service.interactions.flush()
    params = {"collection": "shop", "hours": 1, "limit": 200}
    answer = shop.client.get("/v1/operations/queries", params=params).json()
    assert "operators look here" in [one["text"] for one in answer["without_clicks"]]
    assert answer["searches"] >= 1
    assert answer["latency_ms"]["p99"] > 0
    assert shop.client.get("/v1/operations/queries?hours=0").status_code == 422


def test_reading_keys_may_not_see_what_people_ask_for(start: Serving, tmp_path: Path) -> None:
    with start(tmp_path, store="memory") as live:
        _, key = KeyRing(live.wiring.database).create("page", Role.READ)
        live.wiring.watch.refresh()
        headers = {"authorization": f"Bearer {key}"}
        assert live.client.get("/v1/operations/queries", headers=headers).status_code == 403


def test_online_metrics_are_series(shop: Live) -> None:
    query_id = shop.search("shop", query=[{"text": "red"}])["query_id"]
    send(shop, {"query_id": query_id, "item": "i1", "action": "click", "position": 4})
    text = shop.client.get("/metrics").text
    assert 'binocle_searches_clicked_total{collection="shop",kind="text"}' in text
    assert 'binocle_click_position_bucket{collection="shop",le="5.0"}' in text
    assert "binocle_interactions_waiting" in text


def test_what_several_people_asked_for_is_suggested_to_others(
    start: Serving, tmp_path: Path
) -> None:
    with start(tmp_path, store="memory", events__suggest_people=2) as live:
        live.ask("PUT", "/shop", {})
        live.ask("PUT", "/shop/items/i1", {"image": base64_picture(), "title": "red cup"})
        for who, text in (("a", "redder cup"), ("b", "redder cup"), ("a", "red secret")):
            headers = {"Binocle-Session": who}
            live.ask("POST", "/shop/search", {"query": [{"text": text}]}, headers=headers)
        assert live.service.interactions.flush()
        live.ask("GET", "/shop/suggest?q=red")
        assert live.service.suggestions.wait_built("shop", 10)
        found = live.ask("GET", "/shop/suggest?q=red").json()["suggestions"]
        assert ("redder cup", "query") in [(one["text"], one["kind"]) for one in found]
        assert "red secret" not in [one["text"] for one in found]
