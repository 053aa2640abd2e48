"""Random changes to training images, as in SimCLR (Chen et al. 2020, appendix A)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from training.pairs.augmentation import Augmentation

_TRIES = 10
_BLUR_SIDE = 224
_WHITE = (255, 255, 255)


def augment(
    image: Image.Image, settings: Augmentation, random: np.random.Generator, size: int
) -> Image.Image:
    """An RGB image changed at random: rotation, crop, mirror, colours, grey, blur, in this order.

    Where it is cropped it becomes `size` x `size` pixels, with the crop's proportions squashed, as
    is usual; otherwise it keeps its size. A rotation fills the corners with white. The same state
    of `random` gives the same pixels.
    """
    if settings.rotation:
        angle = random.uniform(-settings.rotation, settings.rotation)
        image = image.rotate(angle, Image.Resampling.BICUBIC, fillcolor=_WHITE)
    if settings.crops:
        box = crop_box(image.size, settings, random)
        image = image.resize((size, size), Image.Resampling.BICUBIC, box=box, reducing_gap=2.0)
    if random.random() < settings.flip:
        image = ImageOps.mirror(image)
    if random.random() < settings.jitter:
        image = _jittered(image, settings, random)
    if random.random() < settings.grey:
        image = ImageOps.grayscale(image).convert("RGB")
    if random.random() < settings.blur:
        radius = random.uniform(*settings.sigma) * min(image.size) / _BLUR_SIDE
        image = image.filter(ImageFilter.GaussianBlur(radius))
    return image


def crop_box(
    size: tuple[int, int], settings: Augmentation, random: np.random.Generator
) -> tuple[float, float, float, float]:
    """Left, top, right, bottom in pixels of a crop that fits into (width, height).

    Area and logarithm of the proportions are uniform; where no crop fits in ten tries, the largest
    one in the middle whose proportions are allowed.
    """
    width, height = size
    least, most = settings.ratio
    for _ in range(_TRIES):
        area = random.uniform(*settings.crop) * width * height
        # Of the picture's own proportions: a tall photo is not cut into wide strips.
        ratio = math.exp(random.uniform(math.log(least), math.log(most))) * width / height
        wide, high = math.sqrt(area * ratio), math.sqrt(area / ratio)
        if wide <= width and high <= height:
            left, top = random.uniform(0, width - wide), random.uniform(0, height - high)
            return left, top, min(left + wide, width), min(top + high, height)
    ratio = min(max(1.0, least), most)
    wide, high = width * min(1.0, ratio), height * min(1.0, 1 / ratio)
    left, top = (width - wide) / 2, (height - high) / 2
    return left, top, left + wide, top + high


def _jittered(
    image: Image.Image, settings: Augmentation, random: np.random.Generator
) -> Image.Image:
    """Brightness, contrast, saturation and hue changed, in random order."""
    changes: list[Callable[[Image.Image], Image.Image]] = [
        _enhanced(ImageEnhance.Brightness, settings.brightness, random),
        _enhanced(ImageEnhance.Contrast, settings.contrast, random),
        _enhanced(ImageEnhance.Color, settings.saturation, random),
        _turned(settings.hue, random),
    ]
    for place in random.permutation(len(changes)):
        image = changes[place](image)
    return image


def _enhanced(
    kind: Callable[[Image.Image], ImageEnhance._Enhance],
    strength: float,
    random: np.random.Generator,
) -> Callable[[Image.Image], Image.Image]:
    factor = 1 + random.uniform(-strength, strength)
    return lambda image: kind(image).enhance(factor) if strength else image


def _turned(strength: float, random: np.random.Generator) -> Callable[[Image.Image], Image.Image]:
    """Shifts the hue around its circle."""
    shift = round(random.uniform(-strength, strength) * 256)

    def change(image: Image.Image) -> Image.Image:
        if not shift:
            return image
        hue, saturation, value = image.convert("HSV").split()
        hue = hue.point([(level + shift) % 256 for level in range(256)])
        return Image.merge("HSV", (hue, saturation, value)).convert("RGB")

    return change
