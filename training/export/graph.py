"""PyTorch modules as ONNX files, and how far the two are apart."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.errors import EncoderError

Inputs = Sequence[tuple[str, Tensor]]
"""Names and examples of a module's arguments, in order."""

Rows = NDArray[np.float32]

_BATCH = 16
"""Rows to one run, as bundles are served."""


def to_onnx(
    module: nn.Module, path: str, inputs: Inputs, out: str, *, free_tokens: bool = True
) -> None:
    """Writes `module` with a dynamic first axis (and second, for token ids) as ONNX.

    With `free_tokens` false the second axis of token ids has the length of the example. A module of
    over 2 GB gets its weights in files beside `path`. Raises EncoderError if it can't be traced.
    """
    axes = {
        name: {0: "n"} | ({1: "tokens"} if x.ndim == 2 and free_tokens else {})
        for name, x in inputs
    }
    with warnings.catch_warnings():
        # The older exporter keeps the weights as plain initializers, which `storage` works on.
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(
                module.eval(),
                tuple(x for _, x in inputs),
                path,
                input_names=[name for name, _ in inputs],
                output_names=[out],
                dynamic_axes=axes | {out: {0: "n"}},
                opset_version=17,
                dynamo=False,
            )
        except Exception as error:  # the tracer raises whatever the traced code does
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise EncoderError(
                f"{type(module).__name__} can't be exported to ONNX: {reason[0]}",
                hint="It uses an operation that ONNX lacks; another attention implementation or "
                "another version of torch may do.",
            ) from error


def session(path: Path, *, threads: int = 0) -> Any:
    """An ONNX Runtime session as bundles are served: weights stored small are unfolded at load."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def rows_of(path: Path, feed: dict[str, NDArray[Any]]) -> Rows:
    """float32 (n, dim): what the ONNX file answers to `feed`; inputs it lacks are left out."""
    opened = session(path)
    names = [each.name for each in opened.get_inputs()]
    count = len(next(iter(feed.values())))
    parts = []
    for start in range(0, count, _BATCH):
        part = {name: feed[name][start : start + _BATCH] for name in names}
        parts.append(opened.run(None, part)[0])
    return np.concatenate(parts)


def least_cosine(path: Path, module: nn.Module, inputs: Inputs) -> float:
    """The least cosine, over the probes, of the ONNX file's unit rows to torch's."""
    rows = rows_of(path, {name: x.numpy() for name, x in inputs})
    with torch.inference_mode():
        expected = module.eval()(*(x for _, x in inputs)).numpy()
    return float((rows * expected).sum(1).min())
