"""What is learnt from an image's pixels beside its joint vector; each part by setting."""

from __future__ import annotations

from dataclasses import dataclass

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from encoders.appearance import appearance
from encoders.look import look_at
from ingestion.colors import colour_names

_LAYOUT = 6
"""Side, in cells, of the layout of colours."""
_SMALL = 128
"""Side of the copy that likenesses are taken of, in pixels."""
_FLAT = 4.0
"""Standard deviation of an image's grey, of 255, below which its hash is of noise."""


@dataclass(frozen=True)
class Derive:
    """What to learn of each image.

    Attributes:
        colors: names of the dominant colours, for filters.
        duplicates: groups of near-duplicates.
        appearance: the vector of colour and texture, where the collection has one.
        safety: the judge of how unsafe an image is, as `encoders.safety` has it; None: nobody.
    """

    colors: bool = True
    duplicates: bool = True
    appearance: bool = True
    safety: str | None = None


NOTHING = Derive(colors=False, duplicates=False, appearance=False)


@dataclass(frozen=True)
class Likeness:
    """What near-duplicates share.

    Attributes:
        phash: 64 bits: the signs of the image's 8 x 8 lowest frequencies against their median
            (Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010).
        layout: mean colour (R, G, B; a byte each) of the cells of a grid of 6 x 6, row by row.
        aspect: width / height.
    """

    phash: int
    layout: bytes
    aspect: float

    @property
    def hexadecimal(self) -> str:
        """The hash as 16 digits."""
        return f"{self.phash:016x}"


@dataclass(frozen=True)
class Derived:
    """What was learnt; None and () where it was not asked for, or there is none.

    appearance: float32 (dim,), unit length.
    """

    likeness: Likeness | None = None
    colors: tuple[str, ...] = ()
    appearance: NDArray[np.float32] | None = None


def derive(image: Image.Image, what: Derive) -> Derived:
    """What `what` asks for of an upright RGB image of any size."""
    small = _reduced(image)  # once: of all that is done here, it takes longest
    look = look_at(small) if what.colors or what.appearance else None
    aspect = image.width / image.height
    return Derived(
        likeness=_likeness_of(small, aspect) if what.duplicates else None,
        colors=colour_names(look) if look is not None and what.colors else (),
        appearance=appearance(look) if look is not None and what.appearance else None,
    )


def likeness_of(image: Image.Image) -> Likeness | None:
    """The likeness of an RGB image; None for one that is all of a colour, which is like any other.

    It is taken from a copy of 128 pixels, so that it is about the same for all sizes.
    """
    return _likeness_of(_reduced(image), image.width / image.height)


def _reduced(image: Image.Image) -> Image.Image:
    return image.resize((_SMALL, _SMALL), Image.Resampling.BOX, reducing_gap=2.0)


def _likeness_of(small: Image.Image, aspect: float) -> Likeness | None:
    grey = small.convert("L")
    if float(np.asarray(grey).std()) < _FLAT:
        return None
    bits = imagehash.phash(grey).hash.reshape(-1)
    layout = small.resize((_LAYOUT, _LAYOUT), Image.Resampling.BOX)
    return Likeness(
        phash=int.from_bytes(np.packbits(bits).tobytes(), "big"),
        layout=layout.tobytes(),
        aspect=aspect,
    )
