"""The service as a whole: health, metrics, headers, failures, and an orderly end."""

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.catalog import Catalog
from app.server import listen, serve, url_of
from app.settings import HttpSettings, Settings
from app.wiring import Wiring, build
from core.errors import EncoderError, SettingsError
from qdrant.store import Fused, Generation, HybridQuery, ScoredPoint, VectorQuery
from tests.integration.conftest import Live, base64_picture, serving
from tests.logs import logging_restored


def test_health_readiness_and_metrics(live: Live) -> None:
    assert live.client.get("/healthz").json() == {"status": "ok"}
    ready = live.client.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    live.search("colours", query=[{"text": "red"}, {"image": base64_picture()}])
    metrics = live.client.get("/metrics").text
    for line in (
        'binocle_encode_seconds_count{tower="text"}',
        'binocle_encoded_total{tower="image"}',
        'binocle_store_seconds_count{operation="fused"}',
        'route="/v1/collections/{collection}/search",status="200"',
        "process_resident_memory_bytes",
    ):
        assert line in metrics


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/v1/collections", "/nothing", "/static/base.css"]
)
def test_every_answer_carries_the_security_headers(live: Live, path: str) -> None:
    headers = live.client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_pages_of_other_sites_may_read_but_not_write(live: Live) -> None:
    headers = {"sec-fetch-site": "cross-site"}
    refused = live.client.post("/v1/collections/colours/rollback", headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:binocle:forbidden")
    assert live.client.get("/v1/collections", headers=headers).status_code == 200


def test_the_page_and_its_files_are_served(live: Live) -> None:
    page = live.client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "/static/" in page.text
    assert live.client.get("/static/main.js").status_code == 200
    assert live.client.get("/static/../../settings.py").status_code == 404


def test_openapi_describes_every_route_and_its_problems(live: Live) -> None:
    document = live.client.get("/openapi.json").json()
    search = document["paths"]["/v1/collections/{collection}/search"]["post"]
    assert set(search["requestBody"]["content"]) == {"application/json", "multipart/form-data"}
    schemas = document["components"]["schemas"]
    assert schemas["SearchBody"]["examples"]
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            assert "application/problem+json" in operation["responses"]["default"]["content"]
    names = [part for part in str(document).split("'") if part.startswith("#/components/schemas/")]
    assert {name.rsplit("/", 1)[1] for name in names} <= set(schemas)


class Stubborn:
    """A generation that waits, or fails, where it is asked to. Everything else is the real one."""

    def __init__(self, real: Generation) -> None:
        self._real = real
        self.entered = threading.Event()
        self.release = threading.Event()
        self.fails = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def query(self, query: VectorQuery) -> list[ScoredPoint]:
        self._balk()
        return self._real.query(query)

    def hybrid(self, query: HybridQuery) -> list[ScoredPoint]:
        self._balk()
        return self._real.hybrid(query)

    def fused(self, query: HybridQuery, keep: int, **wishes: Any) -> Fused:
        self._balk()
        return self._real.fused(query, keep, **wishes)

    def _balk(self) -> None:
        if self.fails:
            raise RuntimeError("secret internals")
        self.entered.set()
        assert self.release.wait(10)


@pytest.fixture
def stubborn(tiny_bundle: Path, tmp_path: Path) -> tuple[Wiring, list[Stubborn]]:
    """A wiring whose generations are stubborn, and the list that they will be in."""
    settings = Settings.load(
        data=tmp_path,
        store="memory",
        encoder=f"bundle:{tiny_bundle}",
        http__port=0,
        threads__search=1,
        http__max_waiting=1,
    )
    wiring = build(settings)
    opened: list[Stubborn] = []

    def wrap(generation: Generation) -> Generation:
        opened.append(Stubborn(generation))
        return opened[-1]  # type: ignore[return-value]

    wiring.catalog = Catalog(wiring.store, wrap=wrap)
    return wiring, opened


def ask_red(live: Live) -> httpx.Response:
    return live.ask("POST", "/c/search", {"query": [{"text": "red"}]})


def test_an_unexpected_failure_is_told_by_an_id_without_internals(
    stubborn: tuple[Wiring, list[Stubborn]], caplog: pytest.LogCaptureFixture
) -> None:
    wiring, opened = stubborn
    with serving(wiring) as live:
        live.ask("PUT", "/c", {})
        opened[0].fails = True
        response = ask_red(live)
        assert response.status_code == 500
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "secret" not in response.text
        assert response.json()["id"] in caplog.text
        assert "secret internals" in caplog.text
        assert live.client.get("/healthz").status_code == 200


def test_requests_in_flight_are_answered_before_the_end(
    stubborn: tuple[Wiring, list[Stubborn]],
) -> None:
    wiring, opened = stubborn
    with ThreadPoolExecutor(1) as pool, serving(wiring) as live:
        live.ask("PUT", "/c", {})
        answer = pool.submit(ask_red, live)
        assert opened[0].entered.wait(10)
        live.server.should_exit = True
        opened[0].release.set()
        live.thread.join()
        assert answer.result().status_code == 200


def test_too_many_requests_at_once_are_turned_away(
    stubborn: tuple[Wiring, list[Stubborn]],
) -> None:
    wiring, opened = stubborn
    with ThreadPoolExecutor(3) as pool, serving(wiring) as live:
        live.ask("PUT", "/c", {})
        answers = [pool.submit(ask_red, live) for _ in range(3)]
        refused = next(as_completed(answers)).result()
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        opened[0].release.set()
        assert sorted(answer.result().status_code for answer in answers) == [200, 200, 503]


def test_a_taken_port_is_refused_with_a_hint() -> None:
    with listen(HttpSettings(port=0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(SettingsError, match=f"{port}.*--port"):
            listen(HttpSettings(port=port))


def test_an_encoder_that_can_not_be_loaded_ends_the_service(tmp_path: Path) -> None:
    announced: list[str] = []
    settings = Settings.load(data=tmp_path, encoder=f"bundle:{tmp_path / 'nothing'}", http__port=0)
    with logging_restored(), pytest.raises(EncoderError, match="no bundle"):
        serve(settings, announce=announced.append)
    assert announced[0].startswith("http://127.0.0.1:")


def test_a_url_of_ipv6_has_brackets() -> None:
    with listen(HttpSettings(host="::1", port=0)) as listening:
        assert url_of(listening).startswith("http://[::1]:")
