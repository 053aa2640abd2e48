"""Image towers that compute in int8: weights and activations, their ranges seen on real images.

Post-training static quantization (Jacob et al. 2018) by ONNX Runtime. The file holds integer
operators, which run as they are: nothing is unfolded at load.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import EncoderError

Pixels = NDArray[np.float32]


def quantise(source: Path, target: Path, pixels: Sequence[Pixels]) -> None:
    """Writes `source` with int8 convolutions and matrix products to `target`.

    `pixels`: float32 (3, size, size) each, the images on which the ranges of activations are taken
    (least and greatest). Weights keep 7 bits: on processors without VNNI the sums of 8 bits would
    overflow. Raises EncoderError if ONNX Runtime can't quantise the tower.
    """
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = target.with_suffix(".prepared.onnx")
    try:
        with _quiet():
            quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
            quantization.quantize_static(
                str(prepared),
                str(target),
                _reader(pixels),
                quant_format=quantization.QuantFormat.QOperator,
                op_types_to_quantize=["Conv", "MatMul", "Gemm"],
                per_channel=True,
                reduce_range=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
            )
    except Exception as error:  # ONNX Runtime's errors share no narrower public base
        raise EncoderError(f"ONNX Runtime can't quantise the image tower: {error}") from error
    finally:
        prepared.unlink(missing_ok=True)


def _reader(pixels: Sequence[Pixels]) -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc]  # the library is untyped
        def __init__(self) -> None:
            self._feeds: Iterator[Mapping[str, Pixels]] = iter(
                [{"pixels": image[None]} for image in pixels]
            )

        def get_next(self) -> Mapping[str, Pixels] | None:
            return next(self._feeds, None)

    return Reader()


@contextmanager
def _quiet() -> Iterator[None]:
    """ONNX Runtime advises its users through warnings of the root logger; these are not ours."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.setLevel(level)
