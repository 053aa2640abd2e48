"""Pictures of the tiny towers' colours, as evaluation material."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.items import ImageSource
from tests.pictures import encoded, picture
from tests.towers import COLOURS


@pytest.fixture(scope="session")
def shown() -> Callable[..., ImageSource]:
    """The picture of a colour, as bytes."""

    def made(colour: str, seed: int = 0) -> ImageSource:
        return ImageSource(data=encoded(picture(colour, seed=seed)))

    return made


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A folder with a catalog of two pictures of each colour."""
    (tmp_path / "images").mkdir()
    lines = ["id,image,title,shade,size,tags"]
    for place, colour in enumerate(COLOURS):
        for number in (1, 2):
            name = f"{colour}-{number}"
            picture(colour, seed=10 * place + number).save(tmp_path / "images" / f"{name}.png")
            size = "small" if number == 1 else "large"
            lines.append(
                f"{name},images/{name}.png,{colour} {size},{colour},{size},{colour}|{size}"
            )
    (tmp_path / "catalog.csv").write_text("\n".join(lines) + "\n")
    return tmp_path
