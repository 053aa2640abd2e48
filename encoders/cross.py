"""Cross-encoders: models that read a query and a document together, and say how well they fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import EncoderError

_SPEC = "st:"


@dataclass(frozen=True)
class Document:
    """What a cross-encoder reads of an item; image: upright RGB, where it has one."""

    text: str
    image: Image.Image | None = None


class CrossEncoder(Protocol):
    """Scores documents for a query. Safe to call from several threads."""

    @property
    def takes_images(self) -> bool: ...

    def score(self, query: str, documents: Sequence[Document]) -> NDArray[np.float64]:
        """float64 (n,): higher is better, of any scale. Raises EncoderError."""
        ...


def load_cross_encoder(spec: str) -> CrossEncoder:
    """The cross-encoder of 'st:PATH_OR_HUB_ID'.

    Raises EncoderError where there is no such model, where it gives more than one score, and where
    PyTorch is not installed.
    """
    if not spec.startswith(_SPEC) or len(spec) == len(_SPEC):
        raise EncoderError(
            f"'{spec}' names no cross-encoder.",
            hint="Write st:PATH_OR_HUB_ID, of a model of sentence-transformers or transformers.",
        )
    try:
        from encoders.sentence.cross import open_cross_encoder
    except ModuleNotFoundError as error:
        raise EncoderError(
            f"'{spec}' needs PyTorch and its companions: {error.name} is not installed.",
            hint="Install binocle[train].",
        ) from None
    return open_cross_encoder(spec.removeprefix(_SPEC))
