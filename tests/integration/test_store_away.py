"""The service on a Qdrant server that is away, slow, full, or answers in part."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from qdrant_client.http import models

from tests.fake_qdrant.faults import FULL, HANGING, OVERLOADED, Fault
from tests.fake_qdrant.server import FakeQdrant, fake_qdrant
from tests.integration.conftest import Live, Serving, base64_picture

T = TypeVar("T")
READS = "POST .*/points/(query|scroll|count)"


@pytest.fixture(scope="module")
def module_fake() -> Iterator[FakeQdrant]:
    with fake_qdrant() as fake:
        yield fake


@pytest.fixture(scope="module")
def module_live(
    start: Serving, module_fake: FakeQdrant, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """A service on the fake server, with one red item in 'shop'."""
    options = {"timeout_seconds": 2.0, "write_timeout_seconds": 2.0}
    with start(
        tmp_path_factory.mktemp("data"),
        store=module_fake.url,
        http__poll_seconds=0.02,
        **{f"server__{name}": value for name, value in options.items()},
    ) as live:
        assert live.ask("PUT", "/shop", {"fields": {"brand": "keyword"}}).status_code == 201
        item = {"id": "a", "image": base64_picture("red"), "brand": "acme"}
        assert live.ask("POST", "/shop/items", {"items": [item]}).json()["rejected"] == 0
        yield live


@pytest.fixture
def away(module_fake: FakeQdrant, module_live: Live) -> Iterator[tuple[FakeQdrant, Live]]:
    """The server and the service, both well before and after."""
    yield module_fake, module_live
    module_fake.faults.clear()
    module_fake.faults.go_on.set()
    module_fake.faults.go_on.clear()
    if module_fake.is_down:
        module_fake.start()
    assert eventually(lambda: module_live.client.get("/readyz").status_code, 200) == 200


def eventually(look: Callable[[], T], wanted: T, seconds: float = 30.0) -> T:
    """What is seen, once it is as wanted or time is up."""
    until = time.monotonic() + seconds
    pause = threading.Event()
    while (seen := look()) != wanted and time.monotonic() < until:
        pause.wait(0.02)
    return seen


def test_a_search_is_answered_from_the_server(away: tuple[FakeQdrant, Live]) -> None:
    _, live = away
    answer = live.search("shop", query=[{"text": "red"}], facets=["brand"])
    assert [hit["id"] for hit in answer["hits"]] == ["a"]
    assert answer["facets"]["brand"] == [{"value": "acme", "count": 1}]
    assert "missing" not in answer
    described = live.ask("GET", "/shop").json()
    assert described["bytes_on_disk"] is None


@pytest.mark.parametrize("fault", [OVERLOADED, HANGING], ids=["overloaded", "hanging"])
def test_a_search_ends_in_time_with_503_and_when_to_come_back(
    away: tuple[FakeQdrant, Live], fault: Fault
) -> None:
    fake, live = away
    fake.faults.plan(fault, READS, times=100_000)
    start = time.monotonic()
    response = live.ask("POST", "/shop/search", {"query": [{"text": "red"}]})
    assert time.monotonic() - start < 10
    assert response.status_code == 503
    assert response.headers["retry-after"].isdigit()
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "urn:binocle:store-unavailable"


def test_readiness_tells_of_a_server_that_is_down_and_back(
    away: tuple[FakeQdrant, Live],
) -> None:
    fake, live = away
    fake.stop()
    assert eventually(lambda: live.client.get("/readyz").status_code, 503) == 503
    told = live.client.get("/readyz").json()
    assert not told["store"]
    assert fake.url in told["reason"]
    assert live.client.get("/healthz").status_code == 200
    response = live.ask("POST", "/shop/search", {})
    assert response.status_code == 503
    fake.start()
    assert eventually(lambda: live.client.get("/readyz").status_code, 200) == 200
    assert live.ids("shop") == ["a"]


def test_a_full_disk_refuses_writes_and_not_searches(away: tuple[FakeQdrant, Live]) -> None:
    fake, live = away
    fake.faults.plan(FULL, "PUT .*/points", times=100_000)
    item = {"id": "b", "image": base64_picture("blue")}
    response = live.ask("PUT", "/shop/items/b", item)
    assert response.status_code == 507
    assert live.ids("shop") == ["a"]


def test_a_missing_alias_is_told_while_the_collection_answers_on(
    away: tuple[FakeQdrant, Live],
) -> None:
    fake, live = away
    gone = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name="shop"))
    fake.engine.client.update_collection_aliases([gone])
    assert eventually(lambda: "shop" in live.client.get("/readyz").json()["failures"], True)
    ready = live.client.get("/readyz")
    assert ready.status_code == 200
    assert "lost the alias" in ready.json()["failures"]["shop"]
    assert live.ids("shop") == ["a"]
    assert live.ask("POST", "/shop/publish", {"generation": "g000001"}).status_code == 200
    assert eventually(lambda: live.client.get("/readyz").json()["failures"], {}) == {}


def test_a_partial_answer_is_given_only_if_asked_for_and_says_what_is_missing(
    away: tuple[FakeQdrant, Live],
) -> None:
    fake, live = away
    body = {"query": [{"text": "red"}], "facets": ["brand"], "filter": {"brand": "acme"}}
    assert live.search("shop", **body, partial=True)["missing"] == []
    eventually(lambda: live.service.upkeep.readiness().ready, True)
    fake.faults.plan(OVERLOADED, "/points/count|/facet", times=100_000)
    other = {**body, "filter": {"brand": ["acme", "globex"]}}
    assert live.ask("POST", "/shop/search", other).status_code == 503
    answer = live.search("shop", **other, partial=True)
    assert [hit["id"] for hit in answer["hits"]] == ["a"]
    assert answer["missing"] == ["total", "facets"]
    assert answer["total"] is None


def test_no_partial_answer_is_given_where_the_hits_themselves_fail(
    away: tuple[FakeQdrant, Live],
) -> None:
    fake, live = away
    fake.faults.plan(OVERLOADED, READS, times=100_000)
    response = live.ask("POST", "/shop/search", {"query": [{"text": "red"}], "partial": True})
    assert response.status_code == 503


def test_replicas_see_what_another_one_writes_and_publishes(
    away: tuple[FakeQdrant, Live], start: Serving, tmp_path: Path
) -> None:
    fake, live = away
    with start(tmp_path, store=fake.url, http__poll_seconds=0.02) as second:
        item = {"id": "c", "image": base64_picture("blue")}
        assert second.ask("PUT", "/shop/items/c", item).is_success
        assert sorted(live.ids("shop")) == ["a", "c"]
        assert eventually(lambda: live.search("shop")["total"], 2) == 2
        assert second.ask("DELETE", "/shop/items/c").status_code == 204
        assert live.ids("shop") == ["a"]
        assert second.ask("PUT", "/new", {"fields": {}}).status_code == 201
        assert live.ask("POST", "/new/search", {}).status_code == 200
        assert live.ask("DELETE", "/new").status_code == 204
        assert eventually(lambda: second.ask("POST", "/new/search", {}).status_code, 404) == 404


def test_a_batch_of_changes_or_deletions_is_a_few_requests(away: tuple[FakeQdrant, Live]) -> None:
    fake, live = away
    items = [{"id": f"n{number}", "image": base64_picture()} for number in range(40)]
    assert live.ask("POST", "/shop/items", {"items": items}).json()["indexed"] == 40
    kinds = ("/points", "/points/batch", "/points/delete")
    before = [fake.faults.count(each) for each in kinds]
    changes = [{"id": each["id"], "brand": "acme"} for each in items]
    assert live.ask("PATCH", "/shop/items", {"items": changes}).json()["changed"] == 40
    ids = {"ids": [each["id"] for each in items]}
    assert live.ask("DELETE", "/shop/items", ids).json()["deleted"] == 40
    asked, written, deleted = (
        fake.faults.count(each) - known for each, known in zip(kinds, before, strict=True)
    )
    assert (written, deleted) == (1, 1)
    assert asked <= 6
