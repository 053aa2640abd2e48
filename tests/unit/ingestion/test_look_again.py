"""Images that change behind URLs that don't."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from core.items import ImageSource, Item
from encoders.bundle import BundleEncoder
from ingestion.ledgers import Ledgers
from ingestion.limits import FetchLimits, Limits
from ingestion.load import Task, load
from tests.loads import SMALL, Listed, new_generation
from tests.pictures import encoded, picture


class _Shop(BaseHTTPRequestHandler):
    images: dict[str, str]
    answered: list[int]

    def do_GET(self) -> None:
        colour = self.images[self.path]
        same = self.headers.get("If-None-Match") == f'"{colour}"'
        body = b"" if same else encoded(picture(colour, (8, 8)))
        self.answered.append(304 if same else 200)
        self.send_response(304 if same else 200)
        self.send_header("ETag", f'"{colour}"')
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def shop() -> Iterator[Any]:
    handler = type("Shop", (_Shop,), {"images": {}, "answered": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        handler.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
        yield handler
        server.shutdown()
        thread.join()


def test_an_image_that_changed_behind_its_url_is_found_by_looking_again(
    shop: Any, tmp_path: Path, tiny_encoder: BundleEncoder
) -> None:
    shop.images |= {"/a": "red", "/b": "green", "/c": "pink"}
    items = [Item(path[1:], ImageSource(url=shop.url + path)) for path in shop.images]
    generation, ledgers = new_generation(tiny_encoder), Ledgers(tmp_path)
    limits = Limits(fetch=FetchLimits(allow_private=True, cache=tmp_path / "images.db"))
    ledger = ledgers.of("things", generation.name)

    def loaded(**task: Any) -> tuple[int, int]:
        shop.answered.clear()
        given = Task(
            Listed(items),
            generation,
            tiny_encoder,
            limits=limits,
            pace=SMALL,
            ledger=ledger,
            **task,
        )
        report = load(given)
        assert report.rejected == 0
        return report.indexed, report.unchanged

    try:
        assert loaded() == (3, 0)
        shop.images["/b"] = "blue"
        assert (loaded(), shop.answered) == ((0, 3), [])
        assert loaded(look_again=True) == (1, 2)
        assert sorted(shop.answered) == [200, 304, 304]
        vector = tiny_encoder.encode_texts(["blue"])[0]
        scores = generation.score(["a", "b", "c"], vector)
        assert max(scores, key=lambda each: scores[each]) == "b"
        assert loaded(look_again=True) == (0, 3)
    finally:
        ledgers.close()
