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
RTL = "صورة صفراء جميلة"
LONG = "A very long title of a cyan picture " * 12
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
