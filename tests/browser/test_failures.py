"""What goes wrong is said, with what to do about it; and nothing of a catalog runs as code."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.browser.gestures import bring, expect_first, expect_shown, tiles, words
from tests.browser.site import MARKUP, RTL


def test_markup_in_a_title_is_shown_as_it_is(page: Page) -> None:
    page.goto("/?q=pink&item=pink%2F0")
    expect(page.get_by_role("dialog").get_by_role("heading", name=MARKUP)).to_be_visible()
    expect(page.locator('.tile[data-id="pink/0"] .title')).to_have_text(MARKUP)
    expect(page.locator('img[src="x"]')).to_have_count(0)
    expect(page).to_have_title("pink \N{EN DASH} Binocle")


def test_markup_in_a_link_is_shown_as_it_is(page: Page) -> None:
    page.goto('/?q=<img src=x onerror="document.title=1">&filter={"colour":["<b>red</b>"]}')
    expect(page.get_by_role("button", name="Colour: <b>red</b>")).to_be_visible()
    expect(page.locator('img[src="x"], .chip b')).to_have_count(0)


def test_an_unknown_filter_field_is_named_with_those_there_are(page: Page) -> None:
    page.goto('/?filter={"size":["XL"]}')
    alert = page.locator("#notice")
    expect(alert).to_contain_text("There is no field 'size'.")
    expect(alert).to_contain_text("colour")
    alert.get_by_role("button", name="Clear the filters").click()
    expect_shown(page, 40)
    expect(alert).to_be_hidden()


def test_an_unknown_collection_offers_one_that_exists(page: Page) -> None:
    page.goto("/?collection=elsewhere")
    expect(page.locator("#notice")).to_contain_text("There is no collection 'elsewhere'.")
    page.get_by_role("button", name="Open 'colours'").click()
    expect_shown(page, 40)


def test_an_item_that_is_gone_leaves_the_results_in_place(page: Page) -> None:
    page.goto("/?q=green&item=gone")
    expect(page.locator("#notice")).to_contain_text("There is no item 'gone'")
    expect_first(page, "green")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("#notice")).to_be_hidden()


def test_an_unreadable_picture_can_be_taken_away(page: Page) -> None:
    page.goto("/?q=green")
    expect_first(page, "green")
    bring(page, "drop", b"\x89PNG\r\n but no more of it")
    expect(page.locator("#notice")).to_have_attribute("role", "alert")
    page.get_by_role("button", name="Search without the picture").click()
    expect_first(page, "green")


def test_a_file_that_is_no_picture_is_refused_at_once(page: Page, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a picture")
    page.goto("/")
    expect_shown(page, 40)
    page.get_by_label("Pictures to search with").set_input_files(text)
    expect(page.locator("#notice")).to_contain_text("notes.txt is of type text/plain.")


def test_a_service_out_of_reach_is_tried_again(page: Page) -> None:
    page.goto("/")
    expect_shown(page, 40)
    page.route("**/search", lambda route: route.abort())
    words(page).fill("red")
    expect(page.locator("#notice")).to_contain_text("binocle serve")
    page.unroute("**/search")
    page.get_by_role("button", name="Try again").click()
    expect_first(page, "red")


def test_a_broken_thumbnail_leaves_its_place(page: Page) -> None:
    page.route("**/thumbnail", lambda route: route.fulfill(status=404))
    page.goto("/?q=red")
    expect(tiles(page).first.locator(".frame.empty .icon")).to_be_visible()
    box = tiles(page).first.locator(".frame").bounding_box()
    assert box is not None
    assert box["height"] > 100


def test_titles_from_right_to_left_and_missing_ones_are_shown(page: Page) -> None:
    page.goto("/?q=yellow&item=yellow%2F0")
    heading = page.get_by_role("dialog").get_by_role("heading", name=RTL)
    expect(heading).to_have_css("direction", "rtl")
    page.goto("/?q=grey")
    expect(page.locator('.tile[data-id="grey/0"] .title')).to_have_text("Untitled (grey/0)")


def test_going_offline_is_said_and_coming_back_goes_on(page: Page) -> None:
    page.goto("/?q=red")
    expect_first(page, "red")
    page.context.set_offline(True)
    words(page).fill("green")
    expect(page.locator("#notice")).to_contain_text("whether you are online")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect_first(page, "green")


def test_a_slow_search_shows_that_it_is_at_work_and_keeps_what_is_there(page: Page) -> None:
    page.goto("/?q=red")
    expect_first(page, "red")
    held: list[Route] = []
    page.route("**/search", lambda route: held.append(route))
    words(page).fill("green")
    words(page).press("Enter")
    expect(page.locator("#progress")).to_be_visible()
    expect(page.locator("#grid")).to_have_attribute("aria-busy", "true")
    expect_first(page, "red")
    held[-1].continue_()  # those before it were given up
    expect_first(page, "green")
    expect(page.locator("#progress")).to_be_hidden()
