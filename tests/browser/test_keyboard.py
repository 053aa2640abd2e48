"""Everything is reached by keyboard, in the order in which it stands, on pages of any width."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.gestures import expect_first, expect_shown, status, tiles, words
from tests.pictures import encoded, picture

JUDGING = "/judge?collection=colours&q=red&depth=2&b={%22aspects%22:{%22lexical%22:2}}"
PAGES = ["/?q=cyan", "/upload", "/operators", JUDGING]

STOPS = """() => [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((node) => node.tabIndex >= 0 && !node.disabled && node.checkVisibility())
  .filter((node) => node.type !== "radio" || node.checked
    || ![...document.getElementsByName(node.name)].some((one) => one.checked)
      && document.getElementsByName(node.name)[0] === node)
  .length"""
FOCUSED = """() => {
  const node = document.activeElement;
  if (node === document.body || node === document.documentElement) return null;
  window.seen ??= 0;
  node.dataset.seen ??= String(window.seen++);
  const box = node.getBoundingClientRect();
  return {
    number: Number(node.dataset.seen),
    name: node.getAttribute("aria-label") ?? node.textContent.trim(),
    shown: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < window.innerHeight,
    marked: getComputedStyle(node).outlineStyle !== "none" || node.matches(".choices input"),
  };
}"""


def settle(page: Page, path: str) -> None:
    """Open a page and wait until it has all that it shows."""
    page.goto(path)
    if path.startswith("/?"):
        expect_first(page, "cyan")
    elif path == "/operators":
        expect(page.locator("#figures")).to_be_visible()
    else:
        expect(page.get_by_role("textbox").first).to_be_visible()
        page.wait_for_load_state("networkidle")  # what is offered depends on an answer


def walk(page: Page, most: int = 400) -> list[dict[str, Any]]:
    """Press Tab until the page is through; what had the focus, in order."""
    found: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None or stop["number"] < len(found) - 1:
            return found
        if stop["number"] == len(found):  # a date has several stops of its own
            found.append(stop)
    raise AssertionError(f"no way out after {most} stops")


@pytest.mark.parametrize("path", ["/upload", "/operators", JUDGING])
def test_tab_reaches_everything_and_leaves_again(page: Page, path: str) -> None:
    settle(page, path)
    wanted = page.evaluate(STOPS)
    stops = walk(page)
    assert len(stops) == wanted
    assert [one for one in stops if not one["shown"]] == []
    assert [one for one in stops if not one["marked"]] == []
    assert stops[0]["name"].startswith("Skip to")


def test_the_search_page_is_walked_from_the_box_to_the_results(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 300})
    settle(page, "/?q=cyan")
    expect(page.locator("#filters input").first).to_be_visible()
    stops = walk(page)
    names = [one["name"] for one in stops]
    assert names[0] == "Skip to the results"
    order = ["Binocle, start page", "Search by words", "Search by a picture", "More pages"]
    places = [names.index(name) for name in order]
    assert places == sorted(places)
    results = [at for at, name in enumerate(names) if name.startswith("More like")]
    assert results, " | ".join(names)
    assert results[0] > places[-1]
    assert [one for one in stops if not one["shown"]] == []


def test_a_search_is_made_refined_and_opened_without_a_mouse(page: Page) -> None:
    page.goto("/")
    expect_shown(page, 40)
    page.keyboard.press("/")
    page.keyboard.type("green")
    page.keyboard.press("Enter")
    expect_first(page, "green")
    expect(status(page)).to_contain_text("60 items")  # what a screen reader is told
    expect(status(page)).to_have_attribute("aria-live", "polite")
    tiles(page).first.locator(".open").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("2 of 40")
    for _ in range(60):  # the focus can't leave the dialog
        page.keyboard.press("Tab")
        inside = page.evaluate(
            "document.querySelector('dialog[open]').contains(document.activeElement)"
            " || document.activeElement === document.body"
        )
        assert inside
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(tiles(page).nth(1).locator(".open")).to_be_focused()
    words(page).focus()
    expect(words(page)).to_have_value("green")


def test_files_are_chosen_by_keyboard(page: Page) -> None:
    file = {"name": "a.png", "mimeType": "image/png", "buffer": encoded(picture("red"))}
    page.on("filechooser", lambda chooser: chooser.set_files([file]))  # type: ignore[list-item]
    page.goto("/upload")
    choose = page.get_by_role("button", name="Choose files")
    expect(choose).to_be_visible()
    choose.press("Enter")
    expect(page.get_by_label("Name of the collection")).to_be_focused()
    expect(page.locator("#chosen")).to_contain_text("1 item to upload.")


def test_the_menu_of_pages_opens_and_closes_by_keyboard(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="More pages").press("Enter")
    menu = page.get_by_role("navigation", name="Pages")
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_nothing_lies_beside_a_window_of_320_pixels(page: Page, path: str, direction: str) -> None:
    """As wide as a window of 1280 pixels is at a zoom of 400 %, read from either side."""
    page.set_viewport_size({"width": 320, "height": 640})
    settle(page, path)
    page.evaluate(f"document.documentElement.dir = '{direction}'")
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_what_is_chosen_shows_in_forced_colours(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    settle(page, JUDGING)
    page.get_by_label("Your name").fill("ada")
    page.get_by_role("button", name="Begin").click()
    grade = page.get_by_role("radio", name="2: relevant").first
    styles = "node => getComputedStyle(node.nextElementSibling).outlineStyle"
    assert grade.evaluate(styles) == "none"
    grade.check()
    assert grade.evaluate(styles) == "solid"
    page.goto('/?filter={"sold":true}')
    expect(page.locator(".chip").first).to_have_css("border-top-style", "solid")
    page.goto("/operators")
    pause = page.get_by_role("button", name="Pause")
    pause.click()
    assert pause.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
