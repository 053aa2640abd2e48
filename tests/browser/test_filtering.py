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
    sold = page.locator('[data-field="sold"]')
    sold.get_by_role("radio", name="Yes 12").check()
    expect_shown(page, 12)
    sold.get_by_role("radio", name="No 48").check()
    expect(status(page)).to_contain_text("48 items")
    sold.get_by_role("radio", name="Any").check()
    expect(status(page)).to_contain_text("60 items")


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


def test_a_slider_on_a_histogram_moves_by_keys(page: Page) -> None:
    page.goto("/")
    price = page.locator('[data-field="price"]')
    low = price.get_by_role("slider", name="Lower end of Price")
    expect(price.locator(".bars i")).to_have_count(20)
    low.focus()
    for _ in range(2):
        page.keyboard.press("PageUp")
    expect(page.get_by_role("button", name="Remove the filter Price: from")).to_be_visible()
    expect(low).to_be_focused()
    bound = float(price.get_by_label("From", exact=True).input_value())
    assert 2 <= bound <= 20
    expect(low).to_have_attribute("aria-valuetext", f"{bound:g}")
    page.keyboard.press("Home")
    expect(status(page)).to_contain_text("60 items")
    expect(page.locator("#chips")).to_be_hidden()


def test_the_ends_of_a_slider_never_cross(page: Page) -> None:
    page.goto('/?filter={"price":{"lte":10}}')
    low = page.get_by_role("slider", name="Lower end of Price")
    expect(low).to_be_visible()
    low.focus()
    page.keyboard.press("End")
    expect(low).to_have_attribute("aria-valuetext", "10")
    expect_shown(page, 12)


def test_a_slider_is_dragged(page: Page) -> None:
    page.goto("/")
    high = page.get_by_role("slider", name="Upper end of Price")
    expect(high).to_be_visible()
    box = high.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 9, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.4, middle, steps=4)
    page.mouse.up()
    expect(status(page)).to_contain_text("24 items")  # 0 and 10


def test_dates_have_a_slider_in_days(page: Page) -> None:
    page.goto('/?filter={"made":{"gte":"2021-03-15"}}')
    made = page.locator('[data-field="made"]')
    low = made.get_by_role("slider", name="Lower end of Made")
    expect(low).to_have_attribute("aria-valuetext", "2021-03-15")
    high = made.get_by_role("slider", name="Upper end of Made")
    high.focus()
    for _ in range(3):
        page.keyboard.press("PageDown")
    expect(page.get_by_role("button", name="Made: 2021-03-15 \N{EN DASH} 2023")).to_be_visible()
    expect(status(page)).to_contain_text("24 items")  # not those of March 2023


def test_colours_are_swatches(page: Page) -> None:
    page.goto("/")
    page.locator("summary", has_text="Colors").click()
    red = choice(page, "colors", "red")
    expect(red).to_have_css("background-color", "rgb(208, 33, 31)")
    red.check()
    expect(page.get_by_role("button", name="Remove the filter Colors: red")).to_be_visible()


def test_counts_follow_the_filter_and_the_conditions_among_the_words(page: Page) -> None:
    page.goto('/?q=red&filter={"sold":[true]}')
    page.locator("summary", has_text="Tags").click()
    expect(choice(page, "tags", "even 12")).to_be_visible()
    page.goto("/?q=picture price:>=30")
    page.locator("summary", has_text="Tags").click()
    expect(choice(page, "tags", "odd 12")).to_be_visible()
    expect(page.get_by_role("radio", name="Yes 0")).to_be_attached()


def test_fields_that_tell_items_apart_are_no_filters(page: Page) -> None:
    page.goto("/?collection=oddities")
    expect(page.locator('[data-field="brand"]')).to_be_visible()
    for field in ("aspect", "product_id", "duplicate_group", "safety"):
        expect(page.locator(f'[data-field="{field}"]')).to_have_count(0)
