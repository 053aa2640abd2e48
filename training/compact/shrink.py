"""Smaller ONNX files: weights stored as int8 or fp16 that ONNX Runtime unfolds to fp32 at load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

_LEAST = 1024
"""Smaller tensors (biases, norms) stay fp32."""


def shrink(source: Path, target: Path) -> None:
    """Copies the ONNX file: matrices as int8 a channel, convolutions as fp16."""
    model: Any = onnx.load(str(source))
    graph = model.graph
    users = _users(graph)
    stored: list[Any] = []
    nodes: list[Any] = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        user = users.get(tensor.name)
        if values.dtype != np.float32 or values.size < _LEAST or values.ndim < 2 or user is None:
            stored.append(tensor)
        elif user[0] == "Conv":
            parts, node = _halved(tensor.name, values)
            stored, nodes = stored + parts, [*nodes, node]
        else:
            parts, node = _rounded(tensor.name, values, axis=_axis(user))
            stored, nodes = stored + parts, [*nodes, node]
    del graph.initializer[:]
    graph.initializer.extend(stored)
    every = [*nodes, *graph.node]
    del graph.node[:]
    graph.node.extend(every)
    onnx.checker.check_model(model)
    onnx.save(model, str(target))


def _users(graph: Any) -> dict[str, tuple[str, bool]]:
    """What reads each tensor: the operator, and whether it reads it transposed."""
    users = {}
    for node in graph.node:
        transposed = any(a.name == "transB" and a.i for a in node.attribute)
        for name in node.input:
            users[name] = (node.op_type, transposed)
    return users


def _axis(user: tuple[str, bool]) -> int:
    """Output channels: rows of an embedding table or a transposed matrix, else columns."""
    operator, transposed = user
    return 0 if operator == "Gather" or transposed else 1


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
