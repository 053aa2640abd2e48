"""Image classifiers: RGB images -> probabilities of labels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import EncoderError, SourceError
from encoders.images import ResizeRule, to_pixels

Logits: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""float32 (n, 3, size, size) -> float32 (n, labels)."""


@dataclass(frozen=True)
class Preprocessing:
    """What the model's input is made by; mean and std are of RGB from 0 to 1."""

    size: int
    resize: ResizeRule
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True)
class Classifier:
    """A model with its input.

    Attributes:
        fingerprint: hexadecimal, of its weights and its preprocessing.
    """

    preprocessing: Preprocessing
    logits: Logits
    fingerprint: str

    def probabilities(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """float32 (n, labels), rows sum to 1."""
        made = self.preprocessing
        pixels = [to_pixels(one, made.size, made.resize, made.mean, made.std) for one in images]
        scores = self.logits(np.stack(pixels)).astype(np.float64)
        raised = np.exp(scores - scores.max(1, keepdims=True))
        answer: NDArray[np.float32] = (raised / raised.sum(1, keepdims=True)).astype(np.float32)
        return answer


def onnx_classifier(path: Path, preprocessing: Preprocessing) -> Classifier:
    """A classifier in ONNX with one input, (n, 3, size, size), and logits as its first output.

    Raises EncoderError where ONNX Runtime can't load it.
    """
    import onnxruntime as ort

    try:
        session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no narrower public base
        raise EncoderError(f"ONNX Runtime can't load the classifier {path}: {error}") from error
    name = session.get_inputs()[0].name

    def logits(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = session.run(None, {name: pixels})[0]
        return found

    return Classifier(preprocessing, logits, _fingerprint(path, preprocessing))


def timm_classifier(name: str, checkpoint: Path) -> Classifier:
    """A timm model with the weights of a local file, and the preprocessing that timm has for it.

    Raises EncoderError where there is no such model, or the weights are of another one.
    """
    try:
        import timm
        import torch
    except ImportError:
        raise EncoderError(
            "A timm classifier needs torch and timm.", hint="Install binocle[train]."
        ) from None
    try:
        model = timm.create_model(name, pretrained=False, checkpoint_path=str(checkpoint)).eval()
    except Exception as error:  # timm and torch raise their own of several kinds
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise EncoderError(
            f"The timm model '{name}' can't be loaded with {checkpoint}: {reason}",
            hint="The weights have to be those of this very architecture, with its classifier.",
        ) from error
    config: dict[str, Any] = timm.data.resolve_model_data_config(model)
    mean, std = tuple(config["mean"]), tuple(config["std"])
    preprocessing = Preprocessing(config["input_size"][1], "crop", mean, std)

    def logits(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            found: NDArray[np.float32] = model(torch.from_numpy(pixels)).numpy()
        return found

    return Classifier(preprocessing, logits, _fingerprint(checkpoint, preprocessing, name))


def read_labels(path: Path) -> list[str]:
    """One label a line, in the order of the classifier's outputs.

    Raises SourceError where the file can't be read or a line is empty.
    """
    try:
        labels = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"Can't read the labels {path}: {error}", field="labels") from error
    if not labels or not all(labels):
        line = labels.index("") + 1 if labels else 1
        raise SourceError(
            f"Line {line} of {path} is empty: each line names the label of one output.",
            field="labels",
        )
    return labels


def _fingerprint(path: Path, preprocessing: Preprocessing, name: str = "") -> str:
    with path.open("rb") as stream:
        weights = hashlib.file_digest(stream, "sha256").hexdigest()
    return hashlib.sha256(f"{weights}|{preprocessing}|{name}".encode()).hexdigest()
