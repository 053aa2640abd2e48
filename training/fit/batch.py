"""A batch of pairs: each image and each text of it once, and which of them make the pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import TypedDict

import numpy as np
import torch
from PIL import Image
from sentence_transformers import SentenceTransformer
from torch import Tensor

from core.items import ImageSource
from encoders.sentence.preprocessing import Preprocessing, preprocessing_of
from encoders.sentence.towers import tokenise
from training.losses.rows import Masks
from training.pairs.identity import false_hard_negatives, false_negatives
from training.pairs.images import ReadPair
from training.pairs.pair import Pair
from training.pairs.skips import Skip


class Inputs(TypedDict):
    """What two towers read: float32 (images, 3, size, size), and the text tower's tokens."""

    pixels: Tensor
    tokens: dict[str, Tensor]


class Batch(TypedDict):
    """n pairs with k hard negatives each.

    anchor, positive: int64 (n,), rows among the inputs, images before texts. negative: int64 (n,
    k), -1 where a pair has fewer. weights: float32 (n,). masks: the fields of `Masks`. pairs:
    what masks are made of. teacher: the same images and texts as a teacher reads them. skips: what
    could not be decoded.
    """

    inputs: Inputs
    teacher: Inputs | None
    anchor: Tensor
    positive: Tensor
    negative: Tensor
    weights: Tensor
    masks: dict[str, Tensor]
    pairs: list[Pair]
    skips: list[Skip]


class Collector:
    """Makes batches of decoded pairs, for a model and perhaps for its teacher.

    Args:
        negatives: k, hard negatives of a pair; those beyond are left out.
    """

    def __init__(
        self,
        model: SentenceTransformer,
        *,
        negatives: int,
        teacher: SentenceTransformer | None = None,
    ) -> None:
        self._readers = [_Reader(one) for one in (model, teacher) if one is not None]
        self._negatives = negatives

    @property
    def size(self) -> int:
        """The largest side that a tower reads, in pixels."""
        return max(reader.preprocessing.size for reader in self._readers)

    def batch(self, read: Sequence[ReadPair]) -> Batch:
        """The batch of these pairs."""
        rows = _Rows(read, self._negatives)
        inputs = [reader.inputs(rows.images, rows.texts) for reader in self._readers]
        pairs = [_light(one.pair, len(own)) for one, own in zip(read, rows.negatives, strict=True)]
        width = self._negatives
        negative = [own + [-1] * (width - len(own)) for own in rows.negatives]
        return Batch(
            inputs=inputs[0],
            teacher=inputs[1] if len(inputs) > 1 else None,
            anchor=torch.tensor(rows.anchors),
            positive=torch.tensor(rows.positives),
            negative=torch.tensor(negative, dtype=torch.int64).reshape(len(read), width),
            weights=torch.tensor([pair.weight for pair in pairs], dtype=torch.float32),
            masks=vars(masks_of(pairs, width)),
            pairs=pairs,
            skips=[skip for one in read for skip in one.skips],
        )


class _Reader:
    """What one model's towers read."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model
        self.preprocessing: Preprocessing = preprocessing_of(model)

    def inputs(self, images: Sequence[Image.Image], texts: Sequence[str]) -> Inputs:
        size = self.preprocessing.size
        pixels = np.empty((len(images), 3, size, size), dtype=np.float32)
        for place, image in enumerate(images):
            pixels[place] = self.preprocessing.pixels(image)
        tokens = tokenise(self._model, texts) if texts else {}
        return Inputs(pixels=torch.from_numpy(pixels), tokens=tokens)


class _Rows:
    """Images and texts of a batch, each text once, and the rows that make the pairs."""

    def __init__(self, read: Sequence[ReadPair], negatives: int) -> None:
        self.images: list[Image.Image] = []
        self.texts: list[str] = []
        self._known: dict[str, int] = {}
        places = [(self._place(one.anchor), self._place(one.positive)) for one in read]
        hard = [[self._place(image) for image in one.negatives[:negatives]] for one in read]
        self.anchors = [self._row(anchor) for anchor, _ in places]
        self.positives = [self._row(positive) for _, positive in places]
        self.negatives = [[self._row(place) for place in own] for own in hard]

    def _place(self, side: str | Image.Image) -> tuple[bool, int]:
        """Whether it is a text, and its number among the texts or images."""
        if not isinstance(side, str):
            self.images.append(side)
            return False, len(self.images) - 1
        if side not in self._known:
            self._known[side] = len(self.texts)
            self.texts.append(side)
        return True, self._known[side]

    def _row(self, place: tuple[bool, int]) -> int:
        is_text, number = place
        return len(self.images) + number if is_text else number


def masks_of(pairs: Sequence[Pair], negatives: int) -> Masks:
    """What is true among `pairs`, which have at most `negatives` hard negatives each."""
    count = len(pairs)
    true = torch.from_numpy(false_negatives(pairs)) | torch.eye(count, dtype=torch.bool)
    hard = torch.zeros(count, count * negatives, dtype=torch.bool)
    columns = [
        place * negatives + number
        for place, pair in enumerate(pairs)
        for number in range(len(pair.negatives))
    ]
    hard[:, columns] = ~torch.from_numpy(false_hard_negatives(pairs))
    return Masks(
        true=true,
        hard=hard,
        anchor_image=torch.tensor([not isinstance(pair.anchor, str) for pair in pairs]),
        positive_image=torch.tensor([not isinstance(pair.positive, str) for pair in pairs]),
    )


def _light(pair: Pair, negatives: int) -> Pair:
    """The pair with hashes in place of images held in memory: it may travel to other processes."""
    anchor, positive = (
        side if isinstance(side, str) else _hashed(side) for side in (pair.anchor, pair.positive)
    )
    kept = tuple(_hashed(image) for image in pair.negatives[:negatives])
    return replace(pair, anchor=anchor, positive=positive, negatives=kept, views=None)


def _hashed(image: ImageSource) -> ImageSource:
    if image.data is None:
        return ImageSource(path=image.path, url=image.url)
    return ImageSource(data=blake2b(image.data, digest_size=16).digest())
