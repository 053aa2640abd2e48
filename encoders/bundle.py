"""Bundles: a directory with two ONNX towers and a manifest, served by ONNX Runtime.

A bundle is the only thing that crosses from training to serving. Its files:

    bundle.json     the manifest, see `Manifest`
    image.onnx      float32 (n, 3, size, size) -> float32 (n, dim), unit rows
    text.onnx       int64 (n, tokens) ids, and mask if it takes one -> float32 (n, dim), unit rows
    *.onnx.data     the weights of a tower of more than 2 GB
    tokenizer.json  of the `tokenizers` library
    README.md       the model card: data, licences, scores
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image
from tokenizers import Tokenizer

from core.errors import EncoderError
from encoders.encoder import Vectors
from encoders.images import to_pixels
from encoders.manifest import (
    MANIFEST,
    Calibration,
    ImageTower,
    Manifest,
    TextTower,
    file_sha256,
    fingerprint,
    read_manifest,
)
from encoders.texts import TextReader

__all__ = [
    "MANIFEST",
    "BundleEncoder",
    "Calibration",
    "ImageTower",
    "Manifest",
    "TextTower",
    "Threads",
    "file_sha256",
    "read_manifest",
    "unit_rows",
]

_BATCH = 16
"""Images to one run: larger batches fall out of the processor's cache and are slower."""


@dataclass(frozen=True)
class Threads:
    """Processor threads for one run of a tower; 0 lets ONNX Runtime take all cores."""

    image: int = 0
    text: int = 0


class BundleEncoder:
    """The Encoder that serves a bundle directory.

    Raises EncoderError on a missing, malformed or tampered bundle.
    """

    def __init__(self, directory: Path, *, threads: Threads | None = None) -> None:
        self._manifest = manifest = read_manifest(directory)
        for name, expected in manifest.sha256.items():
            self._check(directory / name, expected)
        threads = threads or Threads()
        self._image = _session(directory / manifest.image.file, threads.image)
        self._text = _session(directory / manifest.text.file, threads.text)
        tokenizer = Tokenizer.from_file(str(directory / manifest.text.tokenizer))
        self._reader = TextReader(manifest.text, tokenizer)
        self._text_inputs = [wanted.name for wanted in self._text.get_inputs()]
        self._fingerprint = fingerprint(manifest)

    @staticmethod
    def _check(path: Path, expected: str) -> None:
        if not path.is_file():
            raise EncoderError(f"The bundle's file {path} is missing.")
        if file_sha256(path) != expected:
            raise EncoderError(
                f"{path} is not the file that its manifest names (SHA-256 differs).",
                hint="Copy or export the bundle again.",
            )

    @property
    def name(self) -> str:
        return self._manifest.name

    @property
    def manifest(self) -> Manifest:
        return self._manifest

    @property
    def dim(self) -> int:
        return self._manifest.dim

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """float32 (n, dim). Texts over the token limit are cut."""
        answer = np.empty((len(texts), self.dim), dtype=np.float32)
        encodings = self._reader.read(texts)
        lengths = np.array([len(encoding.ids) for encoding in encodings], dtype=np.int64)
        # Texts of one length run together, so that no row depends on another's length.
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            for start in range(0, len(rows), _BATCH):
                part = rows[start : start + _BATCH]
                feed = {
                    "input_ids": _int64([encodings[row].ids for row in part]),
                    "attention_mask": _int64([encodings[row].attention_mask for row in part]),
                }
                taken = {name: feed[name] for name in self._text_inputs}
                answer[part] = self._text.run(None, taken)[0]
        return unit_rows(answer)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """float32 (n, dim) from RGB images of any size."""
        return self.encode_pixels([self.pixels(image) for image in images])

    def pixels(self, image: Image.Image) -> NDArray[np.float32]:
        """float32 (3, size, size): the image tower's input, preprocessed."""
        tower = self._manifest.image
        return to_pixels(
            image,
            tower.size,
            tower.resize,
            tower.mean,
            tower.std,
            interpolation=tower.interpolation,
        )

    @property
    def image_size(self) -> int:
        """Side of the image tower's square input, in pixels."""
        return self._manifest.image.size

    def encode_pixels(self, pixels: Sequence[NDArray[np.float32]]) -> Vectors:
        """float32 (n, dim) from n arrays of `pixels`."""
        answer = np.empty((len(pixels), self.dim), dtype=np.float32)
        for start in range(0, len(pixels), _BATCH):
            feed = {"pixels": np.stack(pixels[start : start + _BATCH])}
            answer[start : start + _BATCH] = self._image.run(None, feed)[0]
        return unit_rows(answer)

    def relevance(self, cosine: float, query: str) -> float | None:
        """Calibrated probability, 0 to 1; None where the bundle has no calibration for the kind."""
        fit = self._manifest.calibration.get(query)
        return None if fit is None else fit.probability(cosine)


def _session(path: Path, threads: int) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Weights stored as int8 fold to fp32 at load: a quarter of the disk at the speed of fp32.
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    # Idle threads that spin would take the cores from the engine and from other requests.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no narrower public base
        raise EncoderError(f"ONNX Runtime can't load {path}: {error}") from error


def _int64(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    return np.array(rows, dtype=np.int64)


def unit_rows(rows: Vectors) -> Vectors:
    """`rows` at length 1. Raises EncoderError on a row that is zero or not finite."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(norms).all() or (norms <= 0).any():
        raise EncoderError("A tower gave a vector that is zero or not finite.")
    unit: Vectors = (rows / norms).astype(np.float32)
    return unit
