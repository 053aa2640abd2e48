"""An encoder that costs next to nothing: what is left of a load's time is the load's own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from app.settings import DeriveSettings
from encoders.encoder import Vectors

NOTHING_DERIVED = DeriveSettings(thumbnails=False, colors=False, duplicates=False, appearance=False)
"""So that a load of a million made rows takes minutes."""
_GRID = 4
_SIDE = 32


class StandIn:
    """Vectors of 48 numbers: the mean colours of a 4 x 4 grid. Texts land anywhere."""

    name = "stand-in"
    dim = _GRID * _GRID * 3
    fingerprint = "stand-in"
    image_size = _SIDE

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """float32 (n, dim)."""
        digests = [hashlib.blake2b(text.encode(), digest_size=self.dim).digest() for text in texts]
        rows = np.array([list(digest) for digest in digests], dtype=np.float32)
        return _unit(rows.reshape(-1, self.dim) + 1)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """float32 (n, dim)."""
        rows = [
            np.asarray(image.resize((_GRID, _GRID), Image.Resampling.BOX), dtype=np.float32)
            for image in images
        ]
        return _unit(np.array(rows, dtype=np.float32).reshape(-1, self.dim) + 1)

    def relevance(self, cosine: float, query: str) -> float | None:  # noqa: ARG002 - the protocol's
        """None: it is not calibrated."""
        return None


def _unit(rows: Vectors) -> Vectors:
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit
