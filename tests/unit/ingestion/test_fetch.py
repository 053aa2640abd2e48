"""Fetching images by URL, from a server in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.errors import ImageTooLarge, ImageUnreadable
from ingestion.addresses import is_public
from ingestion.fetch import Fetcher, fetch_image
from ingestion.limits import FetchLimits

OWN = FetchLimits(
    max_bytes=1000, timeout_s=5.0, max_redirects=3, retry_wait_s=0.0, allow_private=True
)


_PAGES: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "good": (200, b"image", {}),
    "large": (200, bytes(1001), {}),
    "cut": (200, b"half", {"Content-Length": "900", "Connection": "close"}),
    "moved": (301, b"", {"Location": "good"}),
    "loop": (302, b"", {"Location": "/loop"}),
    "to-file": (302, b"", {"Location": "file:///etc/passwd"}),
}


class _Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hits: dict[str, int]

    def do_GET(self) -> None:
        self.hits[self.path] = self.hits.get(self.path, 0) + 1
        name = self.path.strip("/")
        if name == "flaky":
            self._answer(200 if self.hits[self.path] > 2 else 503, b"image")
        elif name == "endless":
            self._drip(chunk=b"x" * 500, pause=0.0)
        elif name == "slow":
            self._drip(chunk=b"x", pause=0.05)
        elif name.startswith("to/"):
            self._answer(302, headers={"Location": f"http://{name[3:]}"})
        else:
            status, body, headers = _PAGES.get(name, (404, b"", {}))
            self._answer(status, body, headers)

    def _answer(
        self, status: int, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, chunk: bytes, pause: float) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        ended = threading.Event()
        try:
            for _ in range(1000):
                self.wfile.write(chunk)
                ended.wait(pause)
        except OSError:
            pass
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def site() -> Iterator[str]:
    handler = type("Site", (_Site,), {"hits": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.hits = handler.hits  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_body_comes_back(site: str) -> None:
    assert fetch_image(f"{site}/good", OWN) == b"image"


def test_redirects_are_followed(site: str) -> None:
    assert fetch_image(f"{site}/moved", OWN) == b"image"


def test_a_passing_failure_is_tried_again(site: str) -> None:
    assert fetch_image(f"{site}/flaky", OWN) == b"image"


def test_attempts_are_counted(site: str) -> None:
    with pytest.raises(ImageUnreadable, match="answered 503"):
        fetch_image(f"{site}/flaky", replace(OWN, attempts=2))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("missing", "answered 404"),
        ("loop", "More than 3 redirects"),
        ("to-file", "Not a URL of http"),
        ("cut", "Can't fetch"),
    ],
)
def test_a_bad_answer_is_told(site: str, path: str, words: str) -> None:
    with pytest.raises(ImageUnreadable, match=words):
        fetch_image(f"{site}/{path}", OWN)


@pytest.mark.parametrize("path", ["large", "endless"])
def test_a_body_over_the_limit_is_not_read_to_its_end(site: str, path: str) -> None:
    with pytest.raises(ImageTooLarge, match="1,00"):
        fetch_image(f"{site}/{path}", OWN)


def test_a_server_that_drips_is_left_at_the_time_limit(site: str) -> None:
    start = time.monotonic()
    with pytest.raises(ImageUnreadable, match="in time"):
        fetch_image(f"{site}/slow", replace(OWN, timeout_s=0.2, attempts=1))
    assert time.monotonic() - start < 3


def test_private_addresses_are_refused_unless_allowed(site: str) -> None:
    with pytest.raises(ImageUnreadable, match="private network"):
        fetch_image(f"{site}/good", replace(OWN, allow_private=False))


def test_a_name_that_leads_to_a_private_address_is_refused(site: str) -> None:
    port = site.rpartition(":")[2]
    limits = replace(OWN, allow_private=False)
    with (
        Fetcher(limits, resolve=lambda host, port: ["127.0.0.1"]) as fetcher,
        pytest.raises(ImageUnreadable, match="private network"),
    ):
        fetcher.fetch(f"http://images.example:{port}/good")


def test_one_private_address_among_public_ones_is_refused() -> None:
    limits = replace(OWN, allow_private=False)
    with (
        Fetcher(limits, resolve=lambda host, port: ["93.184.216.34", "10.0.0.1"]) as fetcher,
        pytest.raises(ImageUnreadable, match="private network"),
    ):
        fetcher.fetch("http://images.example/good")


def test_the_address_that_was_checked_is_the_one_connected_to(site: str) -> None:
    """A second look-up could have another answer (DNS rebinding): there is none."""
    answers = iter([["127.0.0.1"]])
    port = site.rpartition(":")[2]
    with Fetcher(OWN, resolve=lambda host, port: next(answers)) as fetcher:
        assert fetcher.fetch(f"http://images.example:{port}/good") == b"image"


def test_a_redirects_host_is_looked_up_and_checked_anew(site: str) -> None:
    asked: list[str] = []
    port = site.rpartition(":")[2]

    def look_up(host: str, port: int) -> list[str]:
        asked.append(host)
        if host == "inside.example":
            raise OSError("not for you")
        return ["127.0.0.1"]

    with (
        Fetcher(OWN, resolve=look_up) as fetcher,
        pytest.raises(ImageUnreadable, match=r"no host 'inside\.example'"),
    ):
        fetcher.fetch(f"http://images.example:{port}/to/inside.example/x")
    assert asked == ["images.example", "inside.example"]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://a.example/x",
        "//a.example/x",
        "http://",
        "nonsense",
        "http://[::1",
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(ImageUnreadable, match="Not a URL"):
        fetch_image(url, OWN)


def test_a_host_that_is_not_there_is_told() -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise OSError("unknown")

    with (
        Fetcher(OWN, resolve=nobody) as fetcher,
        pytest.raises(ImageUnreadable, match="no host"),
    ):
        fetcher.fetch("http://gone.example/")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1%eth0", "fc00::1"),
        *("::ffff:127.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::", "ff02::1"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)
