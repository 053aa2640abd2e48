"""Two rankings judged side by side, blind, by mouse and by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.judging.book import JudgmentBook
from app.judging.judgment import Grade, Preference
from database.address import address_of
from database.engine import Database
from tests.browser.conftest import new_page
from tests.browser.site import live_site

WORDS = {"aspects": {"lexical": 2}}


@pytest.fixture(scope="module")
def desk(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a site whose judgments are these tests' own, and its data directory."""
    data = tmp_path_factory.mktemp("desk")
    with live_site(tiny_bundle, data) as address:
        yield address, data


@pytest.fixture
def page(chromium: Browser, desk: tuple[str, Path]) -> Iterator[Page]:
    with new_page(chromium, desk[0]) as page:
        yield page


def kept(desk: tuple[str, Path], judge: str) -> tuple[list[Grade], list[Preference]]:
    database = Database(address_of(None, desk[1]))
    book = JudgmentBook(database)
    found = book.grades("colours", judges=[judge]), book.preferences("colours", judges=[judge])
    database.close()
    return found


def begin(page: Page, judge: str, queries: str = "red\nblue picture") -> None:
    """Set up two rankings, of which the second counts words alone."""
    page.goto("/judge")
    page.get_by_label("Your name").fill(judge)
    page.get_by_label("Collection").select_option("colours")
    page.get_by_label("Queries, one a line").fill(queries)
    other = page.get_by_role("group", name="The other ranking")
    other.get_by_label("Words").fill("2")
    page.get_by_label("Results of each").fill("4")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", level=2)).to_have_text(queries.split("\n")[0])


def cards(page: Page, side: str) -> Locator:
    return page.get_by_role("region", name=side).locator(".card")


def test_items_are_graded_and_a_side_is_preferred_by_mouse(
    page: Page, desk: tuple[str, Path]
) -> None:
    begin(page, "mouse")
    expect(cards(page, "Left")).to_have_count(4)
    item = cards(page, "Left").first.get_attribute("data-id")
    cards(page, "Left").first.get_by_role("radio", name="3: perfect").check()
    page.get_by_role("radio", name="Left").check()
    with page.expect_request(lambda one: one.method == "POST" and "judgments" in one.url) as sent:
        page.get_by_role("button", name="Save, and on").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("blue picture")
    expect(page.get_by_role("radio", name="Left")).not_to_be_checked()
    said: dict[str, Any] = sent.value.post_data_json
    # The left side is the second ranking exactly where the sides were swapped.
    assert said["preferred"] == ("second" if said["swapped"] else "first")
    assert said["rankings"] == [{}, WORDS]
    (grade,), (preference,) = kept(desk, "mouse")
    assert (grade.query, grade.item, grade.grade) == ("red", item, 3)
    chosen = preference.first if preference.preferred == "first" else preference.second
    assert chosen == (WORDS if said["swapped"] else {})
    page.get_by_role("button", name="Skip").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.locator("#notice")).to_contain_text("1 of 2 queries is kept.")


def test_all_of_it_is_done_by_keyboard(page: Page, desk: tuple[str, Path]) -> None:
    begin(page, "keys", "red")
    expect(page.get_by_role("heading", name="red")).to_be_focused()
    expect(cards(page, "Left")).to_have_count(4)
    page.keyboard.press("Tab")
    for key in "3210":
        page.keyboard.press(key)
    page.keyboard.press("t")
    expect(page.get_by_role("radio", name="Neither")).to_be_checked()
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    grades, (preference,) = kept(desk, "keys")
    assert sorted(one.grade for one in grades) == [0, 1, 2, 3]
    assert preference.preferred == "tie"


def test_nothing_says_which_side_is_which(page: Page) -> None:
    begin(page, "blind", "red")
    expect(cards(page, "Right")).to_have_count(4)
    text = page.locator("#task").inner_text()
    assert "lexical" not in text
    assert "Words" not in text
    for drawn in (0, 1):
        page.add_init_script(f"crypto.getRandomValues = (numbers) => numbers.fill({drawn})")
        page.goto("/judge?collection=colours&q=red&depth=1&a={}&b={%22collapse%22:false}")
        page.get_by_role("button", name="Begin").click()
        page.get_by_role("radio", name="Right").check()
        with page.expect_request(lambda one: one.method == "POST" and "judgm" in one.url) as sent:
            page.get_by_role("button", name="Save, and on").click()
        assert sent.value.post_data_json["swapped"] is bool(drawn)


def test_an_item_on_both_sides_has_one_grade_and_keeps_it(page: Page) -> None:
    begin(page, "both", "red")
    shared = cards(page, "Left").first.get_attribute("data-id")
    twins = page.locator(f'.card[data-id="{shared}"]')
    expect(twins).to_have_count(2)
    twins.first.get_by_role("radio", name="2: relevant").check()
    expect(twins.last.get_by_role("radio", name="2: relevant")).to_be_checked()
    page.get_by_role("button", name="Save, and on").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    begin(page, "both", "red")
    expect(twins.first.get_by_role("radio", name="2: relevant")).to_be_checked()


def test_a_service_that_fails_keeps_what_was_said(page: Page, desk: tuple[str, Path]) -> None:
    begin(page, "late", "red")
    page.get_by_role("radio", name="Right").check()
    page.route("**/v1/judgments", lambda route: route.abort())
    page.get_by_role("button", name="Save, and on").click()
    expect(page.locator("#notice")).to_contain_text("The service can't be reached")
    page.unroute("**/v1/judgments")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert len(kept(desk, "late")[1]) == 1


def test_a_ranking_that_can_not_be_asked_for_is_told(page: Page) -> None:
    page.goto("/judge?collection=colours&q=red&a={}&b={%22rerank%22:[%22nonsense%22]}")
    page.get_by_label("Your name").fill("stage")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("#notice")).to_contain_text("nonsense")


def test_what_is_missing_is_asked_for(page: Page) -> None:
    page.goto("/judge")
    begins = page.get_by_role("button", name="Begin")
    begins.click()
    expect(page.locator("#setup-wrong")).to_have_text("Say who you are.")
    expect(page.get_by_label("Your name")).to_be_focused()
    page.get_by_label("Your name").fill("ada")
    begins.click()
    expect(page.locator("#setup-wrong")).to_have_text("Give at least one query.")
    page.get_by_label("Queries, one a line").fill("red")
    begins.click()
    page.get_by_role("button", name="Save, and on").click()
    expect(page.locator("#notice")).to_contain_text("Nothing is judged yet")
