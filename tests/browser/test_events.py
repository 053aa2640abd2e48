"""What people see, open and look at is recorded, as far as they let it be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from core.interactions import Visit
from database.address import address_of
from database.engine import Database
from eval.online.log import InteractionLog
from eval.online.rules import Rules
from tests.browser.conftest import new_page
from tests.browser.gestures import expect_first, expect_shown, tiles, words
from tests.browser.site import live_site

PRIVATE = {
    "Do Not Track": "Object.defineProperty(navigator, 'doNotTrack', { value: '1' })",
    "Global Privacy Control": (
        "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })"
    ),
}
EVERYBODY = Rules(bots=False, searches_per_minute=0)  # a headless browser is a bot by its name

Shop = tuple[str, Path]


@pytest.fixture(scope="module")
def shop(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The address of a site whose record is these tests' own, and its data directory."""
    data = tmp_path_factory.mktemp("shop")
    with live_site(tiny_bundle, data) as address:
        yield address, data


@pytest.fixture
def page(chromium: Browser, shop: Shop) -> Iterator[Page]:
    with new_page(chromium, shop[0]) as page:
        yield page


def visit(shop: Shop, text: str, complete: Callable[[Visit], bool]) -> Visit:
    """The one search for `text`, once it is `complete`."""

    def found() -> Visit | None:
        database = Database(address_of(None, shop[1]))
        log = InteractionLog(database, EVERYBODY)
        seen = [each for each in log.visits() if each.asked.text == text]
        database.close()
        assert len(seen) <= 1
        return seen[0] if seen and complete(seen[0]) else None

    again = Retrying(
        retry=retry_if_result(lambda one: one is None),
        stop=stop_after_delay(15),
        wait=wait_fixed(0.1),
    )
    one = again(found)
    assert one is not None
    return one


def leave(page: Page) -> None:
    """Leave the page, which tells what it has not told yet."""
    page.goto("about:blank")


def test_what_is_seen_opened_and_looked_at_is_recorded(page: Page, shop: Shop) -> None:
    page.set_viewport_size({"width": 1280, "height": 500})
    page.goto("/?q=red")
    expect_first(page, "red")
    first = tiles(page).first.get_attribute("data-id")
    with page.expect_request("**/v1/events"):  # what was half in the window for a second
        pass
    tiles(page).first.locator(".open").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    leave(page)
    found = visit(shop, "red", lambda one: any(event.action == "dwell" for event in one.events))
    shown = [event.position for event in found.shown]
    assert found.asked.client == "page"
    assert found.asked.session is not None
    assert {1, 2, 3} <= set(shown)
    assert len(shown) < 40  # the rest was never in the window
    assert len(set(shown)) == len(shown)
    assert [(event.item, event.position) for event in found.clicks] == [(first, 1)]
    (dwell,) = [event for event in found.events if event.action == "dwell"]
    assert dwell.item == first
    assert dwell.seconds is not None
    assert 0 <= dwell.seconds < 60


def test_going_on_to_the_next_result_is_a_look_at_it(page: Page, shop: Shop) -> None:
    page.goto("/?q=green")
    expect_first(page, "green")
    tiles(page).first.locator(".open").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 of 40")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog")).to_contain_text("2 of 40")
    leave(page)
    found = visit(shop, "green", lambda one: sum(e.action == "dwell" for e in one.events) == 2)
    assert [event.position for event in found.clicks] == [1, 2]


def test_more_like_one_is_an_interest_in_it(page: Page, shop: Shop) -> None:
    page.goto("/?q=brown")
    expect_first(page, "brown")
    shown = tiles(page).nth(1).get_attribute("data-id")
    tiles(page).nth(1).hover()
    tiles(page).nth(1).get_by_role("button", name="More like").click()
    expect(page.locator("#parts > li")).to_have_count(1)
    found = visit(shop, "brown", lambda one: bool(one.clicks))
    assert [(event.item, event.position) for event in found.clicks] == [(shown, 2)]


def test_only_searches_of_a_person_are_recorded(page: Page, shop: Shop) -> None:
    page.goto("/?q=purple")
    expect_first(page, "purple")
    tiles(page).first.locator(".open").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    leave(page)
    visit(shop, "purple", lambda one: bool(one.clicks))  # asserts that there is one alone


def test_searches_of_one_tab_are_of_one_session(page: Page, shop: Shop) -> None:
    page.goto("/?q=orange")
    expect_first(page, "orange")
    page.reload()
    expect_first(page, "orange")
    words(page).fill("pink")
    expect_first(page, "pink")
    page.goto("/?q=cyan")
    expect_first(page, "cyan")
    sessions = {visit(shop, text, bool).asked.session for text in ("pink", "cyan")}
    assert len(sessions) == 1
    assert sessions != {None}


@pytest.mark.parametrize("wish", PRIVATE)
def test_who_does_not_want_to_be_followed_is_not(page: Page, shop: Shop, wish: str) -> None:
    page.add_init_script(PRIVATE[wish])
    asked: list[Request] = []
    page.on("request", lambda one: asked.append(one))
    page.clock.install()
    page.goto("/?q=yellow")
    expect_first(page, "yellow")
    page.clock.run_for(10_000)
    tiles(page).first.locator(".open").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    leave(page)
    assert not [one for one in asked if one.url.endswith("/v1/events")]
    assert not [one for one in asked if "binocle-session" in one.headers]


def test_a_service_that_keeps_nothing_is_told_nothing(page: Page) -> None:
    def without_events(route) -> None:  # type: ignore[no-untyped-def]
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "events": False})

    page.route(re.compile("/v1/collections/colours$"), without_events)
    asked: list[Request] = []
    page.on("request", lambda one: asked.append(one))
    page.clock.install()
    page.goto("/?q=grey")
    expect_shown(page, 40)
    page.clock.run_for(10_000)
    leave(page)
    assert not [one for one in asked if one.url.endswith("/v1/events")]
    assert not [one for one in asked if "binocle-session" in one.headers]
