"""By words, by pictures, by both, and from one result to its like."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from encoders.images import decode_image
from tests.browser.gestures import (
    bring,
    expect_first,
    expect_shown,
    is_asking,
    query_of,
    scroll_to_the_end,
    status,
    tiles,
    words,
)
from tests.pictures import encoded, picture

IDS = "all => all.map((tile) => tile.dataset.id)"


def test_the_start_page_shows_the_collection(page: Page) -> None:
    page.goto("/")
    expect_shown(page, 40)
    expect(status(page)).to_contain_text("60 items")
    expect(page.locator(".score")).to_have_count(0)


def test_words_are_searched_for_while_they_are_typed(page: Page) -> None:
    page.goto("/")
    words(page).fill("green")
    expect_first(page, "green")
    expect(status(page)).to_contain_text("60 items, best first")
    expect(page.locator(".score").first).to_have_text(re.compile(r"^\d+ %$"))


def test_a_new_search_cancels_the_one_before(page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        if is_asking(route.request) and query_of(route.request) == [{"text": "red"}]:
            held.append(route)
        else:
            route.continue_()

    page.route("**/search", hold)
    page.goto("/")
    expect_shown(page, 40)
    with page.expect_event("requestfailed", is_asking) as failed:
        words(page).fill("red")
        with page.expect_request(is_asking):
            words(page).press("Enter")
        words(page).fill("blue")
        words(page).press("Enter")
    expect_first(page, "blue")
    assert query_of(failed.value) == [{"text": "red"}]
    assert failed.value.failure == "net::ERR_ABORTED"
    assert held


def test_a_large_photo_is_sent_small(page: Page, photo: Path) -> None:
    page.goto("/")
    with page.expect_request(is_asking) as asked:
        page.get_by_label("Pictures to search with").set_input_files(photo)
    expect_first(page, "blue")
    expect(page.locator("#parts")).to_contain_text("holiday.jpg")
    head, _, data = query_of(asked.value)[0]["image"].partition(",")
    sent = decode_image(base64.b64decode(data))
    assert head == "data:image/jpeg;base64"
    assert sent.size == (1024, 768)


def test_a_dropped_picture_is_searched_with(page: Page) -> None:
    page.goto("/")
    bring(page, "drop", encoded(picture("purple")))
    expect_first(page, "purple")


def test_a_pasted_picture_is_searched_with(page: Page) -> None:
    page.goto("/")
    bring(page, "paste", encoded(picture("orange")))
    expect_first(page, "orange")


def test_words_refine_a_picture_and_stay_when_it_is_removed(page: Page) -> None:
    page.goto("/")
    bring(page, "drop", encoded(picture("red")))
    expect_first(page, "red")
    with page.expect_request(is_asking) as asked:
        words(page).fill("green")
    assert [sorted(part) for part in query_of(asked.value)] == [["text"], ["image"]]
    page.get_by_role("button", name="Search without found.png").click()
    expect_first(page, "green")
    expect(words(page)).to_have_value("green")
    expect(page.locator("#parts")).to_be_hidden()


def test_a_result_leads_to_more_like_it(page: Page) -> None:
    page.goto("/?q=brown")
    expect_first(page, "brown")
    shown = tiles(page).first.get_attribute("data-id")
    tiles(page).first.hover()
    tiles(page).first.get_by_role("button", name="More like").click()
    expect(page.locator("#parts")).to_contain_text("Brown picture")
    expect_first(page, "brown")
    expect(page.locator(f'.tile[data-id="{shown}"]')).to_have_count(0)
    expect(words(page)).to_have_value("")


def test_scrolling_brings_the_rest_each_item_once(page: Page) -> None:
    page.goto("/?q=red")
    expect_shown(page, 40)
    seen = set(tiles(page).evaluate_all(IDS))
    scroll_to_the_end(page)
    expect_shown(page, 60)
    scroll_to_the_end(page)
    expect(page.locator('.tile[aria-posinset="60"]')).to_be_visible()
    seen |= set(tiles(page).evaluate_all(IDS))
    assert len(seen) == 60
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()


def test_a_result_opens_with_all_its_fields(page: Page) -> None:
    page.goto("/?q=green")
    expect_first(page, "green")
    tiles(page).first.locator(".open").click()
    dialog = page.get_by_role("dialog", name=re.compile("Green picture"))
    expect(dialog).to_contain_text("All green, nearly.")
    expect(dialog.locator("dt")).to_contain_text(["Tags", "Colour", "Sold", "Price", "Size", "Fit"])
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("2 of 40 shown")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_description_that_repeats_the_title_is_not_shown_twice(page: Page) -> None:
    page.goto("/?item=black%2F0")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Black picture 0")).to_have_count(1)
    expect(dialog.get_by_text("false")).to_have_count(0)


def test_several_pictures_and_words_are_searched_with_at_once(page: Page) -> None:
    page.goto("/?q=green&like=red%2F0")
    expect_shown(page, 40)
    with page.expect_request(is_asking) as asked:
        bring(page, "drop", encoded(picture("blue")))
    assert [sorted(part) for part in query_of(asked.value)] == [["text"], ["id"], ["image"]]
    expect(page.locator("#parts > li")).to_have_count(2)


def test_a_part_can_count_more_less_or_against(page: Page) -> None:
    page.goto("/?q=green&like=red%2F0")
    expect_shown(page, 40)
    with page.expect_request(is_asking) as asked:
        page.get_by_label("How much Red picture 0 counts").select_option("not this")
    assert query_of(asked.value)[1] == {"id": "red/0", "weight": -0.5}
    expect(page).to_have_url(re.compile(r"like\.not=red"))
    page.reload()
    expect(page.get_by_label("How much Red picture 0 counts")).to_have_value("not")


def test_an_opened_result_joins_the_search_for_or_against(page: Page) -> None:
    page.goto("/?q=green")
    expect_first(page, "green")
    tiles(page).first.locator(".open").click()
    page.get_by_role("dialog").get_by_role("button", name="Not like this").click()
    expect(page.locator("#parts .not")).to_contain_text("Green picture")
    expect(words(page)).to_have_value("green")


def test_the_address_of_a_picture_can_be_typed(page: Page, site: str) -> None:
    page.goto("/")
    words(page).fill("https://pictures.example/red.png")
    words(page).press("Enter")
    expect(page.locator("#parts")).to_contain_text("pictures.example/red.png")
    expect(words(page)).to_have_value("")


def test_a_failed_next_page_is_tried_again_and_keeps_what_is_there(page: Page) -> None:
    page.goto("/?q=red")
    expect_shown(page, 40)
    page.route("**/search", lambda route: route.abort())
    scroll_to_the_end(page)
    expect(page.locator("#more-problem")).to_contain_text("The service can't be reached")
    expect_shown(page, 40)
    page.unroute("**/search")
    page.get_by_role("button", name="Try again").click()
    expect_shown(page, 60)
