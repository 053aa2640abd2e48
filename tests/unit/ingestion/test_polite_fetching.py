"""Fetching many images: not a burden to their hosts, and not twice what has not changed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.errors import ImageUnreadable
from ingestion.fetch import Fetcher
from ingestion.hosts import seconds_asked
from ingestion.limits import FetchLimits

LIMITS = FetchLimits(timeout_s=5.0, retry_wait_s=0.0, allow_private=True)


@dataclass
class Shop:
    """A server of images that notes how it is asked."""

    url: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    conditions: list[str | None] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    body: bytes = b"image"
    lock: threading.Lock = field(default_factory=threading.Lock)
    busy: threading.Barrier | None = None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shop: Shop

    def do_GET(self) -> None:
        with self.shop.lock:
            self.shop.asked[self.path] += 1
            self.shop.at_once += 1
            self.shop.most_at_once = max(self.shop.most_at_once, self.shop.at_once)
        try:
            self._page()
        finally:
            with self.shop.lock:
                self.shop.at_once -= 1

    def _page(self) -> None:
        if self.path == "/etag":
            self.shop.conditions.append(self.headers.get("If-None-Match"))
            tag = f'"{self.shop.body.decode()}"'
            headers = {"ETag": tag, "Cache-Control": "no-cache"}
            if self.headers.get("If-None-Match") == tag:
                return self._answer(304, b"", headers)
            return self._answer(200, self.shop.body, headers)
        if self.path == "/fresh":
            return self._answer(200, self.shop.body, {"Cache-Control": "max-age=3600"})
        if self.path == "/page":
            return self._answer(200, b"<html>Sorry</html>", {"Content-Type": "text/html"})
        if self.path.startswith("/later/") and self.shop.asked[self.path] == 1:
            return self._answer(429, b"", {"Retry-After": self.path.rpartition("/")[2]})
        if self.path.startswith("/together") and self.shop.busy is not None:
            self.shop.busy.wait(5)
        return self._answer(200, b"image", {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (_Handler,), {"shop": shop})
    ) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        shop.url = f"http://127.0.0.1:{server.server_port}"
        yield shop
        server.shutdown()
        thread.join()


def test_a_host_is_asked_a_few_things_at_a_time_however_many_threads_there_are(shop: Shop) -> None:
    shop.busy = threading.Barrier(2)  # two are let through only together
    urls = [f"{shop.url}/together/{number}" for number in range(8)]
    with Fetcher(replace(LIMITS, per_host=2)) as fetcher, ThreadPoolExecutor(8) as threads:
        assert set(threads.map(fetcher.fetch, urls)) == {b"image"}
    assert shop.most_at_once == 2


def test_a_host_that_asks_for_time_gets_it(shop: Shop) -> None:
    slept: list[float] = []
    limits = replace(LIMITS, longest_wait_s=60.0)
    with Fetcher(limits, sleep=slept.append) as fetcher:
        assert fetcher.fetch(f"{shop.url}/later/7") == b"image"
        fetcher.fetch(f"{shop.url}/other")  # others of the host wait, too
    assert slept[0] == 7.0
    assert all(6 < seconds <= 7 for seconds in slept)
    assert len(slept) >= 2


def test_a_host_that_asks_for_too_much_time_is_given_up(shop: Shop) -> None:
    with Fetcher(LIMITS) as fetcher, pytest.raises(ImageUnreadable) as caught:
        fetcher.fetch(f"{shop.url}/later/3600")
    assert "left alone for 3600 seconds" in str(caught.value)
    assert shop.asked["/later/3600"] == 1


def test_what_was_fetched_is_asked_for_by_its_etag(shop: Shop, tmp_path: Path) -> None:
    limits = replace(LIMITS, cache=tmp_path / "images.db")
    for body in (b"one", b"one", b"two"):
        shop.body = body
        with Fetcher(limits) as fetcher:  # as another load would
            assert fetcher.fetch(f"{shop.url}/etag") == body
    assert shop.conditions == [None, '"one"', '"one"']


def test_what_is_fresh_is_not_asked_for_at_all(shop: Shop, tmp_path: Path) -> None:
    for _ in range(3):
        with Fetcher(replace(LIMITS, cache=tmp_path / "images.db")) as fetcher:
            fetcher.fetch(f"{shop.url}/fresh")
    assert shop.asked["/fresh"] == 1


def test_a_failure_is_not_remembered(shop: Shop, tmp_path: Path) -> None:
    limits = replace(LIMITS, cache=tmp_path / "images.db", attempts=1)
    with Fetcher(limits) as fetcher:
        with pytest.raises(ImageUnreadable, match="answered 429"):
            fetcher.fetch(f"{shop.url}/later/0")
        assert fetcher.fetch(f"{shop.url}/later/0") == b"image"


def test_a_page_in_place_of_an_image_is_told(shop: Shop) -> None:
    with Fetcher(LIMITS) as fetcher, pytest.raises(ImageUnreadable, match="a page"):
        fetcher.fetch(f"{shop.url}/page")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("12", 12), (" 3 ", 3), ("", 0), ("soon", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_what_retry_after_asks_for(header: str, seconds: float) -> None:
    assert seconds_asked(header) == seconds
