"""A small shop, recipes over it, and models of a few kilobytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
import yaml

from tests.unit.training.fit.shop import MakeRecipe, document, write_shop
from training.recipe import Recipe, read_recipe


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Towers of a few kilobytes are slower on several threads, and far slower on busy cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a catalog of 24 pictures, and of an evaluation set over it."""
    return write_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def recipe(shop: Path, small_spec: Callable[[str], str]) -> MakeRecipe:
    """Makes a recipe of a few steps over the shop; keyword arguments change its settings."""

    def make(kind: str = "clip", **settings: object) -> Recipe:
        file = shop / "recipe.yaml"
        file.write_text(yaml.safe_dump(document(small_spec(kind)) | settings))
        return read_recipe(file)

    return make
