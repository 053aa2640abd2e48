"""Recipes: what they may say, and how problems are told. No data is there to be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from core.errors import SettingsError
from training.recipe import SHIPPED, Recipe, read_recipe, written

CAPTIONS: dict[str, Any] = {"kind": "captions", "path": "nowhere.csv"}
PLAIN: dict[str, Any] = {"model": "st:clip", "steps": 5, "data": {"sources": [CAPTIONS]}}
COMPOSED = {"image": "timm:resnet18", "text": "bert", "dim": 64}
SPLIT = {"sources": [CAPTIONS | {"split": {"by": "brand"}}]}
MINED = {"sources": [{"kind": "mined", "path": "c.csv", "pairs": "p.parquet", "negatives": 3}]}


def read(tmp_path: Path, document: object, changes: tuple[str, ...] = ()) -> Recipe:
    file = tmp_path / "recipe.yaml"
    file.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
    return read_recipe(file, changes)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"lerning_rate": 1}, "lerning_rate"),
        ({"optimizer": {"lerning_rate": 1}}, "Did you mean 'learning_rate'"),
        ({"data": {"sources": [CAPTIONS | {"shar": 2}]}}, "'share'"),
        ({"loss": {"kind": "infonc"}}, "'infonce'"),
        ({"tune": {"lock": ["image", "text"]}}, "both towers are locked"),
        ({"tune": {"heads_only": True, "lora": {}}}, "'lora'"),
        ({"distil": {"embeddings": 1}}, "distil.teacher"),
        ({"distil": {"teacher": "st:x", "embeddings": 0, "similarities": 0}}, "weight over 0"),
        ({"contrast": 0}, "nothing to learn from"),
        ({"model": COMPOSED, "nested": {128: 1}}, "only 64 dimensions"),
        ({"nested": {0: 1}}, "1 or more"),
        ({"epochs": 2}, "'steps' and 'epochs'"),
        ({"mini_batch": 100, "batch_size": 10}, "'mini_batch'"),
        ({"interpolation": {}}, "validation"),
        ({"interpolation": {"alphas": [0.5]}, "model": COMPOSED}, "trained before"),
        ({"hard_negatives": 2}, "judgments, clicks or mined"),
        ({"batch_size": "many"}, "batch_size"),
        ({"optimizer": {"learning_rate": 0}}, "greater than 0"),
    ],
)
def test_what_can_not_be_is_told_by_its_key(
    tmp_path: Path, settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(SettingsError) as told:
        read(tmp_path, PLAIN | settings)
    assert says in str(told.value)
    assert "recipe.yaml" in str(told.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("steps: 5\nsteps: 6\n", "'steps' is there twice"),
        ("a: [", "no YAML"),
        ("just words", "no settings"),
        ("", "no settings"),
    ],
)
def test_a_file_that_is_no_recipe_is_told(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        read(tmp_path, text)


def test_a_missing_file_is_told_with_recipes_to_start_from(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="recipes"):
        read_recipe(tmp_path / "none.yaml")


def test_a_written_recipe_reads_back_the_same(tmp_path: Path) -> None:
    given = read(tmp_path, PLAIN | {"nested": {32: 0.5}, "tune": {"lora": {}}, "data": SPLIT})
    assert read(tmp_path, written(given)) == given


def test_a_change_takes_the_place_of_a_setting(tmp_path: Path) -> None:
    changes = ("loss.kind=sigmoid", "steps=9", "tune.lock=[text]")
    given = read(tmp_path, PLAIN, changes)
    assert (given.loss.kind, given.steps, given.tune.lock) == ("sigmoid", 9, ("text",))


@pytest.mark.parametrize("change", ["steps", "steps.more=1", "=1", "steps=["])
def test_a_malformed_change_is_told(tmp_path: Path, change: str) -> None:
    with pytest.raises(SettingsError, match=r"KEY=VALUE|YAML"):
        read(tmp_path, PLAIN, (change,))


def test_weights_are_interpolated_where_something_was_trained_before_and_is_judged(
    tmp_path: Path,
) -> None:
    assert read(tmp_path, PLAIN | {"data": SPLIT}).alphas == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert read(tmp_path, PLAIN).alphas == (1.0,)
    assert read(tmp_path, PLAIN | {"data": SPLIT, "model": COMPOSED}).alphas == (1.0,)


def test_hard_negatives_are_those_that_sources_draw_unless_said(tmp_path: Path) -> None:
    assert read(tmp_path, PLAIN).negatives == 0
    assert read(tmp_path, PLAIN | {"data": MINED}).negatives == 3
    assert read(tmp_path, PLAIN | {"data": MINED, "hard_negatives": 1}).negatives == 1


@pytest.mark.parametrize(
    "name", ["distil", "finetune-clip", "finetune-lora", "from-clicks", "lit", "two-towers"]
)
def test_every_recipe_that_ships_is_sound(name: str) -> None:
    assert read_recipe(SHIPPED / f"{name}.yaml")
