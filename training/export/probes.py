"""Texts and images on which a bundle is compared with the model it was exported from."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from core.errors import EncoderError, ImageError
from encoders.images import EXTENSIONS, decode_image, read_file

MOST = 128
"""Images of a folder that are used, spread over it evenly."""

TEXTS: tuple[str, ...] = (
    "a",
    "red flag",
    "dog",
    "Running Shoes",
    "a photo of a cat",
    "men's navy-blue slim-fit shirt, size 42",
    "two dogs playing in the snow at night",
    "ORGANIC whole milk 3.5% 1l",
    "T-shirt with a skull & crossbones",
    "e-mail: someone@example.org, 10:30 p.m.!?",
    "50% off -- only $9.99 (was $19.99)",
    "what does a blue-footed booby look like",
    "  leading   and trailing space\t",
    "caf\u00e9 cr\u00e8me br\u00fbl\u00e9e",
    "cafe\u0301 with a combining accent",
    "\u00c5ngstr\u00f6m, na\u00efve, Stra\u00dfe",
    "fish &amp; chips",
    "\u201ccurly\u201d \u2018quotes\u2019 and a dash \u2014 here",
    "\u7d05\u3044\u9774",
    "\u043a\u0440\u0430\u0441\u043d\u0430\u044f \u043c\u0430\u0448\u0438\u043d\u0430",
    "\u0643\u0644\u0628 \u0623\u0633\u0648\u062f",
    "\u03ba\u03cc\u03ba\u03ba\u03b9\u03bd\u03bf\u03c2 \u039f\u0394\u039f\u03a3",
    "\U0001f600 \U0001f415\u200d\U0001f9ba dog",
    "x1 x2 x3 2023 1,000,000",
    "snake_case and CamelCase",
    " ".join(["a long sentence, about an old oak tree and a bench by the river,"] * 12),
)
"""Short and long, with the characters and scripts that tokenizers treat each in its own way."""


@dataclass(frozen=True)
class Pictures:
    """Decoded images, where they are from, and the files that could not be read."""

    images: Sequence[Image.Image]
    origin: str
    skipped: Sequence[str] = ()


def pictures(folder: Path | None, at_least: int) -> Pictures:
    """The images of `folder`, spread evenly over it, or drawn ones if there is none.

    All are decoded from bytes, as in ingestion; `at_least` as in `decode_image`. Raises
    EncoderError if no image of the folder can be read.
    """
    if folder is None:
        drawn = [decode_image(data, at_least=at_least) for data in _drawn()]
        return Pictures(drawn, "drawn shapes and noise")
    if not folder.is_dir():
        raise EncoderError(f"There is no folder of calibration images at {folder}.")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS)
    chosen = [files[place] for place in _spread(len(files), MOST)]
    images, skipped = [], []
    for path in chosen:
        try:
            images.append(decode_image(read_file(path), at_least=at_least))
        except ImageError as error:
            skipped.append(f"{path.relative_to(folder)}: {error.message}")
    if not images:
        raise EncoderError(
            f"{folder} holds no image that can be read" + (f" ({skipped[0]})." if skipped else "."),
            hint="Give a folder of some 100 images like those that will be searched.",
        )
    return Pictures(images, str(folder), skipped)


def _spread(count: int, most: int) -> list[int]:
    return sorted({round(place) for place in np.linspace(0, count - 1, min(count, most))})


def _drawn() -> list[bytes]:
    """24 files, JPEG and PNG, of several shapes: discs, gradients, stripes, noise."""
    random = np.random.default_rng(0)
    files = []
    for number in range(24):
        width, height = (int(side) for side in random.integers(96, 320, size=2))
        values = random.integers(0, 256, size=(6, 3))
        x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
        slope = x[..., None] * values[0] + (1 - y[..., None]) * values[1]
        pixels = slope / 2 + random.normal(0, 8.0 * (number % 4), size=(height, width, 3))
        image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        _shapes(image, values, number)
        stream = io.BytesIO()
        image.save(stream, "PNG" if number % 3 else "JPEG")
        files.append(stream.getvalue())
    return files


def _shapes(image: Image.Image, values: np.ndarray, number: int) -> None:
    draw = ImageDraw.Draw(image)
    width, height = image.size
    colours = [tuple(int(part) for part in row) for row in values]
    draw.ellipse((width // 6, height // 6, width // 2, height // 2), fill=colours[2])
    draw.rectangle((width // 2, height // 3, width - 8, height - 8), outline=colours[3], width=6)
    for place in range(number % 5):
        draw.line((0, place * height // 5, width, height // 2), fill=colours[4], width=3)
