"""`binocle train mine`, as a person types it, and a run on what it found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.integration.command import Run
from tests.unit.training.fit.shop import document, write_shop
from training.pairs.mined_file import read_mined

SETTINGS = {
    "catalog": {"path": "catalog.csv", "texts": "title", "product": "colour"},
    "to": "mined.parquet",
    "options": {"ranks": [1, 24], "margin": 0.0, "count": 3},
}


@pytest.fixture
def shop(run: Run, tmp_path: Path) -> Run:
    """A folder with a catalog, its collection 'shop', and 'mining.yaml'."""
    write_shop(tmp_path)
    (tmp_path / "mining.yaml").write_text(yaml.safe_dump(SETTINGS))
    assert run("binocle ingest catalog.csv --collection shop").code == 0
    return run


def test_a_run_trains_on_negatives_that_were_mined_from_a_collection(
    shop: Run, small_spec: Callable[[str], str]
) -> None:
    ran = shop("binocle train mine mining.yaml --collection shop")
    assert ran.code == 0, ran.err
    mined = read_mined(Path("mined.parquet"))
    assert f"{len(mined)}" in ran.out
    assert all(found.score <= row.score for row in mined for found in row.negatives)
    recipe = document(small_spec("clip")) | {"steps": 1}
    source = {"kind": "mined", "path": "catalog.csv", "pairs": "mined.parquet", "negatives": 2}
    recipe["data"] = {"sources": [source]}
    Path("recipe.yaml").write_text(yaml.safe_dump(recipe))
    ran = shop("binocle train recipe.yaml")
    assert ran.code == 0, ran.err


def test_the_index_finds_what_comparing_all_images_finds(shop: Run) -> None:
    """The same items; cosines of an index differ in the last digits."""
    assert shop("binocle train mine mining.yaml --collection shop").code == 0
    searched = read_mined(Path("mined.parquet"))
    assert shop("binocle train mine mining.yaml --set options.count=3").code == 0
    compared = read_mined(Path("mined.parquet"))
    assert [row.positive for row in searched] == [row.positive for row in compared]
    for row, other in zip(searched, compared, strict=True):
        assert row.score == pytest.approx(other.score, abs=0.01)


def test_items_that_the_collection_lacks_are_named(shop: Run) -> None:
    with Path("catalog.csv").open("a") as catalog:
        catalog.write("99,red-0.png,a thing that came later,none\n")
    ran = shop("binocle train mine mining.yaml --collection shop")
    assert ran.code == 3
    assert "99 (The item is not in the index)" in ran.err


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("binocle train mine none.yaml", "none.yaml"),
        ("binocle train mine mining.yaml --set optons.count=1", "'options'"),
        ("binocle train mine mining.yaml --set options.margin=2", "options.margin"),
        ("binocle train mine mining.yaml --set catalog.path=none.csv", "none.csv"),
        ("binocle train mine mining.yaml --collection shoe", "shoe"),
        ("binocle train mine mining.yaml --collection shop --encoder compact", "built with"),
    ],
)
def test_wrong_use_of_mining_is_told_in_a_sentence(shop: Run, command: str, says: str) -> None:
    ran = shop(command)
    assert ran.code in (1, 2)
    assert says in ran.err.replace("\n", " ")
    assert "Traceback" not in ran.err
