"""What may be meant, while one types: suggestions, and the last searches."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.gestures import expect_first, expect_shown, words


def options(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def typed(page: Page, text: str) -> Locator:
    """The options once `text` is typed into the box of a fresh page."""
    page.goto("/")
    expect_shown(page, 40)
    words(page).press_sequentially(text)
    return options(page)


def test_words_are_completed_while_they_are_typed(page: Page) -> None:
    shown = typed(page, "gre")
    expect(shown.filter(has_text=re.compile("^green")).first).to_be_visible()
    expect(words(page)).to_have_attribute("aria-expanded", "true")


def test_a_suggestion_is_taken_by_keyboard(page: Page) -> None:
    shown = typed(page, "prple pict")
    expect(shown.first).to_contain_text("purple")
    words(page).press("ArrowDown")
    expect(shown.first).to_have_attribute("aria-selected", "true")
    expect(words(page)).to_have_attribute("aria-activedescendant", "suggestion-0")
    words(page).press("Enter")
    expect(words(page)).to_have_value(re.compile("purple"))
    expect(shown).to_have_count(0)
    expect_first(page, "purple")


def test_a_suggestion_is_taken_by_a_click(page: Page) -> None:
    typed(page, "oran").first.click()
    expect(words(page)).to_be_focused()
    expect_first(page, "orange")


def test_a_field_offers_its_values(page: Page) -> None:
    shown = typed(page, "colo")
    shown.filter(has_text="colour:").click()
    expect(words(page)).to_have_value("colour:")
    shown.filter(has_text="blue").first.click()
    expect(words(page)).to_have_value("colour:blue")
    expect_shown(page, 5)


def test_escape_puts_suggestions_away_and_keeps_the_words(page: Page) -> None:
    shown = typed(page, "gre")
    expect(shown.first).to_be_visible()
    words(page).press("Escape")
    expect(shown).to_have_count(0)
    expect(words(page)).to_have_value("gre")


def test_the_last_searches_are_offered_and_forgotten(page: Page) -> None:
    page.goto("/")
    for text in ("red", "blue"):
        words(page).fill(text)
        words(page).press("Enter")
        expect_first(page, text)
    page.reload()
    words(page).fill("")
    words(page).click()
    expect(options(page)).to_have_text(
        [re.compile("^blue"), re.compile("^red"), "Forget these searches"]
    )
    options(page).last.click()
    words(page).click()
    expect(options(page)).to_have_count(0)


def test_a_service_that_fails_to_suggest_still_searches(page: Page) -> None:
    def fail(route: Route) -> None:
        route.fulfill(status=503, json={"title": "Busy", "detail": "Busy.", "hint": "Later."})

    page.route("**/suggest?*", fail)
    typed(page, "green")
    expect_first(page, "green")
    expect(options(page)).to_have_count(0)
