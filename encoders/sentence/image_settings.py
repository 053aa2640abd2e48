"""How a model's image processor prepares images, in the words of `encoders.images`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import EncoderError
from encoders.images import Interpolation, ResizeRule

_INTERPOLATIONS: Mapping[int, Interpolation] = {1: "lanczos", 2: "bilinear", 3: "bicubic"}
"""By Pillow's numbers, in which transformers saves them."""


@dataclass(frozen=True)
class ImageSettings:
    """The image part of `Preprocessing`."""

    size: int
    resize: ResizeRule
    interpolation: Interpolation
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


def image_settings(module: Any) -> ImageSettings:
    """Of a module that reads images: our own say it themselves, others by their processor."""
    own = getattr(module, "image_settings", None)
    if own is not None:
        settings: ImageSettings = own
        return settings
    processor = getattr(module, "processor", None)
    return _of_processor(getattr(processor, "image_processor", processor))


def _of_processor(processor: Any) -> ImageSettings:
    size, resize = _square(processor)
    if not getattr(processor, "do_rescale", True):
        raise _unlike(processor, "leaves pixels at 0-255")
    normalised = getattr(processor, "do_normalize", True)
    return ImageSettings(
        size=size,
        resize=resize,
        interpolation=_interpolation(processor),
        mean=_three(processor.image_mean) if normalised else (0.0, 0.0, 0.0),
        std=_three(processor.image_std) if normalised else (1.0, 1.0, 1.0),
    )


def _square(processor: Any) -> tuple[int, ResizeRule]:
    """The side in pixels, and the rule. A border that a centre crop would cut off is kept."""
    patches = getattr(processor, "max_num_patches", None)
    if patches is not None:  # SigLIP 2 of free proportions: as many patches in a square
        return int(patches**0.5) * int(processor.patch_size), "squash"
    size = _sides(processor.size)
    if getattr(processor, "do_center_crop", False):
        size = _sides(processor.crop_size)
        return _equal(processor, size), "crop"
    if "shortest_edge" in size:
        return size["shortest_edge"], "crop"
    if "longest_edge" in size or getattr(processor, "do_pad", False):
        raise _unlike(processor, "gives images of different shapes")
    return _equal(processor, size), "squash"


def _sides(size: Any) -> dict[str, int]:
    if isinstance(size, int):
        return {"height": size, "width": size}
    return {key: int(value) for key, value in dict(size).items() if value is not None}


def _equal(processor: Any, size: Mapping[str, int]) -> int:
    sides = set(size.values())
    if len(sides) != 1:
        raise _unlike(processor, f"gives images that are not square ({dict(size)})")
    return sides.pop()


def _interpolation(processor: Any) -> Interpolation:
    number = getattr(processor, "resample", None)
    number = 3 if number is None else int(number)
    if number not in _INTERPOLATIONS:
        raise _unlike(processor, f"resamples by Pillow's method {number}")
    return _INTERPOLATIONS[number]


def _three(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue


def _unlike(processor: Any, what: str) -> EncoderError:
    return EncoderError(
        f"The model's image processor ({type(processor).__name__}) {what}; Binocle's towers read "
        "square images scaled to 0-1 and normalised.",
        hint="Use a model with a CLIP-like or SigLIP-like image processor.",
    )
