import struct
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from training.compact.assembly import with_colours
from training.compact.colours import colour_words
from training.compact.openclipart import name_words, openclipart
from training.compact.sources import Sample, Source
from training.compact.wordnet import ancestors, parse_line

SVG = """<svg><dc:title>{title}</dc:title><dc:description>{about}</dc:description>
<rdf:li>hash</rdf:li><rdf:li>fruit</rdf:li><rdf:li></rdf:li></svg>"""


def drawing(root: Path, name: str, title: str) -> None:
    for kind in ("png", "svg"):
        (root / kind / "food").mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4)).save(root / "png/food" / f"{name}.png")
    (root / "svg/food" / f"{name}.svg").write_text(SVG.format(title=title, about="A ripe fruit"))


def test_a_drawing_is_described_by_its_title_keywords_and_description(tmp_path: Path) -> None:
    drawing(tmp_path, "apple_bitten_dan_gerhard_01", "Bitten Apple")
    (sample,) = openclipart(tmp_path).samples
    assert {"bitten apple", "apple bitten", "fruit", "A ripe fruit"} <= set(sample.texts)
    assert not any("hash" in text for text in sample.texts)


def test_a_title_that_many_drawings_share_gives_way_to_the_file_name(tmp_path: Path) -> None:
    for name in ("pear", "plum", "fig", "kiwi", "lime"):
        drawing(tmp_path, name, "Etiquette Icons")
    assert {sample.texts[0] for sample in openclipart(tmp_path).samples} == {
        "pear",
        "plum",
        "fig",
        "kiwi",
        "lime",
    }


def test_a_huge_drawing_is_left_out(tmp_path: Path) -> None:
    drawing(tmp_path, "apple", "Apple")
    huge = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 16_000, 14_464)
    (tmp_path / "png/food/huge.png").write_bytes(huge)
    assert [sample.key for sample in openclipart(tmp_path).samples] == ["food/apple.png"]


@pytest.mark.parametrize(
    ("stem", "words"),
    [
        ("apple_with_worm_dan_gerh_01", "apple with worm"),
        ("magnifying_glass", "magnifying glass"),
        ("usb", "usb"),
        ("star_32pt05step", "star"),
    ],
)
def test_name_words_drop_author_and_number(stem: str, words: str) -> None:
    assert name_words(stem) == words


def test_a_group_is_held_out_whole_and_the_same_in_every_run() -> None:
    samples = [Sample(str(i), bytes, ("x",), "x", str(i // 2)) for i in range(400)]
    source = Source("made", samples, 0.25)
    held = [source.held(sample) for sample in samples]
    assert held[::2] == held[1::2]
    assert 0.15 < sum(held) / 400 < 0.35


@pytest.mark.parametrize("colour", ["red", "green", "blue", "yellow", "black", "purple"])
def test_the_colour_of_a_figure_is_named_and_its_background_is_not(colour: str) -> None:
    image = Image.new("RGB", (100, 100), "white")
    ImageDraw.Draw(image).ellipse((20, 20, 80, 80), fill=colour)
    assert colour_words(image)[0] == colour


def test_colour_words_are_put_before_the_name() -> None:
    sample = Sample("1", bytes, ("flag", "national flag"), "flags", "1")
    assert {"red flag", "white flags"} <= set(with_colours(sample, ["red", "white"]))


def test_wordnet_lines_give_words_gloss_and_ancestors() -> None:
    dog = '00000002 05 n 02 dog 0 domestic_dog 0 001 @ 00000001 n 0000 | it barks; "a dog"'
    canine = "00000001 05 n 01 canine 0 000 | has claws"
    nouns = dict([parse_line(dog), parse_line(canine)])
    assert nouns[2].words == ("dog", "domestic dog")
    assert nouns[2].gloss == "it barks"
    assert ancestors(nouns, 2) == ["canine"]
