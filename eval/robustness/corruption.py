"""The table of corruptions: what each does at severities 1 to 5.

Where Hendrycks & Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations" (2019), have the corruption (Gaussian noise, Gaussian blur, JPEG), the levels are
theirs. The others are ours, spread so that severity 1 is an everyday photo and severity 5 one that
a person still recognises.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image

from core.errors import InvalidRequest
from eval.robustness.clutter import busy_background
from eval.robustness.compression import jpeg
from eval.robustness.geometry import crop, downscale, rotate
from eval.robustness.optics import blur, colour_cast, low_light, noise

SEVERITIES = (1, 2, 3, 4, 5)
Levels: TypeAlias = tuple[float, float, float, float, float]
Change: TypeAlias = Callable[[Image.Image, float, np.random.Generator], Image.Image]


@dataclass(frozen=True)
class Corruption:
    """One way in which a picture gets worse; `levels` are the parameter at severities 1 to 5."""

    name: str
    parameter: str
    levels: Levels
    change: Change

    def __call__(
        self, image: Image.Image, severity: int, *, key: str, seed: int = 0
    ) -> Image.Image:
        """An RGB picture of the same size as the RGB `image`.

        What is random (a crop's place, the noise) follows from `seed`, the corruption and `key`,
        such as the query's id; it is the same at all severities, so that they differ in nothing
        but strength.

        Raises InvalidRequest for a severity that is not 1 to 5.
        """
        check_severities([severity])
        return self.change(image, self.levels[severity - 1], _generator(seed, self.name, key))


_TABLE = (
    Corruption("crop", "share of the area kept", (0.8, 0.65, 0.5, 0.35, 0.2), crop),
    Corruption("rotation", "degrees, to either side", (5, 10, 20, 35, 50), rotate),
    Corruption("blur", "standard deviation, in 1/224 of the shorter side", (1, 2, 3, 4, 6), blur),
    Corruption(
        "noise", "standard deviation, white being 1", (0.08, 0.12, 0.18, 0.26, 0.38), noise
    ),
    Corruption("jpeg", "quality at a shorter side of 224 pixels", (25, 18, 15, 10, 7), jpeg),
    Corruption("low-light", "share of the light left", (0.5, 0.25, 0.12, 0.06, 0.03), low_light),
    Corruption(
        "colour-cast", "change of the channels' light", (0.1, 0.2, 0.35, 0.5, 0.7), colour_cast
    ),
    Corruption(
        "background", "share of the area that the picture keeps, the rest being clutter",
        (0.7, 0.5, 0.35, 0.25, 0.15), busy_background,
    ),
    Corruption(
        "downscale", "shorter side left, in pixels (of 224)", (112, 80, 56, 40, 28), downscale
    ),
)  # fmt: skip

CORRUPTIONS: dict[str, Corruption] = {corruption.name: corruption for corruption in _TABLE}


def chosen_corruptions(names: Iterable[str]) -> tuple[Corruption, ...]:
    """The corruptions of these names, in their order. Raises InvalidRequest for an unknown one."""
    wanted = tuple(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in CORRUPTIONS]
    if unknown:
        raise InvalidRequest(
            f"There is no corruption '{unknown[0]}'.",
            hint=f"There are: {', '.join(CORRUPTIONS)}.",
            field="corruptions",
        )
    return tuple(CORRUPTIONS[name] for name in wanted)


def check_severities(severities: Iterable[int]) -> None:
    """Raise InvalidRequest unless each is a whole number from 1 to 5."""
    for severity in severities:
        if severity not in SEVERITIES:
            raise InvalidRequest(
                f"There is no severity {severity}.",
                hint="Severities are 1, 2, 3, 4 and 5; the clean pictures are always measured too.",
                field="severities",
            )


def _generator(seed: int, name: str, key: str) -> np.random.Generator:
    text = f"{seed}\0{name}\0{key}".encode(errors="surrogatepass")
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text).digest()[:16]))
