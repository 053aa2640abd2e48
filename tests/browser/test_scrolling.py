"""Two thousand results, and the way back to where one was."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, Route, expect

from tests.browser.gestures import expect_first, expect_shown, scroll_to_the_end, tiles, words

_MANY = 2000


def answer_many(route: Route) -> None:
    """A service with 2,000 results for everything, in pages."""
    body = json.loads(route.request.post_data or "{}")
    start = int(body.get("cursor") or 0)
    end = min(start + body["limit"], _MANY)
    hits = [
        {"id": f"i{number}", "title": f"Picture {number}", "payload": {"width": 4, "height": 3}}
        for number in range(start, end)
    ]
    cursor = str(end) if end < _MANY else None
    route.fulfill(json={"hits": hits, "total": _MANY, "cursor": cursor, "timings_ms": {}})


def test_two_thousand_results_keep_the_document_bounded(page: Page) -> None:
    page.set_viewport_size({"width": 2400, "height": 1300})  # pages of 120
    page.route("**/search", answer_many)
    page.goto("/")
    expect_shown(page, 120)
    at_first = page.evaluate("document.querySelectorAll('*').length")
    for shown in range(240, _MANY, 120):
        scroll_to_the_end(page)
        expect_shown(page, shown)
    scroll_to_the_end(page)
    expect_shown(page, _MANY)
    scroll_to_the_end(page)
    expect(page.locator(f'.tile[aria-posinset="{_MANY}"]')).to_be_visible()
    assert tiles(page).count() < 200
    assert page.evaluate("document.querySelectorAll('*').length") < at_first + 1000
    page.evaluate("window.scrollTo(0, 0)")
    expect(page.locator('.tile[aria-posinset="1"]')).to_be_visible()


def test_back_returns_to_the_place_on_the_page(page: Page) -> None:
    page.goto("/?q=red")
    expect_shown(page, 40)
    scroll_to_the_end(page)
    expect_shown(page, 60)
    page.evaluate("window.scrollTo(0, 700)")
    expect(page).to_have_url(re.compile(r"at=\d+"))
    words(page).fill("green")
    expect_first(page, "green")
    assert page.evaluate("window.scrollY") == 0
    page.go_back()
    expect_first(page, "red")
    page.wait_for_function("() => window.scrollY === 700")


def test_a_reload_returns_to_the_place_on_the_page(page: Page) -> None:
    page.goto("/?q=red")
    expect_shown(page, 40)
    scroll_to_the_end(page)
    expect_shown(page, 60)
    scroll_to_the_end(page)
    expect(page).to_have_url(re.compile(r"at=\d+"))
    there = page.evaluate("window.scrollY")
    page.reload()
    expect_shown(page, 60)
    page.wait_for_function(f"() => Math.abs(window.scrollY - {there}) < 2")


def test_a_link_carries_the_place_among_the_results(page: Page) -> None:
    page.goto("/?q=red&at=45")
    expect_shown(page, 60)
    place = page.locator('.tile[aria-posinset="46"]')
    expect(place).to_be_in_viewport()
    expect(tiles(page).first).not_to_be_in_viewport()


def test_a_reload_with_an_open_result_keeps_the_place_below(page: Page) -> None:
    page.goto("/?q=red")
    expect_shown(page, 40)
    page.evaluate("window.scrollTo(0, 400)")
    expect(page).to_have_url(re.compile(r"at=\d+"))
    page.mouse.click(700, 400)  # on a result that is in sight
    expect(page.get_by_role("dialog")).to_be_visible()
    page.reload()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.wait_for_function("() => window.scrollY === 400")
