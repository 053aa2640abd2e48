"""Cross-encoders by sentence-transformers: of texts, and of texts and images."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import sentence_transformers
from numpy.typing import NDArray

from core.errors import EncoderError
from encoders.cross import Document
from encoders.sentence.folders import check_folder, looks_like_path
from encoders.sentence.hub import from_hub


class TorchCrossEncoder:
    """A loaded model of one score for each pair."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._images = bool(model.supports("image"))
        self._lock = threading.Lock()  # tokenizers and PyTorch's threads are shared

    @property
    def takes_images(self) -> bool:
        return self._images

    def score(self, query: str, documents: Sequence[Document]) -> NDArray[np.float64]:
        """See encoders.cross.CrossEncoder."""
        pairs = [(query, self._shown(each)) for each in documents]
        try:
            with self._lock:
                scores = self._model.predict(pairs, batch_size=len(pairs), show_progress_bar=False)
        except Exception as error:  # torch, transformers and their processors have no common base
            reason = next(iter(str(error).splitlines()), "") or type(error).__name__
            raise EncoderError(f"The cross-encoder failed: {reason}") from error
        found = np.asarray(scores, dtype=np.float64)
        if found.shape != (len(pairs),) or not np.isfinite(found).all():
            raise EncoderError("The cross-encoder gave scores that are no numbers.")
        return found

    def _shown(self, document: Document) -> Any:
        if not self._images or document.image is None:
            return document.text
        if not document.text:
            return document.image
        return {"text": document.text, "image": document.image}


def open_cross_encoder(name: str) -> TorchCrossEncoder:
    """The cross-encoder in a folder or of a hub id. Raises EncoderError."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        check_folder(folder)
        return TorchCrossEncoder(_read(str(folder), local=True))
    if looks_like_path(name):
        raise EncoderError(f"There is no model folder at {name}.")
    return TorchCrossEncoder(from_hub(name, lambda local: _read(name, local=local)))


def _read(name: str, *, local: bool) -> Any:
    try:
        model = sentence_transformers.CrossEncoder(name, local_files_only=local)
    except OSError:
        if not Path(name).is_dir():
            raise  # of the hub: its cache may be incomplete
        raise EncoderError(f"{name} holds no complete model: a file is missing.") from None
    except Exception as error:  # as for towers: no common base
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise EncoderError(f"{name} can't be loaded as a cross-encoder: {reason}") from error
    labels = int(getattr(model, "num_labels", 1) or 1)
    if labels != 1:
        raise EncoderError(
            f"{name} gives {labels} scores for each pair; a ranking needs one.",
            hint="Take a model that was trained to rank, of one label.",
        )
    model.eval()
    return model
