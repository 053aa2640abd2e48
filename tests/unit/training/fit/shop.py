"""A catalog of 24 pictures in 12 colours, two of each, and recipes over it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Protocol

import yaml

from tests.pictures import picture
from tests.towers import COLOURS
from training.recipe import Recipe


class MakeRecipe(Protocol):
    """Makes a recipe for a small model of a kind, with some settings."""

    def __call__(self, kind: str = "clip", **settings: object) -> Recipe: ...


CAPTIONS: dict[str, Any] = {"kind": "captions", "path": "catalog.csv", "texts": ["title"]}
VIEWS: dict[str, Any] = {"kind": "augmented", "path": "catalog.csv"}


def document(model: str) -> dict[str, Any]:
    """A recipe of four steps of eight pairs."""
    return {
        "model": model,
        "data": {"sources": [CAPTIONS, VIEWS]},
        "steps": 4,
        "batch_size": 8,
        "workers": 0,
        "device": "cpu",
        "log_every": 1,
        "optimizer": {"learning_rate": 1e-3},
    }


def write_shop(folder: Path) -> Path:
    """Writes the catalog and its evaluation set into `folder`."""
    with (folder / "catalog.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["id", "image", "title", "colour"])
        for place, colour in enumerate([*COLOURS, *COLOURS]):
            name = f"{colour}-{place}.png"
            picture(colour, seed=place).save(folder / name)
            table.writerow([place, name, f"a {colour} thing, no {place}", colour])
    tasks = [{"kind": "field", "name": "titles", "field": "title"}]
    general = {"name": "general", "items": {"source": "catalog.csv"}, "tasks": tasks}
    (folder / "general.yaml").write_text(yaml.safe_dump(general))
    return folder
