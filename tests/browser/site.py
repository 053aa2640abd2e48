"""A live service with a small collection of coloured pictures, for the browser to visit."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from app.http.application import create_app
from app.settings import Settings
from app.wiring import build
from tests.pictures import encoded, picture
from tests.towers import COLOURS

COLLECTION = "colours"
EACH = 5
"""Items of each colour: 60 in all, more than one page."""
MARKUP = "<img src=x onerror=\"document.title='hacked'\"> pink"
SOURCE = "https://shop.example/items/7?a=1&b=2"
RTL = "صورة صفراء جميلة"
LONG = "A very long title of a cyan picture " * 12
ODDITIES = "oddities"
"""A collection of what is rare: see `_odd_items`. Its texts need a relevance of 0.7."""
_FIELDS = {"colour": "keyword", "sold": "bool", "price": "float", "made": "datetime"}
_SIZES = ((64, 48), (48, 64), (120, 30), (50, 50), (30, 90))


@contextmanager
def live_site(bundle: Path, data: Path) -> Iterator[str]:
    """The address of the service while the block runs; `bundle` serves as the encoder."""
    wiring = build(Settings(data=data, store="memory", encoder=f"bundle:{bundle}"))
    server = uvicorn.Server(uvicorn.Config(create_app(wiring), log_level="error"))
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        with httpx.Client(base_url=address, timeout=30) as client:
            _await_ready(client)
            _fill(client)
        yield address
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def _await_ready(client: httpx.Client) -> None:
    unready = retry_if_result(lambda status: status != 200)
    Retrying(retry=unready, stop=stop_after_delay(30), wait=wait_fixed(0.05))(
        lambda: client.get("/readyz").status_code
    )


def _fill(client: httpx.Client) -> None:
    client.put(f"/v1/collections/{COLLECTION}", json={"fields": _FIELDS}).raise_for_status()
    client.put("/v1/collections/nothing-yet", json={}).raise_for_status()
    items = [_item(colour, number) for colour in COLOURS for number in range(EACH)]
    answer = client.post(f"/v1/collections/{COLLECTION}/items", json={"items": items})
    assert answer.raise_for_status().json()["indexed"] == len(items), answer.text
    _fill_oddities(client)


def _fill_oddities(client: httpx.Client) -> None:
    fields = {"page": "keyword", "brand": "keyword", "note": "text"}
    client.put(f"/v1/collections/{ODDITIES}", json={"fields": fields}).raise_for_status()
    items = _odd_items()
    answer = client.post(f"/v1/collections/{ODDITIES}/items", json={"items": items})
    assert answer.raise_for_status().json()["indexed"] == len(items), answer.text
    ranking = client.put(
        f"/v1/collections/{ODDITIES}/ranking", json={"min_relevance": {"text": 0.7}}
    )
    ranking.raise_for_status()


def _odd_items() -> list[dict[str, Any]]:
    """The same picture three times; two views of a product; a picture of one pixel and one of
    2,000 x 20; markup and a script's address in every field."""
    red, half = picture("red", (60, 60)), picture("blue", (60, 60), seed=1)
    half.paste(picture("green", (30, 60)), (30, 0))
    items: list[dict[str, Any]] = [
        *({"id": f"same-{number}", "title": "Red tile", "image": red} for number in range(3)),
        {"id": "front", "title": "Half green", "image": half, "product_id": "chair"},
        {"id": "back", "title": "Purple back", "image": picture("purple"), "product_id": "chair"},
        {"id": "pixel", "title": "One pixel", "image": picture("yellow", (1, 1))},
        {"id": "panorama", "title": "Panorama", "image": picture("cyan", (2000, 20))},
        {
            "id": "markup",
            "title": MARKUP,
            "description": MARKUP,
            "tags": [MARKUP],
            "brand": MARKUP,
            "note": MARKUP,
            "page": "javascript:document.title='hacked'",
            "image": picture("pink"),
        },
        {"id": "gone-soon", "title": "Orange", "image": picture("orange"), "page": SOURCE},
    ]
    return [{**item, "image": base64.b64encode(encoded(item["image"])).decode()} for item in items]


def _item(colour: str, number: int) -> dict[str, Any]:
    image = encoded(picture(colour, _SIZES[number % len(_SIZES)], seed=number))
    item: dict[str, Any] = {
        "id": f"{colour}/{number}",
        "image": base64.b64encode(image).decode(),
        "title": f"{colour.capitalize()} picture {number}",
        "description": f"All {colour}, nearly." if colour != "black" else f"Black picture {number}",
        "tags": [colour, "odd" if number % 2 else "even"],
        "colour": colour,
        "sold": number == 0,
        "price": 10.0 * number,
        "made": f"202{number}-03-15",
    }
    odd_titles = {"pink/0": MARKUP, "yellow/0": RTL, "cyan/0": LONG, "grey/0": ""}
    return {**item, "title": odd_titles.get(item["id"], item["title"])}
