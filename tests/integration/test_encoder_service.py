"""The encoder service: only embeddings, in shared runs; and a search service that uses it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import numpy as np
import pytest
from PIL import Image
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from app.settings import Settings
from app.wiring import build
from core.errors import EncoderError
from encoders.bundle import BundleEncoder
from encoders.remote.encoder import RemoteEncoder
from encoders.remote.link import Remote
from tests.integration.conftest import Live, Serving, base64_picture, serving
from tests.pictures import picture
from tests.towers import COLOURS

ONCE = Remote(total_s=5, backoff_s=0.01)


@pytest.fixture(scope="module")
def encoder_service(start: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with start(tmp_path_factory.mktemp("encoder"), store="memory", role="encoder") as running:
        yield running


WIRE = json.loads((Path(__file__).parents[1] / "data" / "encoder_wire.json").read_text())
"""What services of version 0.1 and those who ask them agreed on: schemas and an exchange."""


class Recorder(httpx.HTTPTransport):
    """The network, listened in on."""

    def __init__(self) -> None:
        super().__init__()
        self.exchanges: list[tuple[httpx.Request, httpx.Response]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        response.read()
        self.exchanges.append((request, response))
        return response


@pytest.fixture(scope="module")
def remote(encoder_service: Live) -> Iterator[RemoteEncoder]:
    encoder = RemoteEncoder(str(encoder_service.client.base_url), ONCE)
    yield encoder
    encoder.close()


def test_it_serves_embeddings_health_and_metrics_only(encoder_service: Live) -> None:
    client = encoder_service.client
    for path in ("/healthz", "/readyz", "/metrics", "/v1/encoder", "/openapi.json"):
        assert client.get(path).status_code == 200, path
    for path in ("/", "/v1/collections", "/static/main.js"):
        assert client.get(path).status_code == 404, path
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/healthz", "/readyz", "/metrics", "/v1/encoder", "/v1/embeddings"}


def test_remote_vectors_are_the_local_ones(
    remote: RemoteEncoder, tiny_encoder: BundleEncoder
) -> None:
    texts = [*COLOURS, "red and blue", "a word that is not known", "x" * 3_000, "été 日本"]
    assert np.array_equal(remote.encode_texts(texts), tiny_encoder.encode_texts(texts))
    sizes = ((32, 32), (300, 20), (1, 1), (77, 640))
    images = [picture(colour, size) for colour in ("red", "cyan") for size in sizes]
    assert np.array_equal(remote.encode_images(images), tiny_encoder.encode_images(images))


def test_what_is_said_of_it_is_what_it_is(
    remote: RemoteEncoder, tiny_encoder: BundleEncoder
) -> None:
    assert remote.fingerprint == tiny_encoder.fingerprint
    assert (remote.name, remote.dim) == (tiny_encoder.name, tiny_encoder.dim)
    assert remote.image_size == tiny_encoder.image_size
    expected = tiny_encoder.relevance(0.61, "text")
    assert expected is not None
    assert remote.relevance(0.61, "text") == pytest.approx(expected, abs=1e-9)


def test_many_clients_at_once_get_their_own(
    remote: RemoteEncoder, tiny_encoder: BundleEncoder, encoder_service: Live
) -> None:
    words = list(COLOURS) * 8
    with ThreadPoolExecutor(12) as pool:
        rows = list(pool.map(lambda word: remote.encode_texts([word])[0], words))
    assert np.array_equal(np.array(rows), tiny_encoder.encode_texts(words))
    metrics = encoder_service.wiring.telemetry.registry.get_sample_value
    runs = metrics("binocle_batch_size_count", {"tower": "text"})
    members = metrics("binocle_batch_size_sum", {"tower": "text"})
    assert runs is not None
    assert members is not None
    assert runs <= members


def test_a_damaged_image_fails_its_own_request_only(encoder_service: Live) -> None:
    def ask(image: str) -> int:
        body = {"images": [base64_picture("blue"), image]}
        return encoder_service.client.post("/v1/embeddings", json=body).status_code

    damaged = base64.b64encode(b"no image").decode()
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(ask, [damaged, base64_picture()] * 4))
    assert codes == [422, 200] * 4
    problem = encoder_service.client.post("/v1/embeddings", json={"images": [damaged]}).json()
    assert problem["field"] == "images.0"


def test_texts_and_images_may_come_together(encoder_service: Live) -> None:
    body = {"texts": ["red", "blue"], "images": [base64_picture("red")]}
    answer = encoder_service.client.post("/v1/embeddings", json=body).json()
    red, blue = np.array(answer["texts"])
    assert red @ answer["images"][0] > blue @ answer["images"][0]


def test_a_search_service_finds_by_an_encoder_elsewhere(
    encoder_service: Live, start: Serving, tmp_path: Path
) -> None:
    settings = Settings.load(
        data=tmp_path, store="memory", encoder=str(encoder_service.client.base_url), http__port=0
    )
    with serving(build(settings)) as live:
        live.ask("PUT", "/c", {})
        items = [{"id": colour, "image": base64_picture(colour)} for colour in COLOURS]
        assert live.ask("POST", "/c/items", {"items": items}).json()["indexed"] == len(items)
        assert live.ids("c", query=[{"text": "red"}], limit=1) == ["red"]
        assert live.ids("c", query=[{"image": base64_picture("cyan")}], limit=1) == ["cyan"]
        hit = live.search("c", query=[{"text": "red"}], limit=1)["hits"][0]
        assert 0.5 < hit["relevance"] <= 1


def test_without_its_encoder_a_service_is_not_ready_and_says_so(
    start: Serving, tmp_path: Path
) -> None:
    """It comes up before its encoder, waits for it, and notices when it goes."""
    with start(tmp_path / "e", store="memory", role="encoder") as encoder_service:
        port = encoder_service.client.base_url.port
        settings = Settings.load(
            data=tmp_path / "s",
            store="memory",
            encoder=f"http://127.0.0.1:{port}",
            http__port=0,
            http__poll_seconds=0.05,
            remote__total_seconds=0.2,
        )
        with serving(build(settings)) as live:
            live.ask("PUT", "/c", {})
            assert live.client.get("/readyz").status_code == 200
            encoder_service.server.should_exit = True
            encoder_service.thread.join()
            again = Retrying(
                retry=retry_if_result(lambda code: code == 200),
                stop=stop_after_delay(10),
                wait=wait_fixed(0.05),
            )
            assert again(lambda: live.client.get("/readyz").status_code) == 503
            refused = live.ask("POST", "/c/search", {"query": [{"text": "red"}]})
            assert refused.status_code == 503
            assert refused.headers["retry-after"] == "1"
            assert refused.json()["type"] == "urn:binocle:encoder-unavailable"
            assert live.ask("POST", "/c/search", {"query": []}).status_code == 200


def test_a_service_whose_encoder_asks_for_a_key_sends_one(start: Serving, tmp_path: Path) -> None:
    from app.keys.key import Role

    with start(tmp_path, store="memory", role="encoder", require_key=True) as live:
        _, text = live.wiring.keys().create("search nodes", Role.READ)
        live.wiring.watch.refresh()
        url = str(live.client.base_url)
        with pytest.raises(EncoderError, match="BINOCLE_REMOTE__KEY"):
            RemoteEncoder(url, ONCE)
        encoder = RemoteEncoder(url, Remote(key=text))
        assert encoder.encode_images([Image.new("RGB", (8, 8))]).shape == (1, encoder.dim)
        encoder.close()


def test_what_travels_is_what_the_service_documents_and_what_was_agreed_on(
    encoder_service: Live,
) -> None:
    """Search nodes and encoder nodes are renewed one after the other: an older one must go on
    understanding a newer one, so what was agreed on may grow and not change."""
    document = encoder_service.client.get("/openapi.json").json()
    recorder = Recorder()
    encoder = RemoteEncoder(str(encoder_service.client.base_url), ONCE, transport=recorder)
    encoder.encode_texts(["red", "blue"])
    encoder.encode_images([picture("red")])
    encoder.close()
    assert len(recorder.exchanges) == 3
    for request, response in recorder.exchanges:
        operation = document["paths"][request.url.path][request.method.lower()]
        _valid(response.json(), operation["responses"]["200"], document)
        jsonschema.validate(response.json(), WIRE["answers"][request.url.path])
        if request.content:
            _valid(json.loads(request.content), operation["requestBody"], document)
            jsonschema.validate(json.loads(request.content), WIRE["request"])


def test_an_exchange_with_the_first_encoder_service_is_still_understood() -> None:
    def first_service(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=WIRE["exchange"][request.url.path])

    transport = httpx.MockTransport(first_service)
    with_it = RemoteEncoder("http://encoder:8000", ONCE, transport=transport)
    assert (with_it.name, with_it.dim, with_it.image_size) == ("compact", 2, 224)
    assert with_it.encode_texts(["red"]).tolist() == [[1.0, 0.0]]
    assert with_it.relevance(0.2, "text") == pytest.approx(0.5)


@pytest.mark.parametrize("path", ["/v1/encoder", "/v1/embeddings"])
def test_the_agreement_holds_its_own_example_and_refuses_one_with_a_hole(path: str) -> None:
    example: dict[str, Any] = WIRE["exchange"][path]
    jsonschema.validate(example, WIRE["answers"][path])
    for name in WIRE["answers"][path]["required"]:
        with pytest.raises(jsonschema.ValidationError, match=name):
            jsonschema.validate(
                {key: value for key, value in example.items() if key != name},
                WIRE["answers"][path],
            )


def _valid(body: Any, part: dict[str, Any], document: dict[str, Any]) -> None:
    """Raises where `body` is not what this part of the OpenAPI document says."""
    schema = part["content"]["application/json"]["schema"]
    jsonschema.validate(body, {**schema, "components": document["components"]})
