"""How unsafe an image is, 0 to 1, told from the vector that it is found by: no other model, and no
second look at the image.

Two kinds of judges. `zero-shot` compares the vector with texts that name what is unsafe and what is
not: rough, and as good as the encoder knows these words. `head:FILE` is a linear classifier that
was trained on judged items of one's own (`binocle train safety`), and knows how good it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import yaml
from numpy.typing import NDArray

from core.errors import EncoderMismatch, SettingsError
from encoders.encoder import Encoder, Vectors

ZERO_SHOT, HEAD = "zero-shot", "head"
UNSAFE = (
    "nudity", "a naked person", "explicit sexual content", "pornography",
    "a bloody wound", "gore", "graphic violence", "a dead body", "a severe injury",
)  # fmt: skip
SAFE = (
    "a product photo", "a person in clothes", "a face", "swimwear in a catalog", "a drawing",
    "food", "an animal", "a landscape", "a building", "a vehicle", "a statue", "text and symbols",
)  # fmt: skip
_SHARPNESS = 100.0
"""Of the softmax for encoders without calibration: the scale that CLIP is trained with."""
_KEPT = 8
_FORMAT = 1

Scores = NDArray[np.float64]


class Judge(Protocol):
    """Says how unsafe images are, by their vectors."""

    def judge(self, vectors: Vectors) -> Scores:
        """float64 (n,), 0 to 1, of unit vectors float32 (n, dim)."""
        ...


@dataclass(frozen=True)
class ZeroShot:
    """Concepts against concepts, float32 (n, dim) each, unit rows.

    An image is as unsafe as its nearest unsafe concept is relevant to it by the encoder's own
    calibration, less as a harmless one is relevant, too: u x u / (u + s). Encoders without
    calibration: the share of the unsafe concepts in a softmax over all (Radford et al. 2021).

    threshold: the score that counts as 0.5: what is told is bent so that it does.
    """

    unsafe: Vectors
    safe: Vectors
    encoder: Encoder
    threshold: float = 0.5

    def judge(self, vectors: Vectors) -> Scores:
        """See Judge."""
        unsafe = np.asarray(vectors @ self.unsafe.T, dtype=np.float64)
        safe = np.asarray(vectors @ self.safe.T, dtype=np.float64)
        if self.encoder.relevance(0.0, "text") is None:
            weights = np.exp(_SHARPNESS * (np.concatenate([unsafe, safe], axis=1) - 1.0))
            scores = weights[:, : unsafe.shape[1]].sum(1) / weights.sum(1)
        else:
            against = self._relevance(unsafe.max(1))
            harmless = self._relevance(safe.max(1))
            scores = against * against / np.maximum(against + harmless, 1e-12)
        return bent(scores, self.threshold)

    def _relevance(self, cosines: Scores) -> Scores:
        found = (self.encoder.relevance(cosine, "text") or 0.0 for cosine in cosines.tolist())
        return np.fromiter(found, dtype=np.float64, count=len(cosines))


@dataclass(frozen=True)
class Head:
    """A linear classifier over vectors: sigmoid(weights . vector + bias), bent at a threshold."""

    weights: Scores
    bias: float
    threshold: float

    def judge(self, vectors: Vectors) -> Scores:
        """See Judge."""
        logits = np.asarray(vectors, dtype=np.float64) @ self.weights + self.bias
        return bent(1.0 / (1.0 + np.exp(-np.clip(logits, -60.0, 60.0))), self.threshold)


def bent(scores: Scores, threshold: float) -> Scores:
    """Scores 0 to 1 in their order, moved so that `threshold`, between 0 and 1, becomes 0.5."""
    below = 0.5 * scores / threshold
    above = 0.5 + 0.5 * (scores - threshold) / (1.0 - threshold)
    return np.clip(np.where(scores < threshold, below, above), 0.0, 1.0)


def load_judge(spec: str, encoder: Encoder) -> Judge:
    """The judge that a spec names: 'zero-shot', 'zero-shot:FILE' with concepts, 'head:FILE'.

    Raises SettingsError for a spec of no known kind and a file that is none, and EncoderMismatch
    for a head that was trained on the vectors of another encoder.
    """
    kind, _, file = spec.partition(":")
    if kind not in (ZERO_SHOT, HEAD) or (kind == HEAD and not file):
        raise SettingsError(
            f"'{spec}' names no judge of safety.",
            hint="Write zero-shot, zero-shot:FILE or head:FILE.",
            field="derive.safety",
        )
    stamp = _stamp(Path(file)) if file else 0
    return _kept(kind, file, stamp, encoder.fingerprint, _Same(encoder))


@dataclass(frozen=True)
class _Same:
    """An encoder that is like any other in keys of a cache: its fingerprint stands beside it."""

    encoder: Encoder

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same)


@lru_cache(maxsize=_KEPT)
def _kept(kind: str, file: str, _: int, fingerprint: str, by: _Same) -> Judge:
    if kind == HEAD:
        return read_head(Path(file), fingerprint)
    unsafe, safe, threshold = _concepts(Path(file)) if file else (UNSAFE, SAFE, 0.5)
    encoder = by.encoder
    return ZeroShot(
        encoder.encode_texts(list(unsafe)), encoder.encode_texts(list(safe)), encoder, threshold
    )


def read_head(path: Path, fingerprint: str) -> Head:
    """The head in a file. Raises SettingsError where it is none, and EncoderMismatch.

    Args:
        fingerprint: of the encoder whose vectors are to be judged.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        weights = np.asarray(document["weights"], dtype=np.float64)
        bias, threshold = float(document["bias"]), float(document["threshold"])
        trained_on, version = str(document["fingerprint"]), document["format"]
    except OSError as error:
        raise SettingsError(f"{path} can't be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise _no_head(path) from None
    finite = np.isfinite(weights).all() and math.isfinite(bias) and 0 < threshold < 1
    if version != _FORMAT or weights.ndim != 1 or not finite:
        raise _no_head(path)
    if trained_on != fingerprint:
        raise EncoderMismatch(
            f"The safety head {path} was trained on the vectors of another encoder.",
            hint="Train it again on this collection: binocle train safety.",
        )
    return Head(weights, bias, threshold)


def write_head(path: Path, head: Head, fingerprint: str, trained: dict[str, Any]) -> None:
    """Keep a head with how it was trained and what it was measured to be. Raises SettingsError."""
    document = {
        "format": _FORMAT,
        "fingerprint": fingerprint,
        "threshold": head.threshold,
        "bias": head.bias,
        "weights": head.weights.tolist(),
        "trained": trained,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} can't be written: {error.strerror}.") from None


def _no_head(path: Path) -> SettingsError:
    return SettingsError(
        f"{path} is no safety head.", hint="`binocle train safety` writes one.", field="safety"
    )


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        raise SettingsError(f"{path} can't be read: {error.strerror}.") from None


def _concepts(path: Path) -> tuple[Sequence[str], Sequence[str], float]:
    """Unsafe and safe concepts, and the threshold, of a YAML or JSON file."""
    try:
        said: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        unsafe, safe = ([str(each) for each in said[name]] for name in ("unsafe", "safe"))
        threshold = float(said.get("threshold", 0.5))
    except (OSError, yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError):
        unsafe, safe, threshold = [], [], 0.0
    if not unsafe or not safe or not 0 < threshold < 1:
        raise SettingsError(
            f"{path} has no concepts to judge safety by.",
            hint="YAML: lists of texts, unsafe and safe, and a threshold between 0 and 1.",
            field="derive.safety",
        )
    return unsafe, safe, threshold
