"""The Python client against a live service: every test for the sync and for the async one."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from app.client import AsyncClient, Client, Page, Part, Search
from app.client.query import Options
from app.http.search_models import SearchBody
from core import errors
from tests.integration.conftest import MEMBERS, Live
from tests.pictures import encoded, picture

Ways = Callable[..., Client]


class Awaited:
    """An AsyncClient whose methods are awaited at once, so that it can take a Client's place."""

    def __init__(self, runner: asyncio.Runner, client: AsyncClient) -> None:
        self._runner = runner
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        async def held(*args: Any, **options: Any) -> Any:
            return await method(*args, **options)

        return lambda *args, **options: self._runner.run(held(*args, **options))


@pytest.fixture(params=["sync", "async"])
def way(request: pytest.FixtureRequest) -> Iterator[Ways]:
    """Makes a client of one of both kinds."""
    made: list[Client] = []
    with asyncio.Runner() as runner:

        def make(url: str, key: str | None = None, **options: Any) -> Client:
            if request.param == "sync":
                made.append(Client(url, key, **options))
            else:
                made.append(cast("Client", Awaited(runner, AsyncClient(url, key, **options))))
            return made[-1]

        yield make
        for client in made:
            client.close()


@pytest.fixture
def client(way: Ways, light: Live) -> Client:
    return way(str(light.client.base_url))


def picture_of(colour: str, seed: int = 0) -> bytes:
    return encoded(picture(colour, seed=seed), "PNG")


def test_a_text_finds_its_items(client: Client) -> None:
    page = client.search("colours", "red", limit=2, facets=["shade"], explain=True)
    assert [hit.payload["shade"] for hit in page.hits] == ["red", "red"]
    assert page.total is not None
    assert page.hits[0].explanation is not None
    assert {value.value for value in page.facets["shade"]} >= {"red", "blue"}


def test_parts_of_all_kinds_are_mixed(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "query.png"
    file.write_bytes(picture_of("blue", 9))
    for query in (
        [Part(image=file), "blue"],
        [Part(image=picture_of("blue"), region=(0.25, 0.25, 0.5, 0.5))],
        [Part(id="blue/0"), Part(text="red", weight=-0.5)],
    ):
        assert client.search("colours", query, limit=1).hits[0].payload["shade"] == "blue"


def test_pages_follow_by_the_cursor_and_filters_hold(client: Client) -> None:
    first = client.search("colours", "red", filter={"shade": ["red", "pink"]}, limit=4)
    rest = client.search(
        "colours", "red", filter={"shade": ["red", "pink"]}, limit=4, cursor=first.cursor
    )
    ids = [hit.id for hit in (*first.hits, *rest.hits)]
    assert len(set(ids)) == len(ids) == 2 * MEMBERS
    assert (
        rest.cursor is None
        or not client.search(
            "colours", "red", filter={"shade": ["red", "pink"]}, limit=4, cursor=rest.cursor
        ).hits
    )


def test_without_a_query_it_is_a_browse(client: Client) -> None:
    assert client.search("colours", filter={"shade": "pink"}).hits[0].score is None


def test_shaping_and_the_box_pass_through(client: Client) -> None:
    page = client.search("colours", "red shade:red", understand=True, group="shade", collapse=False)
    assert [hit.group for hit in page.hits] == ["red"]
    assert page.understood[0]["text"] == "red"


def test_a_batch_tells_each_search_its_own(client: Client) -> None:
    good, bad, browse = client.batch(
        "colours", ["red", Search(Part(id="no")), Search(filter={"shade": "blue"})]
    )
    assert isinstance(good, Page)
    assert isinstance(bad, errors.ItemNotFound)
    assert isinstance(browse, Page)
    assert browse.total == MEMBERS


def test_it_suggests_and_finds_the_similar(client: Client, light: Live) -> None:
    client.suggest("colours", "prple")
    assert light.service.suggestions.wait_built("colours", 10)
    assert client.suggest("colours", "prple pict", limit=1).suggestions[0].text.startswith("purple")
    found = client.similar("colours", "red/0", limit=2, filter={"shade": "red"})
    assert {hit.id for hit in found.hits} == {"red/1", "red/2"}


def test_an_item_comes_changes_and_goes(client: Client, fresh: str) -> None:
    made = client.put(fresh, "a b/ü", {"title": "a shoe", "image": picture_of("red"), "brand": "x"})
    assert made.id == "a b/ü"
    assert client.patch(fresh, "a b/ü", {"title": "two", "brand": None}).title == "two"
    assert "brand" not in client.get(fresh, "a b/ü").payload
    client.delete(fresh, "a b/ü")
    with pytest.raises(errors.ItemNotFound):
        client.get(fresh, "a b/ü")


def test_many_are_uploaded_in_batches_and_rejects_are_told(client: Client, fresh: str) -> None:
    items: list[dict[str, Any]] = [
        {"id": f"{n}", "title": f"lamp {n}", "image": picture_of("green", n)} for n in range(101)
    ]
    items[7]["image"] = b"no image"
    done = client.upload(fresh, iter(items))
    assert done.indexed == 100
    assert [each.id for each in done.rejects] == ["7"]
    assert "image" in (done.rejects[0].reason or "")
    assert client.describe(fresh).count == 100


def test_collections_are_made_and_dropped(client: Client) -> None:
    made = client.create("mine", {"brand": "keyword"})
    assert made.fields["brand"] == "keyword"
    assert client.create("mine", {"brand": "keyword"}).name == "mine"
    with pytest.raises(errors.CollectionExists):
        client.create("mine", {"brand": "integer"})
    assert "mine" in {each.name for each in client.collections()}
    client.drop("mine")
    with pytest.raises(errors.CollectionNotFound):
        client.describe("mine")


def test_problems_become_errors_with_their_hint_and_field(client: Client) -> None:
    with pytest.raises(errors.InvalidFilter) as told:
        client.search("colours", filter={"colour": "red"})
    assert told.value.field == "colour"
    assert "shade" in told.value.hint + told.value.message
    with pytest.raises(errors.InvalidQuery):
        client.search("colours", [Part(text="a", weight=0.0)])
    with pytest.raises(errors.ImageUnreadable):
        client.search("colours", Part(image=Path("/nowhere.png")))
    with pytest.raises(errors.InvalidQuery):
        Part(text="a", id="b")


def scripted(*answers: int | Exception) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    """A service that answers these statuses, and 200 from then on; what it was asked."""
    left, asked = list(answers), list[httpx.Request]()

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        now = left.pop(0) if left else 200
        if isinstance(now, Exception):
            raise now
        body = {
            "type": "urn:binocle:store-unavailable",
            "detail": "Away.",
            "hint": "",
            "field": "f",
        }
        good = {"id": "a", "collection": "c"}
        headers = {"Retry-After": "1"}
        return httpx.Response(now, json=good if now == 200 else body, headers=headers)

    return httpx.MockTransport(answer), asked


def test_what_may_be_repeated_is_tried_again(way: Ways) -> None:
    for failure in (503, httpx.ReadTimeout("slow"), httpx.ConnectError("no")):
        transport, asked = scripted(failure, failure)
        client = way("http://x", transport=transport, backoff_s=0)
        assert client.put("c", "a", {}).id == "a"
        assert len(asked) == 3


def test_a_change_is_repeated_only_if_it_was_never_sent(way: Ways) -> None:
    transport, asked = scripted(httpx.ConnectError("no"), httpx.ReadTimeout("slow"))
    client = way("http://x", transport=transport, backoff_s=0)
    with pytest.raises(errors.StoreUnavailable, match="does not answer"):
        client.patch("c", "a", {"title": "x"})
    assert len(asked) == 2
    transport, asked = scripted(503)
    with pytest.raises(errors.StoreUnavailable, match="Away"):
        way("http://x", transport=transport, backoff_s=0).delete("c", "a")
    assert len(asked) == 1


def test_it_gives_up_after_the_attempts_it_has(way: Ways) -> None:
    transport, asked = scripted(*[503] * 5)
    with pytest.raises(errors.StoreUnavailable) as told:
        way("http://x", transport=transport, attempts=2, backoff_s=0).get("c", "a")
    assert (len(asked), told.value.field) == (2, "f")


def test_what_is_wrong_is_not_tried_again_and_the_key_is_sent(way: Ways) -> None:
    transport, asked = scripted(404)
    with pytest.raises(errors.StoreError):
        way("http://x", "secret", transport=transport, backoff_s=0).get("c", "a")
    (request,) = asked
    assert request.headers["authorization"] == "Bearer secret"


def test_another_service_than_binocle_is_told(way: Ways) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>hello</html>"))
    with pytest.raises(errors.BinocleError, match="otherwise than expected"):
        way("http://x", transport=transport).get("c", "a")
    with pytest.raises(errors.SettingsError):
        way("localhost:8000")
    with pytest.raises(errors.SettingsError):
        way("http://x", attempts=0)


def test_both_clients_have_the_same_methods_and_tell_their_parameters() -> None:
    def methods(kind: type) -> dict[str, inspect.Signature]:
        names = [name for name in vars(kind) if not name.startswith("_") and name != "close"]
        return {name: inspect.signature(getattr(kind, name)) for name in names}

    assert methods(Client) == methods(AsyncClient)
    assert list(inspect.signature(Client.put).parameters) == [
        "self",
        "collection",
        "id",
        "item",
    ]


def test_each_option_of_a_search_is_one_of_the_api() -> None:
    assert set(Options.__annotations__) <= set(SearchBody.model_fields)


ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs/client.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_the_examples_of_the_docs_run(
    light: Live,
    block: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    assert "http://127.0.0.1:8000" in block
    exec(block.replace("http://127.0.0.1:8000", str(light.client.base_url)), {})
    out = capsys.readouterr().out
    assert "20 indexed, 0 rejected" in out or "colours" in out


def test_what_people_did_is_told_once_for_whom_it_was(way: Ways, light: Live, fresh: str) -> None:
    client = way(str(light.client.base_url))
    page = client.search(fresh)
    assert page.query_id
    event = {"query_id": page.query_id, "item": "i1", "action": "click"}
    answer = client.events([event] * 3 + [{**event, "position": 0}] + [event] * 600)
    assert answer.accepted == 603
    assert [each.index for each in answer.refused] == [3]


def test_a_client_says_for_whom_it_asks(light: Live, fresh: str) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"suggestions": [], "corrected": None, "ready": True})

    with Client("http://there", transport=httpx.MockTransport(answer)) as client:
        client.asking(user="Zoë", client="shop").suggest(fresh, "a")
        client.suggest(fresh, "a")
    assert dict(seen[0].headers.raw)[b"Binocle-User"] == "Zoë".encode()
    assert "binocle-client" in seen[0].headers
    assert "binocle-user" not in seen[1].headers
