"""Smaller ONNX files: weights stored as int8 or fp16 that ONNX Runtime unfolds to fp32 at load.

The towers run at the speed of fp32. Computing in fp16 would be slower where it matters: on a
processor ONNX Runtime has fp16 kernels for few operators and casts around the rest, which took
EfficientNet-Lite0 from 24 ms an image to 44 ms, for the same size on disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Kind = Literal["fp32", "fp16", "int8"]

_LEAST = 1024
"""Smaller tensors (biases, norms) stay fp32."""

_PAGE = 4096
"""Bytes of a page of memory."""

MESSAGE_LIMIT = 2**31 - 2**20
"""Bytes of an ONNX file; protobuf ends at 2 GB. Heavier weights go into a file beside it."""


@dataclass(frozen=True)
class Storage:
    """How weights are stored, by what reads them; tables and positions count as matrices."""

    matrices: Kind = "fp32"
    convolutions: Kind = "fp32"


WHOLE = Storage()
HALVED = Storage("fp16", "fp16")
SMALL = Storage("int8", "fp16")
"""Convolutions lose more by rounding than matrices do."""
SMALLEST = Storage("int8", "int8")


def store(
    source: Path, target: Path, storage: Storage = SMALL, *, limit: int = MESSAGE_LIMIT
) -> list[str]:
    """Copies the ONNX file with its weights stored as `storage` says.

    int8 rounds by output channel (symmetric, 127 steps each way). Answers the names of the files
    written: `target` and, where the weights have more than `limit` bytes, its '.data' file.
    """
    model: Any = onnx.load(str(source))
    graph = model.graph
    users = _users(graph)
    stored: list[Any] = []
    nodes: list[Any] = []
    for tensor in graph.initializer:
        parts, node = _stored(tensor, users.get(tensor.name), storage)
        stored += parts
        nodes += node
    del graph.initializer[:]
    heavy = sum(len(part.raw_data) for part in stored) > limit
    files = [target.name]
    if heavy:  # before they come into the message, which can't hold them
        files.append(_put_beside(stored, target))
    graph.initializer.extend(stored)
    every = [*nodes, *graph.node]
    del graph.node[:]
    graph.node.extend(every)
    onnx.save(model, str(target))
    onnx.checker.check_model(str(target))
    return files


def _stored(
    tensor: Any, user: tuple[str, bool] | None, storage: Storage
) -> tuple[list[Any], list[Any]]:
    """The tensors that take the place of `tensor`, and the node that unfolds them."""
    values = numpy_helper.to_array(tensor)
    if values.dtype != np.float32 or values.size < _LEAST or values.ndim < 2 or user is None:
        return [tensor], []
    convolves = user[0] in ("Conv", "ConvTranspose")
    kind = storage.convolutions if convolves else storage.matrices
    overflows = bool(np.abs(values).max() > np.finfo(np.float16).max)
    if kind == "fp32" or (kind == "fp16" and overflows):
        return [tensor], []
    if kind == "fp16":
        parts, node = _halved(tensor.name, values)
    else:
        parts, node = _rounded(tensor.name, values, axis=_axis(user, values.ndim))
    return parts, [node]


def _users(graph: Any) -> dict[str, tuple[str, bool]]:
    """What reads each tensor: the operator, and whether it reads it transposed."""
    users = {}
    for node in graph.node:
        transposed = any(a.name == "transB" and a.i for a in node.attribute)
        for name in node.input:
            users[name] = (node.op_type, transposed)
    return users


def _axis(user: tuple[str, bool], dimensions: int) -> int:
    """Output channels: of a convolution, an embedding table or a transposed matrix the first
    axis, of any other matrix the last."""
    operator, transposed = user
    if transposed or operator in ("Gather", "Conv"):
        return 0
    return 1 if operator == "ConvTranspose" else dimensions - 1


def _rounded(name: str, values: NDArray[np.float32], axis: int) -> tuple[list[Any], Any]:
    others = tuple(i for i in range(values.ndim) if i != axis)
    scale = np.maximum(np.abs(values).max(axis=others), 1e-12).astype(np.float32) / 127
    shape = [-1 if i == axis else 1 for i in range(values.ndim)]
    whole = np.clip(np.rint(values / scale.reshape(shape)), -127, 127).astype(np.int8)
    parts = [
        numpy_helper.from_array(whole, f"{name}.int8"),
        numpy_helper.from_array(scale, f"{name}.scale"),
        numpy_helper.from_array(np.zeros(len(scale), dtype=np.int8), f"{name}.zero"),
    ]
    inputs = [part.name for part in parts]
    return parts, helper.make_node("DequantizeLinear", inputs, [name], axis=axis)


def _halved(name: str, values: NDArray[np.float32]) -> tuple[list[Any], Any]:
    part = numpy_helper.from_array(values.astype(np.float16), f"{name}.fp16")
    return [part], helper.make_node("Cast", [part.name], [name], to=TensorProto.FLOAT)


def _put_beside(tensors: list[Any], target: Path) -> str:
    """Moves what the tensors hold into a file beside `target`; answers its name."""
    data = target.with_name(f"{target.name}.data")
    with data.open("wb") as stream:
        for tensor in tensors:
            if len(tensor.raw_data) < _LEAST:
                continue
            stream.write(b"\0" * (-stream.tell() % _PAGE))  # so that it can be mapped
            place, length = stream.tell(), stream.write(tensor.raw_data)
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            facts = {"location": data.name, "offset": place, "length": length}
            for key, value in facts.items():
                tensor.external_data.add(key=key, value=str(value))
    return data.name
