from pathlib import Path

import pytest

from core.errors import SettingsError
from training.compact.recipe import Recipe, read_recipe


def test_the_recipe_that_ships_says_what_the_defaults_are() -> None:
    assert read_recipe() == Recipe()


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("stepps: 3\n")
    with pytest.raises(SettingsError, match="stepps"):
        read_recipe(path)
