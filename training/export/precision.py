"""How a tower's numbers are kept in a bundle, chosen by measurement."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from training.export.activations import Pixels, quantise
from training.export.graph import Rows, rows_of, session
from training.export.storage import HALVED, MESSAGE_LIMIT, SMALL, SMALLEST, WHOLE, store

Precision = Literal["fp32", "fp16", "int8"]
PRECISIONS: tuple[str, ...] = get_args(Precision)

INT8_LEAST = 0.99
"""Least cosine to fp32, on images that were not calibrated on, of a kind of int8 that is taken."""
WORTH = 0.9
"""Integer operators are taken where they need at most this share of the time of fp32."""
_ENOUGH = 8
"""Calibration images below which ranges of activations are not worth taking."""


@dataclass(frozen=True)
class Kept:
    """A tower's files in the bundle, and in words how its numbers are kept and why."""

    files: tuple[str, ...]
    method: str
    notes: tuple[str, ...] = ()


def keep_text(full: Path, target: Path, precision: Precision) -> Kept:
    """Writes the text tower. int8 keeps weights only: integer products of short texts are slower
    than fp32 ones, because each text's range has to be found first."""
    if precision == "fp32":
        return Kept(tuple(store(full, target, WHOLE)), "fp32")
    if precision == "fp16":
        return Kept(tuple(store(full, target, HALVED)), "weights in fp16, computed in fp32")
    return Kept(tuple(store(full, target, SMALLEST)), "weights in int8, computed in fp32")


def keep_image(
    full: Path,
    target: Path,
    precision: Precision,
    pixels: Sequence[Pixels],
    *,
    calibrated: bool,
    worth: float = WORTH,
) -> Kept:
    """Writes the image tower.

    int8 tries, in this order, and takes the first whose rows keep a cosine of INT8_LEAST to those
    of fp32 on every second image: weights and activations in int8, calibrated on the other images
    (if `calibrated`, and only where that takes at most `worth` of the time); all weights in int8;
    matrices in int8 and convolutions in fp16.
    """
    if precision != "int8":
        return keep_text(full, target, precision)
    held = np.stack(pixels[1::2] if len(pixels) > 1 else pixels)
    exact = _Measured(full, held)
    notes: list[str] = []
    if _may_calibrate(full, pixels, calibrated, notes):
        quantise(full, target, pixels[::2])
        whole = _Measured(target, held)
        least = least_row_cosine(whole.rows, exact.rows)
        share = whole.seconds / exact.seconds
        if least >= INT8_LEAST and share <= worth:
            method = f"weights and activations in int8, calibrated on {len(pixels[::2])} images"
            return Kept((target.name,), method)
        notes.append(
            f"Activations in int8 were tried and left: least cosine {least:.4f}, "
            f"{share:.0%} of the time of fp32."
        )
    files = tuple(store(full, target, SMALLEST))
    least = least_row_cosine(_Measured(target, held).rows, exact.rows)
    if least >= INT8_LEAST:
        return Kept(files, "weights in int8, computed in fp32", tuple(notes))
    notes.append(f"Convolutions in int8 were tried and left: least cosine {least:.4f}.")
    files = tuple(store(full, target, SMALL))
    method = "matrices in int8 and convolutions in fp16, computed in fp32"
    return Kept(files, method, tuple(notes))


def least_row_cosine(rows: Rows, others: Rows) -> float:
    """The least cosine of a row to its fellow, of float32 (n, dim) each."""
    return float(row_cosines(rows, others).min())


def row_cosines(rows: Rows, others: Rows) -> NDArray[np.float64]:
    """float64 (n,): the cosine of each row to its fellow; 0 for a row of zeros."""
    a, b = rows.astype(np.float64), others.astype(np.float64)
    lengths: NDArray[np.float64] = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    products: NDArray[np.float64] = (a * b).sum(axis=1)
    return products / np.maximum(lengths, 1e-12)


def _may_calibrate(
    full: Path, pixels: Sequence[Pixels], calibrated: bool, notes: list[str]
) -> bool:
    heavy = sum(path.stat().st_size for path in full.parent.iterdir()) > MESSAGE_LIMIT
    if not calibrated:
        notes.append("Activations stay fp32: there were no calibration images.")
    elif len(pixels) < 2 * _ENOUGH:
        notes.append(f"Activations stay fp32: {len(pixels)} images are too few to calibrate on.")
    elif heavy:
        notes.append("Activations stay fp32: the tower is too large for ONNX Runtime to quantise.")
    else:
        return True
    return False


class _Measured:
    """What an image tower answers to pixels, and the least seconds that one image took."""

    def __init__(self, path: Path, pixels: Pixels) -> None:
        self.rows = rows_of(path, {"pixels": pixels})
        opened, times = session(path, threads=1), []
        for _ in range(5):
            start = time.perf_counter()
            opened.run(None, {"pixels": pixels[:1]})
            times.append(time.perf_counter() - start)
        self.seconds = min(times)
