"""The sample catalog as it is in the repository."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

CATALOG = Path(__file__).parents[3] / "examples" / "catalog"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (CATALOG / "catalog.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_it_has_at_least_400_drawings(rows: list[dict[str, str]]) -> None:
    assert len(rows) >= 400


def test_every_drawing_opens_and_is_at_most_256_pixels_long(rows: list[dict[str, str]]) -> None:
    for row in rows:
        with Image.open(CATALOG / row["image"]) as image:
            image.load()
            assert 48 <= max(image.size) <= 256, row["id"]


def test_no_image_lies_there_without_a_row(rows: list[dict[str, str]]) -> None:
    listed = {row["image"] for row in rows}
    assert {f"images/{file.name}" for file in (CATALOG / "images").iterdir()} == listed


def test_ids_are_unique(rows: list[dict[str, str]]) -> None:
    assert len({row["id"] for row in rows}) == len(rows)


def test_every_drawing_has_a_title_a_category_an_artist_and_a_colour(
    rows: list[dict[str, str]],
) -> None:
    for row in rows:
        assert all(row[column].strip() for column in ("title", "category", "artist", "colour"))
        assert row["title"].casefold() != "untitled"


def test_no_category_holds_more_than_a_tenth(rows: list[dict[str, str]]) -> None:
    categories = Counter(row["category"] for row in rows)
    assert len(categories) >= 20
    assert max(categories.values()) * 10 <= len(rows)


def test_tags_are_split_cleanly_by_the_separator(rows: list[dict[str, str]]) -> None:
    for row in rows:
        tags = row["tags"].split("|") if row["tags"] else []
        assert all(tag and tag == tag.strip() for tag in tags), row["id"]
        assert len(set(tags)) == len(tags), row["id"]


def test_it_has_at_most_8_megabytes() -> None:
    assert sum(file.stat().st_size for file in CATALOG.rglob("*") if file.is_file()) <= 8_000_000


def test_every_artist_is_named_in_the_attribution(rows: list[dict[str, str]]) -> None:
    attribution = (CATALOG / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for row in rows:
        assert f"| {row['artist']} |" in attribution
