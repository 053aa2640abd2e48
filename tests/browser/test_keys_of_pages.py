"""The pages beside the search on a service with API keys: each says which key it needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from app.keys.key import Role
from app.keys.ring import KeyRing
from database.address import address_of
from database.engine import Database
from tests.browser.conftest import new_page
from tests.browser.site import live_site


@pytest.fixture(scope="module")
def locked(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data directory of a service that asks for keys; its address is in `address`."""
    data = tmp_path_factory.mktemp("locked")
    with live_site(tiny_bundle, data) as address:
        (data / "address").write_text(address)
        _new_key(data, Role.READ)
        yield data


def _new_key(data: Path, role: Role) -> str:
    """The text of a new key, once the service knows it."""
    database = Database(address_of(None, data))
    _, text = KeyRing(database).create("browser", role)
    database.close()
    headers = {"Authorization": f"Bearer {text}"}
    again = Retrying(
        retry=retry_if_result(lambda told: told["role"] != role),
        stop=stop_after_delay(10),
        wait=wait_fixed(0.05),
    )
    address = (data / "address").read_text()
    again(lambda: httpx.get(f"{address}/v1/session", headers=headers).json())
    return text


@pytest.fixture
def page(chromium: Browser, locked: Path) -> Iterator[Page]:
    with new_page(chromium, (locked / "address").read_text()) as page:
        yield page


@pytest.mark.parametrize(
    ("path", "too_little", "enough", "sign"),
    [
        ("/upload", Role.WRITE, Role.ADMIN, "#upload"),
        ("/operators", Role.WRITE, Role.ADMIN, "#figures"),
        ("/judge?collection=colours&q=red", Role.READ, Role.WRITE, "#task .card"),
    ],
)
def test_a_page_says_which_key_it_needs_and_goes_on_with_it(
    page: Page, locked: Path, path: str, too_little: Role, enough: Role, sign: str
) -> None:
    page.goto(path)
    for role in (too_little, enough):
        page.get_by_label("API key").fill(_new_key(locked, role))
        page.get_by_role("button", name="Go on").click()
        if path.startswith("/judge"):
            page.get_by_label("Your name").fill("ada")
            page.get_by_role("button", name="Begin").click()
        if role is too_little:
            expect(page.locator("#notice")).to_contain_text(f"may {role}")
            expect(page.locator("#notice")).to_contain_text(str(enough))
    expect(page.locator(sign).first).to_be_visible()
    expect(page.locator("#notice")).to_be_hidden()
