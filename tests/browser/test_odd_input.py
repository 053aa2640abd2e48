"""Hand-broken addresses, odd pictures, markup everywhere, nothing near enough: said, never run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import quote

import httpx
from playwright.sync_api import Page, expect

from tests.browser.gestures import (
    bring,
    expect_first,
    expect_shown,
    is_asking,
    query_of,
    status,
    tiles,
    words,
)
from tests.browser.site import MARKUP
from tests.pictures import encoded, picture

_FILTERS = [
    "{",
    "[]",
    "null",
    '"text"',
    '{"made":{"lt":5}}',
    '{"price":{"gte":{"a":1}}}',
    '{"price":[[]]}',
    '{"price":"dear"}',
    '{"colour":{"any":5}}',
    '{"colour":null}',
    '{"sold":["perhaps"]}',
    '{"tags":{"match":7}}',
    '{"and":[{"or":"no"}]}',
    '{"__proto__":{"x":1}}',
]


_ADDRESSES = [
    *(f"q=red&filter={quote(one)}" for one in _FILTERS),
    "sort=",
    "sort=-nothing",
    "at=-5",
    "at=x",
    "like=",
    "like.much=red/0",
    "like@9,9,9,9=red%2F0",
    "image_url=javascript:alert(1)",
    "item=%F0%9F%98%80%00",
    "item=" + "x" * 600,
    "collection=..%2F..",
    "q=%22unclosed((((",
]


def test_hand_broken_addresses_show_items_or_say_what_is_wrong(page: Page) -> None:
    for state in _ADDRESSES:
        page.goto(f"/?{state}")
        shown = page.locator("#notice h2, .tile").first
        expect(shown, f"of /?{state}").to_be_visible()
    words(page).fill("green")  # and the page still works
    words(page).press("Enter")
    expect_first(page, "green")


def test_nothing_near_enough_shows_what_comes_nearest(page: Page) -> None:
    page.goto("/?collection=oddities&q=zebra")
    expect(page.get_by_role("heading", name="No match")).to_be_visible()
    expect(page.locator("#notice")).to_contain_text("What comes nearest is below")
    expect(status(page)).to_contain_text("no match")
    tiles(page).first.locator(".open").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    words(page).fill("orange")
    expect(page.locator("#notice")).to_be_hidden()
    expect(tiles(page).first).to_have_attribute("data-id", "gone-soon")


def test_a_word_is_corrected_by_the_suggestions_when_nothing_matches(page: Page) -> None:
    page.goto("/?collection=oddities")
    words(page).press_sequentially("purlpe")
    option = page.get_by_role("option").filter(has_text=re.compile("^purple", re.IGNORECASE))
    option.first.click()
    expect(tiles(page).first).to_have_attribute("data-id", "back")


def test_markup_in_every_field_is_shown_as_it_is(page: Page) -> None:
    page.goto("/?collection=oddities&item=markup")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name=MARKUP)).to_be_visible()
    expect(dialog.locator("dd", has_text=MARKUP)).to_have_count(3)
    expect(dialog.locator('a[href^="javascript"]')).to_have_count(0)
    expect(dialog.get_by_role("link", name="Source")).to_have_count(0)
    dialog.get_by_role("button", name=f"Filter by Brand: {MARKUP}").click()
    expect(page.get_by_role("button", name=f"Remove the filter Brand: {MARKUP}")).to_be_visible()
    expect_shown(page, 1)
    words(page).fill("<img")
    expect(page.locator('img[src="x"]')).to_have_count(0)
    assert page.title() != "hacked"


def test_markup_in_the_name_of_a_file_is_shown_as_it_is(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "<img src=x onerror=alert(1)>.png"
    path.write_bytes(encoded(picture("blue")))
    page.goto("/")
    page.get_by_label("Pictures to search with").set_input_files(path)
    expect_first(page, "blue")
    expect(page.locator("#parts .name")).to_have_text("<img src=x onerror=alert(1)>.png")
    expect(page.locator('img[src="x"]')).to_have_count(0)


def test_the_policy_forbids_scripts_and_styles_within_the_page(page: Page, site: str) -> None:
    policy = httpx.get(site).headers["Content-Security-Policy"]
    assert "script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    page.goto("/")
    expect_shown(page, 40)


def test_a_picture_of_one_pixel_and_a_panorama_have_their_places(page: Page) -> None:
    page.goto("/?collection=oddities")
    for item in ("pixel", "panorama"):
        frame = page.locator(f'.tile[data-id="{item}"] .frame')
        expect(frame.locator("img:not(.waiting)")).to_be_attached()
        box = frame.bounding_box()
        assert box is not None
        assert 0.55 < box["width"] / box["height"] < 2.3
    page.goto("/?collection=oddities&item=panorama")
    page.get_by_role("dialog").get_by_role("button", name="Find a part of it").click()
    layer = page.locator(".marking").bounding_box()
    assert layer is not None
    assert layer["width"] > 10 * layer["height"]  # over the picture, not over its frame


def test_a_photo_of_40_mb_is_made_small_before_it_is_sent(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "huge.bmp"
    path.write_bytes(encoded(picture("blue", (64, 64)).resize((4200, 3200)), "BMP"))
    assert path.stat().st_size > 40_000_000
    page.goto("/")
    with page.expect_request(is_asking) as asked:
        page.get_by_label("Photo to search with").set_input_files(path)
    assert len(query_of(asked.value)[0]["image"]) < 1_000_000
    expect_first(page, "blue")


def test_a_large_file_that_the_browser_cannot_read_is_not_sent(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "raw.heic"
    path.write_bytes(b"\0" * 15_000_000)
    page.goto("/")
    expect_shown(page, 40)
    page.get_by_label("Pictures to search with").set_input_files(path)
    expect(page.locator("#notice")).to_contain_text("This picture is too large")
    expect(page.locator("#notice")).to_contain_text("Save it as a JPEG")


def test_the_camera_is_offered_where_the_screen_is_touched(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("button", name="Search by a photo taken now")).to_be_hidden()
    shot = page.get_by_label("Photo to search with")
    assert shot.get_attribute("capture") == "environment"
    rules = page.evaluate(
        "[...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])"
        ".filter((rule) => rule.media && rule.cssText.includes('.shoot'))"
        ".map((rule) => rule.conditionText)"
    )
    assert rules == ["(hover: none) and (pointer: coarse)"]


def test_a_part_of_my_own_picture_is_marked(page: Page) -> None:
    page.goto("/")
    bring(page, "drop", encoded(picture("red", (80, 40))))
    expect_first(page, "red")
    page.get_by_role("button", name="Mark a part of found.png").click()
    view = page.get_by_role("dialog", name="found.png")
    with page.expect_request(is_asking) as asked:
        view.get_by_role("button", name="Find this part").click()
    expect(view).to_be_hidden()
    part = query_of(asked.value)[0]
    assert part["region"] == {"x": 0.25, "y": 0.25, "w": 0.5, "h": 0.5}
    expect(page.locator("#parts")).to_contain_text("Part of found.png")


def test_half_a_condition_while_typing_keeps_what_was_found(page: Page) -> None:
    page.goto("/?q=red")
    expect_first(page, "red")
    words(page).press("End")
    words(page).press_sequentially(" price:<")
    expect(status(page)).to_contain_text("price")
    expect(status(page)).to_contain_text("a number")
    expect_first(page, "red")
    words(page).press_sequentially("20")
    expect(page.get_by_role("button", name="Undo Price: under 20")).to_be_visible()
    words(page).press("Backspace")
    words(page).press("Backspace")
    words(page).press("Enter")  # asked in earnest, it is an error
    expect(page.locator("#notice")).to_contain_text("can't be used")


def test_what_the_grammar_can_say_is_offered(page: Page) -> None:
    page.goto("/")
    expect_shown(page, 40)
    words(page).press_sequentially("pric")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    options.filter(has_text="price:").click()
    options.filter(has_text="price:<").click()
    expect(words(page)).to_have_value("price:<")
    words(page).fill("")
    words(page).press_sequentially("red sold:")
    options.filter(has_text="sold:yes").click()
    expect(page.get_by_role("button", name="Undo Sold: yes")).to_be_visible()
    words(page).fill("")
    words(page).press_sequentially("bef")
    expect(options.filter(has_text="before:")).to_be_visible()


def test_a_collection_is_browsed_in_an_order(page: Page) -> None:
    page.goto("/")
    expect_shown(page, 40)
    page.get_by_label("Order").select_option("Price, highest first")
    expect(tiles(page).first).to_have_attribute("data-id", re.compile("/4$"))
    expect(page).to_have_url(re.compile("sort=-price"))
    words(page).fill("red")
    expect_first(page, "red")
    expect(page.get_by_label("Order")).to_be_hidden()


def test_a_problem_document_that_is_none_is_told_all_the_same(page: Page) -> None:
    page.route("**/search", lambda route: route.fulfill(status=502, body="<b>Bad gateway</b>"))
    page.goto("/?q=red")
    expect(page.locator("#notice")).to_contain_text("status 502")
    page.unroute("**/search")
    page.route("**/search", lambda route: route.fulfill(status=200, body=json.dumps("no")))
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#notice h2")).to_be_visible()
