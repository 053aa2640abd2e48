"""What a bundle says of itself: its manifest, and the fingerprint that follows from it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import EncoderError
from encoders.cleaning import CleanStep
from encoders.images import Interpolation, ResizeRule

MANIFEST = "bundle.json"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ImageTower(_Frozen):
    file: str = "image.onnx"
    size: int = Field(gt=0, description="Side of the square input, in pixels.")
    resize: ResizeRule
    interpolation: Interpolation = "bicubic"
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


class TextTower(_Frozen):
    file: str = "text.onnx"
    tokenizer: str = "tokenizer.json"
    max_tokens: int = Field(gt=2, description="Longer texts are cut; special tokens count.")
    clean: tuple[CleanStep, ...] = Field((), description="Done to a text before the tokenizer.")
    pad_to: int | None = Field(None, gt=0, description="Tokens of every text; None: as it has.")
    pad_id: int = Field(0, ge=0, description="The token that fills up to `pad_to`.")
    pad_side: Literal["left", "right"] = "right"
    prompt: str = Field("", description="Stands before every text, and is cleaned with it.")


class Calibration(_Frozen):
    """Relevance = sigmoid(slope x cosine + intercept), fitted on held-out pairs (Platt 1999)."""

    slope: float
    intercept: float

    def probability(self, cosine: float) -> float:
        """0 to 1, of an item of this cosine."""
        logit = max(-60.0, min(60.0, self.slope * cosine + self.intercept))
        return 1.0 / (1.0 + math.exp(-logit))


class Manifest(_Frozen):
    """What a bundle says of itself."""

    format: int = Field(1, ge=1, le=1)
    name: str
    version: str
    dim: int = Field(gt=0)
    nested_dims: tuple[int, ...] = Field((), description="Prefixes that are useful on their own.")
    image: ImageTower
    text: TextTower
    calibration: Mapping[str, Calibration] = Field(default_factory=dict)
    licence: str
    sha256: Mapping[str, str] = Field(description="Of each file but the manifest and the card.")


def read_manifest(directory: Path) -> Manifest:
    """The checked manifest of a bundle. Raises EncoderError if it is missing or malformed."""
    path = directory / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError:
        raise EncoderError(
            f"There is no bundle at {directory}.",
            hint=f"A bundle is a directory with a {MANIFEST}; `binocle encoders list` shows some.",
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise EncoderError(f"{path} is malformed at '{where}': {first['msg']}.") from None


def file_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


_LATER: dict[str, tuple[str, ...]] = {
    "image": ("interpolation",),
    "text": ("clean", "pad_to", "pad_id", "pad_side", "prompt"),
}
"""Fields that came after the first bundles: at their defaults they leave fingerprints be."""


def fingerprint(manifest: Manifest) -> str:
    """16 hexadecimal digits, of all that shapes the vectors: weights and preprocessing."""
    facts = manifest.model_dump(mode="json", include={"dim", "image", "text", "sha256"})
    for tower, names in _LATER.items():
        fields = type(getattr(manifest, tower)).model_fields
        for name in names:
            if getattr(getattr(manifest, tower), name) == fields[name].default:
                del facts[tower][name]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
