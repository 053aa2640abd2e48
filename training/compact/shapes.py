"""Plain shapes in named colours, drawn here: what a colour is, whatever has it."""

from __future__ import annotations

import colorsys
import io
import math
import random

from PIL import Image, ImageDraw

from training.compact.sources import Sample, Source

_HUES = {
    "red": (-0.02, 0.02),
    "orange": (0.06, 0.1),
    "yellow": (0.14, 0.17),
    "green": (0.27, 0.42),
    "turquoise": (0.47, 0.52),
    "blue": (0.57, 0.69),
    "purple": (0.75, 0.81),
    "pink": (0.87, 0.94),
}
"""Ranges of hue, of 1, that go by the name at full saturation."""
_GREYS = {"black": (0.0, 0.1), "grey": (0.42, 0.62), "white": (0.95, 1.0)}
_SIDES = {"triangle": 3, "square": 4, "diamond": 4, "hexagon": 6}
SHAPES = ("circle", "square", "triangle", "star", "ring", "diamond", "hexagon", "stripe")
_SIDE = 224


def shapes(each: int = 8) -> Source:
    """`each` drawings of every shape in every colour, of many sizes, places, shades, grounds."""
    samples = []
    for colour in (*_HUES, *_GREYS, "brown"):
        for shape in SHAPES:
            for number in range(each):
                key = f"{colour} {shape} {number}"
                samples.append(_sample(key, colour, shape))
    return Source("shapes", samples, 0.0)


def _sample(key: str, colour: str, shape: str) -> Sample:
    texts = (
        f"{colour} {shape}",
        f"a {colour} {shape}",
        f"{colour} thing",
        f"something {colour}",
        f"{shape} in {colour}",
    )
    return Sample(key, lambda: _drawn(key, colour, shape), texts, f"{colour} {shape}", key)


def _drawn(key: str, colour: str, shape: str) -> bytes:
    draw = random.Random(key)
    grounds = [grey for grey in ("white", "white", "grey", "black") if grey != colour]
    image = Image.new("RGB", (_SIDE, _SIDE), _shade(draw.choice(grounds), draw))
    radius = draw.uniform(0.22, 0.46) * _SIDE
    x, y = (draw.uniform(radius, _SIDE - radius) for _ in range(2))
    _draw(ImageDraw.Draw(image), shape, (x, y), radius, _shade(colour, draw))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def _shade(colour: str, draw: random.Random) -> tuple[int, int, int]:
    if colour in _GREYS:
        level = round(255 * draw.uniform(*_GREYS[colour]))
        return level, level, level
    if colour == "brown":
        hue, saturation, value = draw.uniform(0.05, 0.09), 0.75, draw.uniform(0.35, 0.55)
    else:
        hue = draw.uniform(*_HUES[colour]) % 1
        saturation, value = draw.uniform(0.75, 1), draw.uniform(0.7, 1)
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(255 * red), round(255 * green), round(255 * blue)


def _draw(
    canvas: ImageDraw.ImageDraw,
    shape: str,
    middle: tuple[float, float],
    radius: float,
    fill: tuple[int, int, int],
) -> None:
    x, y = middle
    box = (x - radius, y - radius, x + radius, y + radius)
    if shape == "circle":
        canvas.ellipse(box, fill=fill)
    elif shape == "ring":
        canvas.ellipse(box, outline=fill, width=round(radius / 3))
    elif shape == "stripe":
        canvas.rectangle((0, y - radius / 3, _SIDE, y + radius / 3), fill=fill)
    elif shape == "star":
        spikes = [_at(middle, radius * (1, 0.42)[k % 2], k / 10) for k in range(10)]
        canvas.polygon(spikes, fill=fill)
    else:
        turn = 1 / 8 if shape == "square" else 0.0
        sides = _SIDES[shape]
        canvas.polygon([_at(middle, radius, k / sides + turn) for k in range(sides)], fill=fill)


def _at(middle: tuple[float, float], radius: float, turns: float) -> tuple[float, float]:
    angle = 2 * math.pi * turns
    return middle[0] + radius * math.sin(angle), middle[1] - radius * math.cos(angle)
