"""The remote encoder against services made by hand: what it takes, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest

from core.errors import EncoderError, EncoderUnavailable
from encoders.bundle import BundleEncoder
from encoders.remote.encoder import RemoteEncoder, is_remote
from encoders.remote.facts import facts_of, relevance_at
from encoders.remote.link import Remote
from encoders.specs import load_encoder
from tests.pictures import picture

URL = "http://encoder:8000"
QUICK = Remote(total_s=0.5, backoff_s=0.001)
FACTS = {
    "encoder": "made by hand",
    "fingerprint": "abc",
    "dim": 2,
    "image_size": 32,
    "relevance": {},
    "max_batch": 3,
    "max_body": 20_000,
}
Answer = Callable[[httpx.Request], httpx.Response]


def unit(request: httpx.Request) -> httpx.Response:
    """One unit vector for each input."""
    body = json.loads(request.content)
    rows = {kind: [[1.0, 0.0]] * len(inputs) for kind, inputs in body.items()}
    return httpx.Response(200, json={"fingerprint": "abc", **rows})


class Service:
    """Describes itself by FACTS; answers embeddings by the next of `answers`, then by `unit`."""

    def __init__(self, *answers: Answer, facts: dict[str, Any] | None = None) -> None:
        self.answers = list(answers)
        self.facts = facts or FACTS
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/encoder":
            return httpx.Response(200, json=self.facts)
        self.asked.append(request)
        return (self.answers.pop(0) if self.answers else unit)(request)

    def encoder(self, remote: Remote = QUICK) -> RemoteEncoder:
        return RemoteEncoder(URL, remote, transport=httpx.MockTransport(self))


def status(code: int, body: object = None, **headers: str) -> Answer:
    return lambda request: httpx.Response(code, json=body, headers=headers)


def failing(error: type[httpx.TransportError]) -> Answer:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("broken", request=request)

    return fail


def test_it_is_what_the_service_says_it_is() -> None:
    encoder = Service().encoder()
    assert (encoder.name, encoder.fingerprint) == ("made by hand", "abc")
    assert (encoder.dim, encoder.image_size) == (2, 32)
    assert encoder.relevance(0.5, "text") is None
    assert encoder.encode_texts(["a"]).dtype == np.float32


def test_nothing_to_encode_asks_nothing() -> None:
    service = Service()
    encoder = service.encoder()
    assert encoder.encode_texts([]).shape == (0, 2)
    assert encoder.encode_images([]).shape == (0, 2)
    assert not service.asked


def test_texts_go_in_parts_that_the_service_takes() -> None:
    service = Service()
    assert service.encoder().encode_texts([str(n) for n in range(8)]).shape == (8, 2)
    assert [len(json.loads(one.content)["texts"]) for one in service.asked] == [3, 3, 2]


def test_images_go_in_parts_as_large_as_the_service_takes() -> None:
    service = Service()
    images = [picture(size=(60, 60), seed=seed) for seed in range(5)]
    assert service.encoder().encode_images(images).shape == (5, 2)
    assert all(len(one.content) <= FACTS["max_body"] for one in service.asked)  # type: ignore[operator]
    assert len(service.asked) > 1


def test_an_image_that_is_too_large_is_told_with_what_to_do() -> None:
    with pytest.raises(EncoderError, match=r"500 x 500 pixels is larger.*BINOCLE_HTTP__MAX_BODY"):
        Service().encoder().encode_images([picture(size=(500, 500))])


@pytest.mark.parametrize(
    "passing",
    [
        status(503, {"detail": "busy"}, **{"retry-after": "0"}),
        status(429),
        status(502),
        status(504),
        failing(httpx.ConnectError),
        failing(httpx.ReadTimeout),
        failing(httpx.RemoteProtocolError),
    ],
)
def test_what_may_pass_is_tried_again(passing: Answer) -> None:
    service = Service(passing, passing)
    assert service.encoder().encode_texts(["a"]).shape == (1, 2)
    assert len(service.asked) == 3


def test_what_does_not_pass_in_time_is_unavailable() -> None:
    service = Service(*[failing(httpx.ConnectError)] * 10_000)
    encoder = service.encoder(Remote(total_s=0.05, backoff_s=0.001))
    with pytest.raises(EncoderUnavailable, match=r"http://encoder:8000 does not answer: broken"):
        encoder.encode_texts(["a"])


def test_a_service_that_asks_for_patience_beyond_ours_is_unavailable_at_once() -> None:
    service = Service(status(503, {}, **{"retry-after": "3600"}))
    with pytest.raises(EncoderUnavailable, match="status 503"):
        service.encoder().encode_texts(["a"])
    assert len(service.asked) == 1


def test_a_service_that_is_not_there_is_unavailable_from_the_start() -> None:
    with pytest.raises(EncoderUnavailable, match="does not answer"):
        load_encoder("http://127.0.0.1:1", remote=Remote(total_s=0.01, backoff_s=0.001))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (status(422, {"detail": "Text 0 is empty."}), "refuses: Text 0 is empty."),
        (status(500, {"detail": "Something went wrong."}), "refuses: Something went wrong."),
        (status(401, {}), "asks for a key.*BINOCLE_REMOTE__KEY"),
        (status(403, {}), "asks for a key"),
        (status(200, {"fingerprint": "abc"}), "gives no texts"),
        (status(200, [1]), "without a JSON object"),
        (lambda request: httpx.Response(200, text="<html>"), "without a JSON object"),
        (status(200, {"fingerprint": "abc", "texts": []}), r"shape \(0,\)"),
        (status(200, {"fingerprint": "abc", "texts": [[1.0]]}), r"shape \(1, 1\)"),
        (status(200, {"fingerprint": "abc", "texts": [["a", "b"]]}), "gives no texts"),
        (status(200, {"fingerprint": "abc", "texts": [[None, 1.0]]}), "unit length"),
        (status(200, {"fingerprint": "abc", "texts": [[0.0, 0.5]]}), "unit length"),
        (status(200, {"fingerprint": "xyz", "texts": [[1.0, 0.0]]}), "another encoder now"),
    ],
)
def test_what_can_not_be_used_is_an_error_and_not_tried_again(answer: Answer, why: str) -> None:
    service = Service(answer)
    with pytest.raises(EncoderError, match=why) as told:
        service.encoder().encode_texts(["a"])
    assert not isinstance(told.value, EncoderUnavailable)
    assert len(service.asked) == 1


@pytest.mark.parametrize("missing", ["fingerprint", "dim", "max_body"])
def test_what_is_no_encoder_service_is_refused_at_the_start(missing: str) -> None:
    facts = {name: value for name, value in FACTS.items() if name != missing}
    with pytest.raises(EncoderError, match=f"no encoder service of Binocle: '{missing}'"):
        Service(facts=facts).encoder()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://user:s3cret@host", "holds a password"),
        ("http://", "names no host"),
        ("http://host:port", "malformed"),
    ],
)
def test_an_address_that_can_not_be_used_is_refused(url: str, why: str) -> None:
    with pytest.raises(EncoderError, match=why) as told:
        RemoteEncoder(url)
    assert "s3cret" not in str(told.value)


def test_the_key_is_sent_and_not_shown() -> None:
    service = Service()
    remote = Remote(key="s3cret")
    service.encoder(remote).encode_texts(["a"])
    assert service.asked[0].headers["authorization"] == "Bearer s3cret"
    assert "s3cret" not in repr(remote)


def test_a_check_finds_another_encoder() -> None:
    service = Service()
    encoder = service.encoder()
    encoder.check()
    service.facts = {**FACTS, "fingerprint": "new"}
    with pytest.raises(EncoderError, match=r"another encoder now \(new; it was abc\)"):
        encoder.check()


def test_relevance_from_the_curve_is_that_of_the_encoder(tiny_encoder: BundleEncoder) -> None:
    facts = facts_of(tiny_encoder, max_batch=1, max_body=1)
    for kind in ("text", "image"):
        for cosine in np.linspace(-1, 1, 777):
            expected = tiny_encoder.relevance(float(cosine), kind)
            assert expected is not None
            assert relevance_at(facts.relevance[kind], float(cosine)) == pytest.approx(
                expected, abs=1e-9
            )


def test_urls_are_remote_and_other_specs_are_not() -> None:
    assert is_remote("http://host:8000")
    assert is_remote("https://host")
    assert not is_remote("compact")
    assert not is_remote("bundle:/http://")
