"""A result opened: a part of it marked, what is like it, why it was found, where it is from."""

from __future__ import annotations

import base64
import re

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.gestures import expect_first, is_asking, query_of, tiles
from tests.browser.site import SOURCE


def opened(page: Page, address: str) -> Locator:
    page.goto(address)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def back(address: str, payload: dict[str, object], image: bytes) -> None:
    """Put the item back for the other tests, which share the site."""
    fields = {name: payload[name] for name in ("title", "page")}
    body = {**fields, "image": base64.b64encode(image).decode()}
    httpx.put(address, json=body).raise_for_status()


def test_a_part_is_marked_with_the_pointer_and_searched_for(page: Page) -> None:
    dialog = opened(page, "/?collection=oddities&item=front")
    dialog.get_by_role("button", name="Find a part of it").click()
    box = dialog.locator(".marking").bounding_box()
    assert box is not None
    across, down = box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.9
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.1)
    page.mouse.down()
    page.mouse.move(across, down)
    page.mouse.up()
    with page.expect_request(is_asking) as asked:
        dialog.get_by_role("button", name="Find this part").click()
    part = query_of(asked.value)[0]
    assert part["id"] == "front"
    sides = {name: round(float(side), 1) for name, side in dict(part["region"]).items()}
    assert sides == {"x": 0.6, "y": 0.1, "w": 0.3, "h": 0.8}
    expect(page.locator("#parts")).to_contain_text("Part of Half green")
    expect(page).to_have_url(re.compile(r"like%400\.\d"))


def test_a_marked_part_is_moved_and_sized_by_its_corners(page: Page) -> None:
    dialog = opened(page, "/?collection=oddities&item=front")
    dialog.get_by_role("button", name="Find a part of it").click()
    layer = dialog.locator(".marking").bounding_box()
    assert layer is not None

    def drag(start: tuple[float, float], end: tuple[float, float]) -> None:
        for move, (x, y) in ((page.mouse.down, start), (page.mouse.up, end)):
            page.mouse.move(layer["x"] + layer["width"] * x, layer["y"] + layer["height"] * y)
            move()

    drag((0.5, 0.5), (0.6, 0.4))  # held by its middle
    drag((0.85, 0.65), (0.95, 0.95))  # by its lower right corner
    expect(dialog.locator(".mark")).to_have_attribute(
        "aria-label", "Marked: 60 % by 80 %, from 35 % left, 15 % down"
    )


def test_a_part_is_marked_by_keys_alone(page: Page) -> None:
    dialog = opened(page, "/?collection=oddities&item=front")
    dialog.get_by_role("button", name="Find a part of it").press("Enter")
    mark = dialog.locator(".mark")
    expect(mark).to_be_focused()
    for key in ["ArrowRight"] * 5 + ["Shift+ArrowLeft"] * 5 + ["ArrowUp"]:
        page.keyboard.press(key)
    expect(mark).to_have_attribute("aria-label", "Marked: 40 % by 50 %, from 35 % left, 23 % down")
    with page.expect_request(is_asking) as asked:
        page.keyboard.press("Enter")
    assert query_of(asked.value) == [
        {"id": "front", "region": {"x": 0.35, "y": 0.23, "w": 0.4, "h": 0.5}}
    ]


def test_escape_ends_the_marking_and_then_closes_the_result(page: Page) -> None:
    dialog = opened(page, "/?collection=oddities&item=front")
    dialog.get_by_role("button", name="Find a part of it").click()
    expect(dialog.locator(".mark")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog.locator(".mark")).to_have_count(0)
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_marked_part_survives_a_reload(page: Page) -> None:
    page.goto("/?collection=oddities&like%400.5,0,0.5,1=front")
    with page.expect_request(is_asking) as asked:
        page.reload()
    assert query_of(asked.value) == [
        {"id": "front", "region": {"x": 0.5, "y": 0, "w": 0.5, "h": 1}}
    ]


def test_why_a_result_was_found_is_shown_as_bars(page: Page) -> None:
    page.goto("/?q=green picture&like.less=red%2F0")
    expect_first(page, "green")
    tiles(page).first.locator(".open").click()
    dialog = page.get_by_role("dialog")
    with page.expect_request(is_asking):
        dialog.get_by_text("Why this result").click()
    expect(dialog.get_by_role("row", name="Meaning")).to_contain_text("by this alone")
    expect(dialog.get_by_role("row", name="Words")).to_contain_text("place")
    expect(dialog.get_by_role("row", name="'green picture'")).to_contain_text("cosine")
    expect(dialog.get_by_text("Colour: green")).to_be_visible()
    longest = dialog.locator(".share").first.bounding_box()
    assert longest is not None
    assert longest["width"] > 100


def test_nothing_is_explained_where_nothing_was_asked(page: Page) -> None:
    dialog = opened(page, "/?item=red%2F0")
    expect(dialog.get_by_role("button", name="More like this")).to_be_visible()
    expect(dialog.get_by_text("Why this result")).to_have_count(0)


def test_an_explanation_that_does_not_come_can_be_asked_for_again(page: Page) -> None:
    page.goto("/?q=green")
    expect_first(page, "green")
    tiles(page).first.locator(".open").click()
    page.route("**/search", lambda route: route.abort())
    why = page.get_by_role("dialog").get_by_text("Why this result")
    why.click()
    expect(page.locator(".why-body")).to_contain_text("can't be reached")
    page.unroute("**/search")
    why.click()
    why.click()
    expect(page.get_by_role("dialog").get_by_role("row", name="Meaning")).to_be_visible()


def test_the_source_of_a_result_is_a_link_away(page: Page) -> None:
    dialog = opened(page, "/?collection=oddities&item=gone-soon")
    link = dialog.get_by_role("link", name="Source")
    expect(link).to_have_attribute("href", SOURCE)
    expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_near_duplicates_stand_behind_one_and_open_from_there(page: Page) -> None:
    page.goto("/?collection=oddities&q=red")
    first = tiles(page).first
    expect(first).to_contain_text("2 like this")
    expect(page.locator('.tile[data-id^="same-"]')).to_have_count(1)
    first.locator(".open").click()
    dialog = page.get_by_role("dialog")
    strip = dialog.get_by_role("region", name="2 like this").get_by_role("button")
    expect(strip).to_have_count(2)
    shown = first.get_attribute("data-id")
    strip.first.click()
    expect(page).to_have_url(re.compile("item=same-"))
    expect(dialog).not_to_have_attribute("data-id", str(shown))
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_other_pictures_of_the_product_are_shown(page: Page) -> None:
    dialog = opened(page, "/?collection=oddities&item=front")
    other = dialog.get_by_role("region", name="The same product").get_by_role("button")
    expect(other).to_have_count(1)
    other.click()
    expect(dialog.get_by_role("heading", name="Purple back")).to_be_visible()


def test_an_item_deleted_after_it_was_found_says_so(page: Page, site: str) -> None:
    page.goto("/?collection=oddities&q=orange")
    expect(tiles(page).first).to_have_attribute("data-id", "gone-soon")
    address = f"{site}/v1/collections/oddities/items/gone-soon"
    kept = httpx.get(address).raise_for_status().json()["payload"]
    image = httpx.get(f"{address}/thumbnail").raise_for_status().content
    httpx.delete(address).raise_for_status()
    try:
        tiles(page).first.locator(".open").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("alert")).to_contain_text("no longer there")
        expect(dialog.get_by_role("button", name="More like this")).to_have_count(0)
    finally:
        back(address, kept, image)


def test_a_placeholder_has_the_colour_of_the_picture_to_come(page: Page) -> None:
    page.route("**/thumbnail", lambda route: None)  # never answered
    page.goto("/?q=red")
    expect_first(page, "red")
    tone = "tile => getComputedStyle(tile.querySelector('.frame')).getPropertyValue('--tone')"
    assert tiles(page).first.evaluate(tone) == "#d0211f"
