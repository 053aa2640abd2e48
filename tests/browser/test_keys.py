"""A service with API keys: the page asks for one, and shows images with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.keys.key import Role
from app.keys.ring import KeyRing
from database.address import address_of
from database.engine import Database
from tests.browser.gestures import expect_shown, tiles
from tests.browser.site import live_site


@pytest.fixture(scope="module")
def guarded(
    tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """The address of a service that asks for keys, and a key that reads."""
    data = tmp_path_factory.mktemp("guarded")
    with live_site(tiny_bundle, data) as address:
        database = Database(address_of(None, data))
        _, text = KeyRing(database).create("browser", Role.READ)
        database.close()
        yield address, text


@pytest.fixture
def page(chromium: Browser, guarded: tuple[str, str]) -> Iterator[Page]:
    address, _ = guarded
    until_asked(address)
    context = chromium.new_context(base_url=address)
    yield context.new_page()
    context.close()


def until_asked(address: str) -> None:
    """Wait until the service has noticed its first key."""
    from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

    again = Retrying(
        retry=retry_if_result(lambda status: status != 401),
        stop=stop_after_delay(10),
        wait=wait_fixed(0.05),
    )
    again(lambda: httpx.get(f"{address}/v1/collections").status_code)


def test_the_page_asks_for_a_key_and_goes_on_with_it(page: Page, guarded: tuple[str, str]) -> None:
    page.goto("/?q=red")
    field = page.get_by_label("API key")
    expect(field).to_be_focused()
    expect_shown(page, 0)
    field.fill("bnc_nonsense")
    field.press("Enter")
    expect(page.locator("#notice .wrong")).to_have_text("The key is not valid.")
    field.fill(guarded[1])
    page.get_by_role("button", name="Go on").click()
    expect(tiles(page).first).to_be_visible()
    picture = tiles(page).first.locator("img")
    expect(picture).to_be_visible()
    page.wait_for_function("() => document.querySelector('.tile img').naturalWidth > 0")
    assert guarded[1] not in str(page.evaluate("() => [document.cookie, {...localStorage}]"))


def test_a_key_is_remembered_over_a_reload(page: Page, guarded: tuple[str, str]) -> None:
    page.goto("/")
    page.get_by_label("API key").fill(guarded[1])
    page.get_by_role("button", name="Go on").click()
    expect(tiles(page).first).to_be_visible()
    page.reload()
    expect(tiles(page).first).to_be_visible()
    expect(page.get_by_label("API key")).to_have_count(0)
