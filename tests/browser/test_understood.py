"""What the words were understood to say is shown, and can be undone."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.gestures import expect_first, expect_shown, status, words


def understood(page: Page) -> Locator:
    return page.get_by_role("list", name="Understood from the words").locator(".term")


def test_conditions_among_the_words_are_chips_that_can_be_undone(page: Page) -> None:
    page.goto('/?q=green under 20 -red colour:green,"light blue" made:<2023')
    expect(understood(page)).to_have_text(
        [
            "Price: under 20",
            "Away from red",
            "Colour: green or light blue",
            "Made: before 2023",
        ]
    )
    expect(status(page)).to_contain_text("2 items")
    page.get_by_role("button", name="Undo Price: under 20").click()
    expect(words(page)).to_have_value('green -red colour:green,"light blue" made:<2023')
    expect(status(page)).to_contain_text("3 items")


def test_an_undone_chip_comes_back_with_the_back_button(page: Page) -> None:
    page.goto("/?q=green price:10..20")
    page.get_by_role("button", name="Undo Price: 10 \N{EN DASH} 20").click()
    expect(words(page)).to_have_value("green")
    page.go_back()
    expect(understood(page)).to_have_text(["Price: 10 \N{EN DASH} 20"])


def test_phrases_and_what_is_not_wanted_are_named(page: Page) -> None:
    page.goto('/?q="green picture" -colour:red -"pink picture" tags:od*')
    expect(understood(page)).to_have_text(
        [
            "\N{LEFT DOUBLE QUOTATION MARK}green picture\N{RIGHT DOUBLE QUOTATION MARK}",
            "Not Colour: red",
            "Without \N{LEFT DOUBLE QUOTATION MARK}pink picture\N{RIGHT DOUBLE QUOTATION MARK}",
            "Tags: od\N{HORIZONTAL ELLIPSIS}",
        ]
    )


def test_a_word_that_is_a_value_is_offered_as_a_filter(page: Page) -> None:
    page.goto("/?q=green")
    expect_first(page, "green")
    page.get_by_role("button", name="Only Colour: green").click()
    expect_shown(page, 5)
    expect(page.get_by_role("button", name="Remove the filter Colour: green")).to_be_visible()
    expect(page.get_by_role("button", name="Only Colour: green")).to_have_count(0)


def test_markup_among_the_words_is_shown_as_it_is(page: Page) -> None:
    page.goto('/?q="<img src=x onerror=alert(1)>"')
    expect(understood(page).first).to_have_text(re.compile("<img src=x onerror"))
    expect(page.locator('img[src="x"]')).to_have_count(0)
