"""Filters made of the fields that the collection declares."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.gestures import expect_shown, status


def choice(page: Page, field: str, value: str) -> Locator:
    return page.locator(f'[data-field="{field}"]').get_by_role("checkbox", name=value)


def test_values_are_chosen_with_their_counts_and_leave_as_chips(page: Page) -> None:
    page.goto("/?q=red")
    page.get_by_role("button", name="Show 5 more").click()
    choice(page, "colour", "blue 5").check()
    expect_shown(page, 5)
    choice(page, "colour", "cyan 5").check()
    expect(status(page)).to_contain_text("10 items")
    chips = page.get_by_role("list", name="Active filters")
    chips.get_by_role("button", name="colour: blue").click()
    expect_shown(page, 5)
    expect(choice(page, "colour", "cyan")).to_be_checked()
    chips.get_by_role("button", name="colour: cyan").click()
    expect_shown(page, 40)


def test_yes_and_no_are_a_choice(page: Page) -> None:
    page.goto("/")
    choice(page, "sold", "yes 12").check()
    expect_shown(page, 12)


def test_a_range_takes_both_its_ends(page: Page) -> None:
    page.goto("/")
    price = page.locator('[data-field="price"]')
    price.get_by_label("From").fill("20")
    price.get_by_label("To").fill("30")
    price.get_by_label("To").press("Enter")
    expect_shown(page, 24)
    expect(page.get_by_role("button", name="Price: 20 \N{EN DASH} 30")).to_be_visible()


def test_days_take_the_whole_of_the_last_one(page: Page) -> None:
    page.goto("/")
    made = page.locator('[data-field="made"]')
    made.get_by_label("From").fill("2021-03-15")
    expect(status(page)).to_contain_text("48 items")
    made.get_by_label("To").fill("2022-03-15")
    expect_shown(page, 24)
    expect(
        page.get_by_role("button", name="Made: 2021-03-15 \N{EN DASH} 2022-03-15")
    ).to_be_visible()


def test_a_range_that_ends_before_it_starts_says_so(page: Page) -> None:
    page.goto("/")
    price = page.locator('[data-field="price"]')
    price.get_by_label("To").fill("5")
    price.get_by_label("To").press("Enter")
    expect(status(page)).to_contain_text("12 items")
    price.get_by_label("From").fill("9")
    price.get_by_label("From").press("Enter")
    expect(price.get_by_role("alert")).to_have_text("The start lies past the end.")


def test_a_value_of_an_opened_result_becomes_a_filter(page: Page) -> None:
    page.goto("/?item=red%2F1")
    page.get_by_role("dialog").get_by_role("button", name="Filter by Tags: odd").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(status(page)).to_contain_text("24 items")


def test_filters_that_nothing_passes_can_be_cleared(page: Page) -> None:
    page.goto('/?filter={"price":{"gte":1000}}')
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    expect_shown(page, 40)
