"""No page has a serious violation that axe-core finds, light or dark, at desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import grave_violations
from tests.browser.gestures import bring, expect_shown, words
from tests.pictures import encoded, picture

PHONE = {"width": 390, "height": 800}


def empty(page: Page) -> None:
    page.goto("/?collection=nothing-yet")
    expect(page.get_by_role("heading", name="'nothing-yet' has no items yet")).to_be_visible()


def results(page: Page) -> None:
    page.goto('/?q=cyan&like.not=red%2F0&filter={"colour":["cyan","red"],"price":{"gte":0}}')
    expect_shown(page, 9)


def a_picture_and_suggestions(page: Page) -> None:
    page.goto("/")
    bring(page, "paste", encoded(picture("blue")))
    expect(page.locator("#parts > li")).to_have_count(1)
    words(page).press_sequentially("gre")
    expect(page.get_by_role("listbox", name="Suggestions")).to_be_visible()


def detail(page: Page) -> None:
    page.goto("/?q=cyan&item=cyan%2F0")
    expect(page.get_by_role("dialog")).to_be_visible()


def why_and_a_marked_part(page: Page) -> None:
    page.goto("/?q=cyan picture under 20")
    expect(page.get_by_role("button", name="Undo Price: under 20")).to_be_visible()
    page.locator(".tile .open").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Why this result").click()
    expect(dialog.get_by_role("row", name="Meaning")).to_be_visible()
    dialog.get_by_role("button", name="Find a part of it").click()


def folded_results(page: Page) -> None:
    page.goto("/?collection=oddities&q=red")
    expect(page.get_by_text("2 like this")).to_be_visible()


def no_match(page: Page) -> None:
    page.goto("/?collection=oddities&q=zebra")
    expect(page.get_by_role("heading", name="No match")).to_be_visible()


def marking(page: Page) -> None:
    detail(page)
    page.get_by_role("button", name="Find a part of it").click()


def why(page: Page) -> None:
    detail(page)
    page.get_by_role("dialog").get_by_text("Why this").click()
    expect(page.get_by_role("dialog").locator(".share").first).to_be_visible()


def filters_on_a_phone(page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto("/")
    page.get_by_role("button", name="Filters").click()
    expect(page.get_by_role("dialog", name="Filters")).to_be_visible()


def a_failure(page: Page) -> None:
    page.goto('/?filter={"size":["XL"]}')
    expect(page.locator("#notice")).to_be_visible()


def menu(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="More pages").click()
    expect(page.get_by_role("link", name="Upload pictures")).to_be_visible()


def upload(page: Page) -> None:
    page.goto("/upload")
    field = page.get_by_label("Name of the collection")
    field.fill("My Photos")
    page.get_by_label("Pictures and a catalog").set_input_files(
        [
            {"name": "a.png", "mimeType": "image/png", "buffer": encoded(picture("red"))},
            {"name": "b.txt", "mimeType": "text/plain", "buffer": b"no picture"},
        ]
    )
    page.get_by_role("button", name="Upload 1 item").click()
    expect(page.locator("#name-wrong")).to_contain_text("small letters")
    expect(page.get_by_role("list", name="Pictures that were chosen").locator("li")).to_have_count(
        1
    )


def operators(page: Page) -> None:
    page.goto("/operators")
    expect(page.locator("#figures")).to_be_visible()


def judging_setup(page: Page) -> None:
    page.goto("/judge?collection=colours&q=red&b={%22aspects%22:{%22lexical%22:2}}")
    expect(page.get_by_role("group", name="The other ranking")).to_be_visible()
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("#setup-wrong")).to_have_text("Say who you are.")


def judging(page: Page) -> None:
    judging_setup(page)
    page.get_by_label("Your name").fill("ada")
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("radio", name="2: relevant").first.check()


STATES: list[Callable[[Page], None]] = [
    empty,
    results,
    a_picture_and_suggestions,
    detail,
    marking,
    why,
    why_and_a_marked_part,
    folded_results,
    no_match,
    filters_on_a_phone,
    a_failure,
    menu,
    upload,
    operators,
    judging_setup,
    judging,
]


@pytest.mark.parametrize("show", STATES, ids=lambda show: show.__name__)
def test_axe_finds_no_serious_violation(page: Page, show: Callable[[Page], None]) -> None:
    show(page)
    assert grave_violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert grave_violations(page, colours_only=True) == []


def test_axe_finds_what_is_wrong(page: Page) -> None:
    """The check itself can fail: a picture without a text alternative is serious."""
    page.goto("/upload")
    page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    assert any("image-alt" in one for one in grave_violations(page))


def test_axe_finds_dark_words_on_a_dark_page(page: Page) -> None:
    page.goto("/upload")
    page.emulate_media(color_scheme="dark")
    page.evaluate("document.querySelector('h1').style.color = '#222'")
    assert any("color-contrast" in one for one in grave_violations(page, colours_only=True))
