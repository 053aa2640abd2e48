"""API keys over HTTP: who comes in, how far, and what is said to those who don't."""

import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.keys.key import Role
from app.running import made_known, running_service
from app.server import listen, serve_wired
from app.settings import Settings
from app.wiring import build
from core.errors import DatabaseTooNew, EncoderError
from tests.integration.conftest import Live, Serving, base64_picture, serving

SEARCH = "/v1/collections/colours/search"


@pytest.fixture(scope="module")
def locked(start: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with the collections 'colours' and 'other', which asks for keys."""
    data = tmp_path_factory.mktemp("locked")
    with start(data, store="memory", http__poll_seconds=3600) as running:
        for name in ("colours", "other"):
            assert running.ask("PUT", f"/{name}", {}).status_code == 201
            item = {"id": "a", "image": base64_picture(), "title": "red"}
            assert running.ask("POST", f"/{name}/items", {"items": [item]}).json()["indexed"] == 1
        running.wiring.keys().create("the first", Role.READ)
        running.wiring.watch.refresh()
        yield running


def key(live: Live, role: Role, **limits: object) -> dict[str, str]:
    """The header with a new key."""
    _, text = live.wiring.keys().create("test", role, **limits)  # type: ignore[arg-type]
    live.wiring.watch.refresh()
    return {"authorization": f"Bearer {text}"}


def search(live: Live, headers: dict[str, str] | None = None) -> httpx.Response:
    return live.client.post(SEARCH, json={"query": [{"text": "red"}]}, headers=headers)


def test_without_a_key_one_is_asked_for(locked: Live) -> None:
    refused = search(locked)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == 'Bearer realm="binocle"'
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:binocle:key-needed"
    assert "binocle keys create" in refused.json()["hint"]
    assert refused.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "text", ["Bearer nonsense", "nonsense", "Basic YTpi", "Bearer", "Bearer é"]
)
def test_a_key_that_is_none_is_refused(locked: Live, text: str) -> None:
    assert search(locked, {"authorization": text.encode("latin-1")}).status_code == 401  # type: ignore[dict-item]


@pytest.mark.parametrize("path", ["/", "/static/main.js", "/healthz", "/readyz", "/metrics"])
def test_the_page_health_and_metrics_stay_open(locked: Live, path: str) -> None:
    assert locked.client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("role", "searches", "writes", "administers"),
    [(Role.READ, 200, 403, 403), (Role.WRITE, 200, 200, 403), (Role.ADMIN, 200, 200, 201)],
)
def test_a_role_reaches_as_far_as_it_says(
    locked: Live, role: Role, searches: int, writes: int, administers: int
) -> None:
    headers = key(locked, role)
    items = {"items": [{"id": "b", "image": base64_picture("blue")}]}
    assert search(locked, headers).status_code == searches
    written = locked.ask("POST", "/colours/items", items, headers=headers)
    assert written.status_code == writes, written.text
    made = locked.ask("PUT", "/made", {}, headers=headers)
    assert made.status_code == administers
    if made.status_code == 201:
        assert locked.ask("DELETE", "/made", headers=headers).status_code == 204


def test_a_key_for_one_collection_sees_no_other(locked: Live) -> None:
    headers = key(locked, Role.ADMIN, collections=["other"])
    listed = locked.ask("GET", "", headers=headers).json()["collections"]
    assert [one["name"] for one in listed] == ["other"]
    refused = search(locked, headers)
    assert refused.status_code == 403
    assert refused.json()["field"] == "collection"
    assert locked.ask("GET", "/colours/items/a/thumbnail", headers=headers).status_code == 403
    assert locked.ask("GET", "/other/items/a/thumbnail", headers=headers).status_code == 200


def test_a_collection_spelled_in_another_way_is_still_not_reached(locked: Live) -> None:
    headers = key(locked, Role.ADMIN, collections=["other"])
    for path in (
        "/other/../colours/items/a",
        "/%63olours/items/a",
        "/other%2f..%2fcolours/items/a",
    ):
        url = httpx.URL(locked.client.base_url, raw_path=b"/v1/collections" + path.encode())
        assert locked.client.get(url, headers=headers).status_code in (403, 404, 422)


def test_a_revoked_key_is_refused(locked: Live) -> None:
    ring = locked.wiring.keys()
    revoked, text = ring.create("k", Role.READ)
    locked.wiring.watch.refresh()
    headers = {"authorization": f"Bearer {text}"}
    assert search(locked, headers).status_code == 200
    ring.revoke(revoked.id)
    locked.wiring.watch.refresh()
    assert search(locked, headers).status_code == 401


def test_an_expired_key_is_refused(locked: Live) -> None:
    headers = key(locked, Role.READ, expires_in=timedelta(microseconds=1))
    assert "is expired" in search(locked, headers).json()["detail"]


def test_the_page_keeps_a_key_in_a_cookie_that_opens_images_too(locked: Live) -> None:
    text = key(locked, Role.WRITE)["authorization"].removeprefix("Bearer ")
    with httpx.Client(base_url=locked.client.base_url) as page:
        assert page.post("/v1/session", json={"key": "nonsense"}).status_code == 401
        answer = page.post("/v1/session", json={"key": text})
        assert answer.status_code == 204
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert search_with(page).status_code == 200
        assert page.get("/v1/collections/colours/items/a/thumbnail").status_code == 200
        sister = {"sec-fetch-site": "same-site"}
        refused = page.delete("/v1/collections/colours/items/zzz", headers=sister)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:binocle:not-allowed")
        assert page.delete("/v1/session").status_code == 204
        assert search_with(page).status_code == 401


def search_with(client: httpx.Client) -> httpx.Response:
    return client.post(SEARCH, json={"query": [{"text": "red"}]})


def test_readiness_tells_reasons_only_to_those_with_a_key(
    locked: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.errors import StoreError

    monkeypatch.setattr(
        locked.wiring.catalog, "_failed", {"hidden": StoreError("It lies in /secret/place.")}
    )
    assert locked.client.get("/readyz").json()["failures"] == {}
    headers = key(locked, Role.READ)
    assert "hidden" in locked.client.get("/readyz", headers=headers).json()["failures"]


def test_while_the_database_can_not_be_read_the_service_is_not_ready(
    tiny_bundle: Path, tmp_path: Path
) -> None:
    settings = Settings.load(
        data=tmp_path,
        store="memory",
        encoder=f"bundle:{tiny_bundle}",
        http__port=0,
        database="postgresql://nobody:s3cret@127.0.0.1:1/nothing",
    )
    with serving(build(settings)) as live:
        ready = live.client.get("/readyz")
        assert (ready.status_code, ready.json()["database"]) == (503, False)
        refused = live.client.get("/v1/collections")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert "s3cret" not in ready.text + refused.text
        assert live.client.get("/healthz").status_code == 200


def test_the_command_line_opens_a_service_with_the_token_in_the_data_directory(
    tmp_path: Path,
) -> None:
    with made_known(tmp_path, "http://127.0.0.1:1", "t0ken"):
        path = tmp_path / "service.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert json.loads(path.read_text())["token"] == "t0ken"
        found = running_service(tmp_path)
        assert found is not None
        assert found.token == "t0ken"
        assert "t0ken" not in repr(found)
    assert running_service(tmp_path) is None


def test_the_token_of_the_data_directory_opens_everything(locked: Live) -> None:
    headers = {"authorization": f"Bearer {locked.wiring.watch.local_token}"}
    assert search(locked, headers).status_code == 200
    assert locked.ask("PUT", "/made", {}, headers=headers).status_code == 201
    assert locked.ask("DELETE", "/made", headers=headers).status_code == 204


def test_keys_can_be_required_before_there_is_one(start: Serving, tmp_path: Path) -> None:
    with start(tmp_path, store="memory", require_key=True, events__enabled=False) as live:
        assert live.client.get("/v1/collections").status_code == 401
    assert not (tmp_path / "binocle.db").exists()


def test_the_description_names_the_key(locked: Live) -> None:
    document = locked.client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


def test_a_service_that_is_open_to_a_network_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It ends at once, for want of an encoder, but what it says comes first."""
    for required, told in ((None, True), (True, False)):
        caplog.clear()
        settings = Settings.load(
            data=tmp_path,
            store="memory",
            encoder=f"bundle:{tmp_path / 'nothing'}",
            http__host="0.0.0.0",
            http__port=0,
            require_key=required,
        )
        with listen(settings.http) as listening, pytest.raises(EncoderError):
            serve_wired(build(settings), listening)
        assert ("there are no API keys" in caplog.text) == told


def test_a_service_on_a_database_of_a_newer_program_does_not_start(tmp_path: Path) -> None:
    settings = Settings.load(data=tmp_path, store="memory", http__port=0)
    wiring = build(settings)
    wiring.keys().create("k", Role.READ)
    with wiring.database.write() as connection:
        connection.exec_driver_sql("UPDATE binocle_schema SET version_num = '9999'")
    wiring.close()
    with listen(settings.http) as listening, pytest.raises(DatabaseTooNew):
        serve_wired(build(settings), listening)
