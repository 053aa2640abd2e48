"""The Encoder over a model in PyTorch."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from sentence_transformers import SentenceTransformer
from torch import Tensor

from core.errors import EncoderError
from encoders.bundle import Calibration, unit_rows
from encoders.encoder import Vectors
from encoders.sentence.evaluating import Evaluating
from encoders.sentence.preprocessing import Preprocessing, preprocessing_of
from encoders.sentence.towers import embed_pixels, embed_tokens, tokenise

_BATCH = 16
"""Rows to one run on a processor: larger batches fall out of its cache."""
_DEVICE_BATCH = 128
"""Rows to one run on an accelerator."""
_TOGETHER = 2048
"""Texts to be sorted by their length together: more would only take more memory."""


class SentenceEncoder:
    """A model of two towers as an Encoder whose preprocessing is Binocle's own.

    Raises EncoderError if the model lacks a tower or reads what Binocle can't prepare.
    """

    def __init__(
        self,
        model: SentenceTransformer,
        name: str,
        *,
        calibration: Mapping[str, Calibration] | None = None,
    ) -> None:
        self._model = model
        self._calibration = dict(calibration or {})
        self._name = name
        self._preprocessing = preprocessing_of(model)
        self._evaluating = Evaluating(model)
        with self._evaluating.run():
            self._dim = _dim(model, self._preprocessing)
        self._fingerprint = ""
        # A fast tokenizer can't be used by two threads while one of them sets its padding.
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    @property
    def dim(self) -> int:
        return self._dim

    @property
    def model(self) -> SentenceTransformer:
        return self._model

    @property
    def preprocessing(self) -> Preprocessing:
        return self._preprocessing

    @property
    def image_size(self) -> int:
        """Side of the image tower's square input, in pixels."""
        return self._preprocessing.size

    @property
    def fingerprint(self) -> str:
        """Of the weights and the preprocessing, when it is first asked for; the same in every
        process. An encoder over a model that is still being trained should not be asked."""
        with self._lock:
            if not self._fingerprint:
                self._fingerprint = fingerprint_of(self._model, self._preprocessing)
            return self._fingerprint

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """float32 (n, dim). Texts over the token limit are cut."""
        parts = [
            self._encoded(texts[start : start + _TOGETHER])
            for start in range(0, len(texts), _TOGETHER)
        ]
        return unit_rows(np.concatenate([np.empty((0, self.dim), dtype=np.float32), *parts]))

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """float32 (n, dim) from RGB images of any size."""
        return self.encode_pixels([self.pixels(image) for image in images])

    def pixels(self, image: Image.Image) -> NDArray[np.float32]:
        """float32 (3, size, size): the image tower's input, preprocessed."""
        return self._preprocessing.pixels(image)

    def encode_pixels(self, pixels: Sequence[NDArray[np.float32]]) -> Vectors:
        """float32 (n, dim) from n arrays of `pixels`."""
        answer = np.empty((len(pixels), self.dim), dtype=np.float32)
        for start in range(0, len(pixels), self._batch):
            part = torch.from_numpy(np.stack(pixels[start : start + self._batch]))
            with self._evaluating.run():
                answer[start : start + self._batch] = _array(embed_pixels(self._model, part))
        return unit_rows(answer)

    def relevance(self, cosine: float, query: str) -> float | None:
        """Calibrated probability, 0 to 1; None where nobody calibrated the kind of query."""
        fit = self._calibration.get(query)
        return None if fit is None else fit.probability(cosine)

    def _encoded(self, texts: Sequence[str]) -> Vectors:
        answer = np.empty((len(texts), self.dim), dtype=np.float32)
        with self._lock:
            tokens = tokenise(self._model, texts)
        for rows, part in _alike(tokens, self._batch, len(texts)):
            with self._evaluating.run():
                answer[rows] = _array(embed_tokens(self._model, part))
        return answer

    @property
    def _batch(self) -> int:
        return _BATCH if self._model.device.type == "cpu" else _DEVICE_BATCH


def fingerprint_of(model: SentenceTransformer, preprocessing: Preprocessing) -> str:
    """16 hexadecimal digits, of every weight and of the preprocessing."""
    digest = hashlib.sha256()
    for name, weight in sorted(model.state_dict().items()):
        digest.update(f"{name} {weight.dtype} {tuple(weight.shape)}\n".encode())
        digest.update(_bytes(weight))
    tokenizer = preprocessing.tokenizer.to_str()
    facts = {name: value for name, value in vars(preprocessing).items() if name != "tokenizer"}
    digest.update(json.dumps(facts, sort_keys=True).encode())
    digest.update(tokenizer.encode())
    return digest.hexdigest()[:16]


def _bytes(weight: Tensor) -> memoryview:
    flat = weight.detach().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().data


def _dim(model: SentenceTransformer, preprocessing: Preprocessing) -> int:
    """Measured, because many a model does not know it, or says that of only one tower."""
    side = preprocessing.size
    image = embed_pixels(model, torch.zeros(1, 3, side, side))
    text = embed_tokens(model, tokenise(model, ["a"]))
    if image.shape[1] != text.shape[1]:
        raise EncoderError(
            f"The towers do not share a space: images have {image.shape[1]} dimensions, texts "
            f"{text.shape[1]}.",
            hint="Give them projection heads: encoders.sentence.composition.two_towers.",
        )
    return int(image.shape[1])


def _alike(
    tokens: Mapping[str, Tensor], batch: int, count: int
) -> Iterator[tuple[NDArray[np.intp], dict[str, Tensor]]]:
    """(places, tokens) of texts of one length, so that none is padded for its batch mates' sake."""
    mask = tokens.get("attention_mask")
    lengths = mask.sum(dim=1).numpy() if mask is not None else np.zeros(count)
    for length in np.unique(lengths):
        places = np.flatnonzero(lengths == length)
        for start in range(0, len(places), batch):
            rows = places[start : start + batch]
            if mask is None:  # padded to one length for all, and the padding is read
                yield rows, {name: value[rows] for name, value in tokens.items()}
            else:  # padded on the left or on the right, as the tokenizer pads
                kept = mask[rows[0]].bool()
                yield rows, {name: value[rows][:, kept] for name, value in tokens.items()}


def _array(rows: Tensor) -> Vectors:
    array: Vectors = rows.float().cpu().numpy()
    return array
