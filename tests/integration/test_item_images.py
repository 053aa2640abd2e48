"""The images of items, as large as they are looked at one by one."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from app.items import Items
from core.items import ImageSource, Item
from ingestion.indexing import Indexed
from tests.integration.conftest import Live, Serving, base64_picture
from tests.pictures import picture

PATH = "/v1/collections/wall/items"
GPS = 0x8825


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos of 2,400 x 1,200 pixels, with the place where they were taken."""
    folder = tmp_path_factory.mktemp("photos")
    exif = Image.Exif()
    exif[GPS] = {1: "N", 2: (52.0, 30.0, 0.0)}
    for name in ("a", "moved", "changed"):
        picture("red", (2400, 1200)).save(folder / f"{name}.jpg", exif=exif)
    return folder


@pytest.fixture(scope="module")
def wall(start: Serving, tmp_path_factory: pytest.TempPathFactory, files: Path) -> Iterator[Live]:
    """A service with three photos from files, and a picture that was sent."""
    with start(tmp_path_factory.mktemp("wall"), store="memory") as running:
        running.ask("PUT", "/wall", {}).raise_for_status()
        items = [
            Item(path.stem, ImageSource(path=path), title=path.stem)
            for path in sorted(files.iterdir())
        ]
        for outcome in Items(running.wiring).write("wall", items):
            assert isinstance(outcome, Indexed)
        running.ask("PUT", "/wall/items/sent", {"image": base64_picture()}).raise_for_status()
        (files / "moved.jpg").unlink()
        picture("blue", (2400, 1200)).save(files / "changed.jpg")
        yield running


def shown(live: Live, item: str) -> Image.Image:
    response = live.client.get(f"{PATH}/{item}/image")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "image/webp"
    return Image.open(io.BytesIO(response.content))


def test_an_image_is_shown_large_and_not_where_it_was_taken(wall: Live) -> None:
    image = shown(wall, "a")
    assert image.size == (1600, 800)
    assert not image.getexif()


@pytest.mark.parametrize("item", ["moved", "changed"])
def test_the_thumbnail_is_shown_where_the_file_is_not_the_one_that_was_indexed(
    wall: Live, item: str
) -> None:
    image = shown(wall, item)
    assert image.size == (320, 160)
    red, _, blue = image.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    assert red > blue


def test_an_image_that_was_sent_is_shown_as_its_thumbnail(wall: Live) -> None:
    thumbnail = wall.client.get(f"{PATH}/sent/thumbnail")
    assert wall.client.get(f"{PATH}/sent/image").content == thumbnail.content


def test_an_image_that_the_browser_has_is_not_sent_again(wall: Live) -> None:
    tag = wall.client.get(f"{PATH}/a/image").headers["etag"]
    again = wall.client.get(f"{PATH}/a/image", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_an_unknown_item_has_no_image(wall: Live) -> None:
    assert wall.client.get(f"{PATH}/nobody/image").status_code == 404
