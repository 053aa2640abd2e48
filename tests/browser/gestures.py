"""What tests do to the page, and what they look for on it."""

from __future__ import annotations

import base64
import json
import re
from contextlib import suppress
from typing import Any, Literal

from playwright.sync_api import Locator, Page, Request, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

_TRANSFER = """([type, data, name]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "image/png" }));
  const init = { bubbles: true, cancelable: true };
  const event = type === "paste"
    ? new ClipboardEvent(type, { ...init, clipboardData: transfer })
    : new DragEvent(type, { ...init, dataTransfer: transfer });
  document.body.dispatchEvent(event);
}"""


def words(page: Page) -> Locator:
    """The search box."""
    return page.get_by_role("combobox", name="Search by words")


def tiles(page: Page) -> Locator:
    """The results."""
    return page.locator(".tile")


def expect_shown(page: Page, count: int) -> None:
    """Wait until there are `count` results; only those near the window are in the document."""
    _await(page, "#grid", "count", f"^{count}$")
    expect(page.locator("#grid")).to_have_attribute("data-count", str(count))


def scroll_to_the_end(page: Page) -> None:
    """As a person does it, once."""
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")


def status(page: Page) -> Locator:
    """The line that says how many items there are."""
    return page.locator("#status")


def bring(page: Page, how: Literal["drop", "paste"], image: bytes) -> None:
    """Drop or paste a PNG somewhere on the page."""
    page.evaluate(_TRANSFER, [how, base64.b64encode(image).decode(), "found.png"])


def expect_first(page: Page, colour: str) -> None:
    """Wait until the best result is of `colour`."""
    _await(page, ".tile", "id", f"^{colour}/")
    expect(tiles(page).first).to_have_attribute("data-id", re.compile(f"^{colour}/"))


def _await(page: Page, selector: str, name: str, pattern: str) -> None:
    """Look at the `data-` value of the first such element at each frame: `expect` alone looks
    every second soon. That says what it saw instead, so it is asked afterwards."""
    with suppress(PlaywrightTimeout):
        page.wait_for_function(
            "([selector, name, pattern]) =>"
            " new RegExp(pattern).test(document.querySelector(selector)?.dataset[name] ?? '')",
            arg=[selector, name, pattern],
        )


def is_asking(request: Request) -> bool:
    """Whether it is a search with a query: the page counts values by searches without one."""
    return request.url.endswith("/search") and bool(query_of(request))


def query_of(request: Request) -> list[dict[str, Any]]:
    """The parts of a search's query."""
    parts: list[dict[str, Any]] = json.loads(request.post_data or "{}")["query"]
    return parts
