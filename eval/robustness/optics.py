"""Corruptions by the lens, the sensor and the light: blur, noise, low light, colour cast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from eval.robustness.scale import grain, reference_pixel

_GAMMA = 2.2
_WELL = 1000.0
"""Photons that a white pixel catches in full light: a small sensor's, so that the dark is noisy."""
_READ_NOISE = 3.0
"""Standard deviation of the read-out, in photons."""
_LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
_CASTS = {
    "tungsten": (1.0, 0.0, -1.0),
    "shade": (-1.0, 0.0, 1.0),
    "fluorescent": (-0.5, 1.0, -0.5),
    "sunset": (1.0, -0.5, 0.0),
}


def blur(image: Image.Image, sigma: float, _random: np.random.Generator) -> Image.Image:
    """Gaussian blur of standard deviation `sigma` in reference pixels."""
    return image.filter(ImageFilter.GaussianBlur(sigma * reference_pixel(image)))


def noise(image: Image.Image, sigma: float, random: np.random.Generator) -> Image.Image:
    """Gaussian noise of standard deviation `sigma`, where black is 0 and white 1."""
    return _picture(_levels(image) + sigma * grain(image.size, random))


def low_light(image: Image.Image, share: float, random: np.random.Generator) -> Image.Image:
    """A photo taken with `share` (0-1) of the light it needs: darker, and noisy.

    The light is scaled before the display curve; the noise is the Poissonian-Gaussian model of
    Foi, Trimeche, Katkovnik & Egiazarian (2008): variance of the photon count plus the read-out's.
    """
    photons = _levels(image) ** _GAMMA * (share * _WELL)
    deviation = np.sqrt(photons + _READ_NOISE**2)
    caught = photons + deviation * grain(image.size, random)
    return _picture(np.clip(caught / _WELL, 0, 1) ** (1 / _GAMMA))


def colour_cast(image: Image.Image, shift: float, random: np.random.Generator) -> Image.Image:
    """Another illuminant, drawn from four: each channel's light times 1 + `shift` x its share.

    The diagonal model of von Kries; grey keeps its luminance.
    """
    direction = list(_CASTS.values())[int(random.integers(len(_CASTS)))]
    gains = 1 + shift * np.array(direction, dtype=np.float32)
    gains /= float(gains @ _LUMA)
    return _picture(np.clip(_levels(image) ** _GAMMA * gains, 0, 1) ** (1 / _GAMMA))


def _levels(image: Image.Image) -> NDArray[np.float32]:
    """float32 (height, width, 3), 0-1."""
    return np.asarray(image, dtype=np.float32) * np.float32(1 / 255)


def _picture(levels: NDArray[np.floating]) -> Image.Image:
    return Image.fromarray((np.clip(levels, 0, 1) * 255).round().astype(np.uint8))
