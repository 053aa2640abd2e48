"""A collection made from pictures and catalogs on the page, and what can go wrong with it."""

from __future__ import annotations

import base64
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from encoders.images import decode_image
from tests.browser.gestures import bring, expect_shown, tiles, words
from tests.pictures import encoded, picture

NAME = "holiday"


@pytest.fixture(autouse=True)
def swept(site: str) -> Iterator[None]:
    """What a test uploads is gone after it."""
    yield
    httpx.delete(f"{site}/v1/collections/{NAME}")


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Ten pictures of three colours."""
    paths = []
    for number, colour in enumerate(["red", "green", "blue"] * 3 + ["red"]):
        paths.append(tmp_path / f"my_{colour}_{number}.png")
        paths[-1].write_bytes(encoded(picture(colour, seed=number)))
    return paths


def catalog(folder: Path, rows: list[dict[str, str]]) -> Path:
    """A CSV of these rows."""
    path = folder / "catalog.csv"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def begin(page: Page, files: list[Path]) -> Locator:
    """Name the collection and choose the files; the button that uploads them."""
    page.goto("/upload")
    page.get_by_label("Name of the collection").fill(NAME)
    page.get_by_label("Pictures and a catalog").set_input_files(files)
    return page.get_by_role("button", name=re.compile("^Upload"))


def told(page: Page) -> Locator:
    """The line that says how far it is."""
    return page.locator("#count")


def test_pictures_become_a_collection_that_is_opened_and_searched(
    page: Page, pictures: list[Path]
) -> None:
    send = begin(page, pictures)
    expect(send).to_have_text("Upload 10 items")
    expect(page.get_by_role("list", name="Pictures that were chosen").locator("li")).to_have_count(
        10
    )
    send.click()
    expect(told(page)).to_have_text(f"10 of 10 items are in '{NAME}'. Done.")
    expect(page.get_by_role("progressbar")).to_have_js_property("value", 1)
    expect(page.get_by_role("link", name=f"Open '{NAME}'")).to_be_focused()
    page.keyboard.press("Enter")
    expect_shown(page, 10)
    words(page).fill("green")
    expect(tiles(page).first.locator(".title")).to_have_text(re.compile("^my green"))


def test_a_large_photo_is_made_small_before_it_is_sent(page: Page, photo: Path) -> None:
    send = begin(page, [photo])
    with page.expect_request("**/items") as asked:
        send.click()
    sent = asked.value.post_data_json["items"][0]
    head, _, data = sent["image"].partition(",")
    assert head == "data:image/jpeg;base64"
    assert decode_image(base64.b64decode(data)).size == (1600, 1200)
    expect(told(page)).to_contain_text("1 of 1 item is in")


def test_a_catalog_with_its_pictures_becomes_a_collection_with_fields(
    page: Page, pictures: list[Path], tmp_path: Path
) -> None:
    rows = [
        {"id": f"p{at}", "image": f"img/{path.name}", "title": f"Thing {at}", "price": f"{at}.5"}
        for at, path in enumerate(pictures)
    ]
    send = begin(page, [*pictures, catalog(tmp_path, rows)])
    expect(page.locator("#chosen")).to_contain_text("10 items to upload. Fields: Price (float).")
    send.click()
    expect(told(page)).to_have_text(f"10 of 10 items are in '{NAME}'. Done.")
    page.goto(f'/?collection={NAME}&filter={{"price":{{"lt":3}}}}')
    expect_shown(page, 3)
    expect(page.locator(".tile .title").first).to_have_text(re.compile("^Thing"))


def test_each_row_that_is_left_out_is_told_with_the_reason(
    page: Page, pictures: list[Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n but no more of it")
    rows = [
        {"id": "good", "image": pictures[0].name, "title": "Good"},
        {"id": "good", "image": pictures[1].name, "title": "Twice"},
        {"id": "lost", "image": "nowhere.png", "title": "Lost"},
        {"id": "broken", "image": "broken.png", "title": "Broken"},
        {"id": "", "image": pictures[2].name, "title": "Nameless"},
    ]
    notes = tmp_path / "notes.txt"
    notes.write_text("not a picture")
    begin(page, [*pictures[:3], broken, notes, catalog(tmp_path, rows)]).click()
    expect(told(page)).to_have_text(f"1 of 2 items are in '{NAME}'. Done.")
    left_out = page.get_by_role("region", name="5 left out")
    for reason in (
        "notes.txt is of type text/plain.",
        "The id is that of row 2 of The catalog, too",
        "The row has no id.",
        "The picture 'nowhere.png' was not chosen.",
        "Row 5, broken",
    ):
        expect(left_out).to_contain_text(reason)


def test_a_catalog_without_a_column_of_pictures_says_which_it_has(
    page: Page, tmp_path: Path
) -> None:
    begin(page, [catalog(tmp_path, [{"sku": "1", "colour": "red"}])])
    expect(page.locator("#notice")).to_contain_text("no column that looks like an image")
    expect(page.locator("#notice")).to_contain_text("Columns: 'sku', 'colour'.")
    expect(page.get_by_role("button", name="Upload")).to_be_disabled()


def test_a_name_that_is_taken_or_wrong_is_refused_beside_the_field(
    page: Page, pictures: list[Path]
) -> None:
    send = begin(page, pictures[:1])
    field = page.get_by_label("Name of the collection")
    for name, problem in (("colours", "is a collection"), ("My Photos", "small letters")):
        field.fill(name)
        send.click()
        expect(page.locator("#name-wrong")).to_contain_text(problem)
        expect(field).to_have_attribute("aria-invalid", "true")
    field.fill(NAME)
    expect(page.locator("#name-wrong")).to_have_text("")


def test_a_service_that_fails_midway_is_gone_on_with(page: Page, pictures: list[Path]) -> None:
    batches: list[Route] = []

    def fail_second(route: Route) -> None:
        batches.append(route)
        if len(batches) == 2:
            route.abort()
        else:
            route.continue_()

    page.route("**/items", fail_second)
    begin(page, pictures).click()
    expect(told(page)).to_have_text(f"8 of 10 items are in '{NAME}'. Stopped.")
    expect(page.locator("#notice")).to_contain_text("The service can't be reached")
    page.get_by_role("button", name="Go on").click()
    expect(told(page)).to_have_text(f"10 of 10 items are in '{NAME}'. Done.")
    expect(page.locator("#notice")).to_be_hidden()


def test_an_upload_can_be_stopped(page: Page, pictures: list[Path]) -> None:
    held: list[Route] = []
    page.route("**/items", lambda route: held.append(route))
    begin(page, pictures).click()
    page.get_by_role("button", name="Stop").click()
    expect(told(page)).to_have_text(f"0 of 10 items are in '{NAME}'. Stopped.")
    expect(page.get_by_role("button", name="Go on")).to_be_focused()


def test_markup_in_names_and_rows_is_shown_as_it_is(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "<img src=x onerror=document.title=1>.png"
    file.write_bytes(encoded(picture("red")))
    rows = [{"id": "<b>1</b>", "image": "gone.png", "title": "<script>1</script>"}]
    begin(page, [file, catalog(tmp_path, rows)])
    expect(page.locator("#problem-rows")).to_contain_text("<b>1</b>")
    expect(page.locator("#problem-rows b, img[src='x']")).to_have_count(0)


def test_the_start_page_leads_to_the_upload(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="More pages").click()
    page.get_by_role("link", name="Upload pictures").click()
    expect(page.get_by_role("heading", name="A new collection")).to_be_visible()


def test_dropped_pictures_are_taken(page: Page) -> None:
    page.goto("/upload")
    expect(page.get_by_label("Name of the collection")).to_be_visible()
    bring(page, "drop", encoded(picture("red")))
    expect(page.get_by_role("button", name="Upload 1 item")).to_be_enabled()
    page.get_by_label("Name of the collection").fill(NAME)
    page.get_by_role("button", name="Upload 1 item").click()
    expect(told(page)).to_contain_text("1 of 1 item is in")
    page.get_by_role("link", name=f"Open '{NAME}'").click()
    words(page).fill("red")
    expect(tiles(page).first).to_have_attribute("data-id", "found.png")
