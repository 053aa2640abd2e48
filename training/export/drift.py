"""How far a bundle is from the model it was made of, and how fast each of them is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from PIL import Image

from core.errors import BinocleError, EncoderError
from encoders.encoder import Encoder
from training.export.graph import Rows
from training.export.precision import Precision, row_cosines
from training.export.probes import TEXTS

LEAST_COSINE = {"fp32": 0.999, "fp16": 0.999, "int8": 0.98}
"""Floors, by precision, of the least cosine of a bundle's row to PyTorch's. Under that of fp32 the
export is wrong; under the others it is coarse, which a user may want all the same."""

_ROUNDS = 9


@dataclass(frozen=True)
class Drift:
    """Cosines of a bundle's rows to PyTorch's, of the same inputs."""

    least: float
    mean: float
    count: int


@dataclass(frozen=True)
class Speed:
    """Milliseconds for one input alone, preprocessing included: the median of a few."""

    bundle_ms: float
    torch_ms: float


@dataclass(frozen=True)
class Truth:
    """What PyTorch answers: the rows that a bundle is held to."""

    images: Sequence[Image.Image]
    image_rows: Rows
    text_rows: Rows

    @classmethod
    def of(cls, reference: Encoder, images: Sequence[Image.Image]) -> Truth:
        """To `images` and to TEXTS."""
        return cls(images, reference.encode_images(images), reference.encode_texts(TEXTS))

    def drift(self, bundle: Encoder) -> dict[str, Drift]:
        """By tower. The bundle prepares the same pictures and texts by itself.

        Raises EncoderError if it does not answer to them.
        """
        try:
            images, texts = bundle.encode_images(self.images), bundle.encode_texts(TEXTS)
        except BinocleError:
            raise
        except Exception as error:  # ONNX Runtime's errors share no narrower public base
            raise EncoderError(f"The exported towers don't run: {error}") from error
        pairs = {
            "image": row_cosines(images, self.image_rows),
            "text": row_cosines(texts, self.text_rows),
        }
        return {
            tower: Drift(float(cosines.min()), float(cosines.mean()), len(cosines))
            for tower, cosines in pairs.items()
        }


def check(found: Mapping[str, Drift], precision: Precision, *, force: bool) -> list[str]:
    """Notes on towers that are under the floor and were forced.

    Raises EncoderError where a tower is under its floor; for fp32 also where it is forced.
    """
    floor = LEAST_COSINE[precision]
    low = [(tower, each) for tower, each in found.items() if not each.least >= floor]
    if not low:
        return []
    told = " and ".join(f"the {tower} tower {each.least:.4f}" for tower, each in low)
    message = f"The bundle's vectors drift from the model's: least cosine of {told}, under {floor}."
    if precision == "fp32":
        raise EncoderError(
            message, hint="Nothing was written. Another version of torch or onnx may export it."
        )
    if not force:
        raise EncoderError(
            message, hint="Nothing was written. Take a finer --precision, or --force it."
        )
    return [f"Forced: {message}"]


def speed(bundle: Encoder, reference: Encoder, image: Image.Image, text: str) -> dict[str, Speed]:
    """By tower, for one image (decoded already) and one text."""
    return {
        "image": Speed(
            _milliseconds(lambda: bundle.encode_images([image])),
            _milliseconds(lambda: reference.encode_images([image])),
        ),
        "text": Speed(
            _milliseconds(lambda: bundle.encode_texts([text])),
            _milliseconds(lambda: reference.encode_texts([text])),
        ),
    }


def _milliseconds(call: Callable[[], Any]) -> float:
    call()
    times = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return round(median(times) * 1000, 2)
