"""The image of a result that is opened: larger than its thumbnail, where the service has it."""

import base64

import httpx
from playwright.sync_api import Page, expect

from tests.pictures import encoded, picture


def test_the_large_image_takes_the_place_of_the_thumbnail(page: Page, site: str) -> None:
    image = base64.b64encode(encoded(picture("cyan", (900, 600)))).decode()
    address = f"{site}/v1/collections/oddities/items/large"
    httpx.put(address, json={"image": image, "title": "Large"}).raise_for_status()
    try:
        with page.expect_response(lambda answer: answer.url.endswith("/large/image")) as answered:
            page.goto("/?collection=oddities&item=large")
        assert answered.value.ok
        shown = page.get_by_role("dialog").locator(".frame img")
        expect(shown).to_have_attribute("src", answered.value.url.removeprefix(site))
    finally:
        httpx.delete(address).raise_for_status()


def test_a_small_image_is_asked_for_once(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/?collection=colours&item=red%2F0")
    expect(page.get_by_role("dialog").locator(".frame img")).not_to_have_class("waiting")
    assert not [url for url in asked if url.endswith("/image")]
