"""The script, on a library of three drawings."""

import csv
from pathlib import Path

import make_catalog
import openclipart
import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

_SVG = """<svg xmlns="http://www.w3.org/2000/svg"
 xmlns:cc="http://web.resource.org/cc/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><metadata><rdf:RDF><cc:Work>
 <dc:title>{title}</dc:title><dc:description>HASH(0x868a30c)</dc:description>
 <dc:subject><rdf:Bag><rdf:li>signs_and_symbols</rdf:li><rdf:li>Red_Fruit</rdf:li>
 <rdf:li>hash(0x8a3ecd4)</rdf:li><rdf:li>apple,apple</rdf:li></rdf:Bag></dc:subject>
 <dc:creator><cc:Agent><dc:title>Ada Example [ada@example.org]</dc:title></cc:Agent></dc:creator>
 <cc:license rdf:resource="{licence}"/></cc:Work></rdf:RDF></metadata></svg>"""
PUBLIC_DOMAIN = "http://web.resource.org/cc/PublicDomain"
VERSIONS = {"openclipart-png": "1"}


def add(root: Path, name: str, title: str, licence: str = PUBLIC_DOMAIN) -> None:
    for kind in ("svg", "png"):
        (root / kind / name).parent.mkdir(parents=True, exist_ok=True)
    svg = _SVG.format(title=title, licence=licence)
    (root / "svg" / f"{name}.svg").write_text(svg, encoding="utf-8")
    image = Image.new("RGBA", (600, 600))
    ImageDraw.Draw(image).ellipse((100, 200, 500, 400), fill="red", outline="black", width=9)
    image.save(root / "png" / f"{name}.png")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    add(tmp_path, "food/fruit/an_apple_ada_exam_01", "An_apple")
    add(tmp_path, "food/pie", "pie", licence="http://creativecommons.org/licenses/GPL/2.0/")
    add(tmp_path, "animals/birds/penguin/pingu", "L&amp;Atilde;&amp;copy;o")
    return tmp_path


def test_metadata_is_tidied(library: Path) -> None:
    apple = next(d for d in openclipart.read_library(library) if "apple" in d.id)
    assert apple.title == "An apple"
    assert apple.tags == ("red fruit", "apple")
    assert apple.description == ""
    assert apple.artist == "Ada Example"
    assert apple.category == "fruit"


def test_twice_encoded_text_is_put_right(library: Path) -> None:
    assert openclipart.read_library(library)[0].title == "Léo"


def test_a_title_that_three_names_share_gives_way_to_the_file_name(library: Path) -> None:
    for name in ("fox", "hen", "owl"):
        add(library, f"animals/{name}_ada_exam_02", "Animals by Ada")
    titles = {drawing.title for drawing in openclipart.read_library(library)}
    assert {"Fox", "Hen", "Owl"} <= titles
    assert "Animals by Ada" not in titles


@pytest.mark.parametrize(
    ("stem", "artist", "title"),
    [
        ("contour_fox_nicu_bucul_01", "Nicu Buculei", "Contour fox"),
        ("balloon-red-aj", "AJ Ashton", "Balloon red"),
        ("aiga_bus_", "Jean-Victor Balin", "Bus"),
        ("apple_wedge", "Gerald G.", "Apple wedge"),
    ],
)
def test_file_names_become_titles(stem: str, artist: str, title: str) -> None:
    assert openclipart.file_title(stem, artist) == title


def test_the_longest_fitting_folder_gives_the_category() -> None:
    assert openclipart.category_of("animals/birds/penguin") == "birds"
    assert openclipart.category_of("animals/amphibian") == "animals"


def test_a_drawing_that_is_not_in_the_public_domain_is_refused(library: Path) -> None:
    drawings = openclipart.read_library(library)
    with pytest.raises(make_catalog.CatalogError, match="food/pie"):
        make_catalog.select(drawings, ["food/pie"])


def test_a_selected_drawing_that_is_gone_is_named(library: Path) -> None:
    with pytest.raises(make_catalog.CatalogError, match="no/such"):
        make_catalog.select(openclipart.read_library(library), ["no/such"])


def test_the_sample_is_cropped_scaled_and_named_by_colour(library: Path, tmp_path: Path) -> None:
    drawings = openclipart.read_library(library)
    make_catalog.make_sample(drawings, tmp_path / "out", VERSIONS)
    with (tmp_path / "out" / "catalog.csv").open(encoding="utf-8", newline="") as file:
        row = list(csv.DictReader(file))[1]
    assert row["id"] == "food-fruit-an_apple_ada_exam_01"
    assert row["tags"] == "red fruit|apple"
    assert row["colour"] == "red"
    with Image.open(tmp_path / "out" / row["image"]) as image:
        assert image.size == (256, 128)
        assert image.mode == "RGBA"


def test_a_second_run_gives_the_same_bytes(library: Path, tmp_path: Path) -> None:
    def make(name: str) -> dict[str, bytes]:
        folder = tmp_path / name
        make_catalog.make_sample(openclipart.read_library(library), folder, VERSIONS)
        files = [file for file in folder.rglob("*") if file.is_file()]
        return {str(file.relative_to(folder)): file.read_bytes() for file in files}

    assert make("one") == make("two")


def test_an_empty_drawing_is_refused(tmp_path: Path) -> None:
    Image.new("RGBA", (300, 300)).save(tmp_path / "empty.png")
    with pytest.raises(make_catalog.CatalogError, match="pixels only"):
        make_catalog.shrink(tmp_path / "empty.png")


def test_the_whole_library_is_referenced_in_place(library: Path, tmp_path: Path) -> None:
    path = make_catalog.make_all(openclipart.read_library(library), tmp_path / "all")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["folder"] for row in rows] == ["animals/birds/penguin", "food/fruit", "food"]
    assert all(Path(row["image"]).is_absolute() and Path(row["image"]).is_file() for row in rows)


def test_without_the_packages_the_script_says_what_to_install(tmp_path: Path) -> None:
    app = make_catalog.typer.Typer()
    app.command()(make_catalog.main)
    result = CliRunner().invoke(app, ["--library", str(tmp_path), "--all", str(tmp_path / "all")])
    assert result.exit_code == 1
    assert "apt-get install openclipart-png openclipart-svg" in result.output
