"""From the narrowest phone to the widest screen, by keyboard, and without anything jumping."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.gestures import expect_first, expect_shown, status, tiles, words

SHIFTS = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(sum))));
})"""


@pytest.mark.parametrize("width", [360, 390, 820, 1440, 3840])
def test_nothing_lies_beside_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto('/?q=cyan&like=red%2F0&filter={"colour":["cyan","red"],"price":{"gte":0}}')
    expect_shown(page, 9)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.goto("/?q=cyan&item=cyan%2F0")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.querySelector('#detail .scroll').scrollWidth") <= width


def test_a_phone_shows_two_pictures_beside_each_other(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/?q=red")
    expect_first(page, "red")
    tops = tiles(page).evaluate_all("all => all.map((tile) => tile.getBoundingClientRect().top)")
    assert tops[0] == tops[1]


def test_a_phone_shows_the_whole_of_an_opened_picture(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 740})
    page.goto("/?item=red%2F4")  # 30 x 90 pixels
    frame = page.get_by_role("dialog").locator(".frame")
    expect(frame.locator("img:not(.waiting)")).to_have_css("object-fit", "contain")
    assert frame.locator("img").bounding_box() == frame.bounding_box()


def test_a_phone_has_its_filters_in_a_sheet(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/")
    page.get_by_role("button", name="Filters").click()
    sheet = page.get_by_role("dialog", name="Filters")
    sheet.get_by_role("radio", name="Yes 12").check()
    sheet.get_by_role("button", name="Show 12 items").click()
    expect(sheet).to_be_hidden()
    expect(status(page)).to_contain_text("12 items")


def test_thumbnails_come_into_places_kept_for_them(page: Page) -> None:
    held: list[Route] = []
    page.route("**/thumbnail", lambda route: held.append(route))
    page.goto("/?q=red")
    expect_first(page, "red")
    before = tiles(page).nth(8).bounding_box()
    page.route("**/thumbnail", lambda route: route.continue_())
    for route in held.copy():
        route.continue_()
    expect(tiles(page).nth(8).locator("img:not(.waiting)")).to_be_attached()
    assert tiles(page).nth(8).bounding_box() == before
    assert page.evaluate(SHIFTS) < 0.02


def test_arrows_go_through_the_results(page: Page) -> None:
    page.goto("/?q=red")
    expect_first(page, "red")
    tiles(page).first.locator(".open").focus()
    page.keyboard.press("ArrowRight")
    expect(tiles(page).nth(1).locator(".open")).to_be_focused()
    page.keyboard.press("ArrowDown")
    top = tiles(page).first.bounding_box()
    focused = page.locator(".open:focus").bounding_box()
    assert top is not None
    assert focused is not None
    assert focused["y"] > top["y"] + top["height"] / 2
    page.keyboard.press("Home")
    expect(tiles(page).first.locator(".open")).to_be_focused()


def test_the_keyboard_returns_to_the_result_that_was_opened(page: Page) -> None:
    page.goto("/?q=red")
    expect_first(page, "red")
    tiles(page).nth(2).locator(".open").press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(tiles(page).nth(2).locator(".open")).to_be_focused()


def test_a_slash_goes_to_the_search_box(page: Page) -> None:
    page.goto("/")
    expect_shown(page, 40)
    page.keyboard.press("/")
    expect(words(page)).to_be_focused()
    expect(words(page)).to_have_value("")


def test_a_field_can_be_shown_below_the_titles(page: Page) -> None:
    page.goto("/?q=red")
    expect_first(page, "red")
    before = tiles(page).nth(12).bounding_box()
    page.get_by_label("Shown of each result").select_option("Titles and price")
    expect(page.locator('.tile[data-id="red/1"] .also')).to_have_text("10")
    after = tiles(page).nth(12).bounding_box()
    assert before is not None
    assert after is not None
    assert after["y"] > before["y"]  # the rows make room
    page.reload()
    expect(page.locator('.tile[data-id="red/1"] .also')).to_have_text("10")
    page.get_by_label("Shown of each result").select_option("Titles and made")
    expect(page.locator('.tile[data-id="red/1"] .also')).to_have_text("2021-03-15")
    page.get_by_label("Shown of each result").select_option("Titles only")
    expect(page.locator(".also")).to_have_count(0)


def test_nothing_moves_where_motion_is_not_wanted(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/?q=red")
    expect_first(page, "red")
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter((node) => {"
        "  const style = getComputedStyle(node);"
        "  return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0;"
        "}).length"
    )
    assert moving == 0
