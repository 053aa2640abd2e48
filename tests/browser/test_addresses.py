"""The address says what is shown, so that links, reload and the back button work."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.gestures import (
    bring,
    expect_first,
    expect_shown,
    is_asking,
    scroll_to_the_end,
    status,
    tiles,
    words,
)
from tests.pictures import encoded, picture


def test_a_link_carries_words_filter_and_collection(page: Page) -> None:
    page.goto('/?collection=colours&q=blue&filter={"tags":["even"]}')
    expect_first(page, "blue")
    expect(words(page)).to_have_value("blue")
    expect(status(page)).to_contain_text("36 items")
    expect(page.get_by_role("button", name="Remove the filter Tags: even")).to_be_visible()


def test_back_goes_to_the_search_before_without_asking_again(page: Page) -> None:
    page.goto("/?q=red")
    expect_shown(page, 40)
    scroll_to_the_end(page)
    expect_shown(page, 60)
    words(page).fill("green")
    expect_first(page, "green")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if is_asking(request) else None)
    page.go_back()
    expect_first(page, "red")
    expect_shown(page, 60)
    expect(words(page)).to_have_value("red")
    page.go_forward()
    expect_first(page, "green")
    assert asked == []


def test_typing_a_word_makes_one_entry_of_the_history(page: Page) -> None:
    page.goto("/?q=red")
    expect_first(page, "red")
    for text in ("gre", "green"):
        with page.expect_response(lambda response: is_asking(response.request)):
            words(page).fill(text)
    expect_first(page, "green")
    page.go_back()
    expect_first(page, "red")


def test_back_closes_an_opened_result_and_keeps_the_results(page: Page) -> None:
    page.goto("/?q=red")
    expect_first(page, "red")
    tiles(page).first.locator(".open").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page).to_have_url(re.compile("item=red%2F"))
    page.go_back()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect_first(page, "red")


def test_back_brings_a_picture_back(page: Page) -> None:
    page.goto("/")
    bring(page, "drop", encoded(picture("purple")))
    expect_first(page, "purple")
    tiles(page).first.hover()
    tiles(page).first.get_by_role("button", name="More like").click()
    expect(page.locator("#parts")).to_contain_text("Purple picture")
    page.go_back()
    expect(page.locator("#parts")).to_contain_text("found.png")
    expect_first(page, "purple")


def test_a_picture_lost_in_a_reload_is_asked_for_again(page: Page) -> None:
    page.goto("/")
    bring(page, "drop", encoded(picture("purple")))
    expect_first(page, "purple")
    page.reload()
    expect(status(page)).to_have_text(re.compile("choose it again"))
    expect_shown(page, 40)


def test_the_menu_changes_the_collection(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Collection").select_option("nothing-yet")
    expect(page.get_by_role("heading", name="'nothing-yet' has no items yet")).to_be_visible()
    expect(page.get_by_text("binocle ingest FOLDER --collection nothing-yet")).to_be_visible()
    page.go_back()
    expect_shown(page, 40)
