"""Decodes pairs for training; what can't be decoded is replaced by another pair, and named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from core.errors import ImageError, SourceError
from core.items import ImageSource
from encoders.images import decode_image, read_file
from ingestion.fetch import Fetcher
from ingestion.limits import Limits
from training.pairs.augment import augment
from training.pairs.mixture import Mixture
from training.pairs.pair import Pair, Side
from training.pairs.rows import RowImage
from training.pairs.skips import Skip

_ATTEMPTS = 256
"""Pairs of one source tried in a row before its images are said to be all bad."""

ReadSide: TypeAlias = str | Image.Image
"""A text, or an upright RGB image."""


@dataclass(frozen=True)
class ReadPair:
    """A pair with its images decoded and augmented.

    Attributes:
        position: in the mixture.
        pair: what it is of: the pair at that position, or the one that came in its place, without
            the negatives that can't be decoded.
        negatives: those of the pair, decoded.
        skips: what was passed over on the way, for the SkipLog of the process that trains.
    """

    position: int
    pair: Pair
    anchor: ReadSide
    positive: ReadSide
    negatives: tuple[Image.Image, ...]
    skips: tuple[Skip, ...]


class ImageReader:
    """Reads and decodes images from files, URLs and bytes, as ingestion and queries do.

    Args:
        size: side of the tower's input, in pixels; a JPEG may be decoded at a fraction of its size
            as long as both sides keep twice as many.
    """

    def __init__(self, size: int, limits: Limits | None = None) -> None:
        self._size = size
        self._limits = limits or Limits()
        self._fetcher: Fetcher | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_fetcher": None}  # connections stay with their process

    @property
    def size(self) -> int:
        return self._size

    def read(self, source: ImageSource) -> Image.Image:
        """An upright RGB image. Raises ImageUnreadable and ImageTooLarge."""
        limits = self._limits
        # As for queries: twice the tower's input is left for its own resize rule to reduce.
        at_least = 2 * self._size
        return decode_image(self._bytes(source), max_pixels=limits.max_pixels, at_least=at_least)

    def _bytes(self, source: ImageSource) -> bytes:
        if source.data is not None:
            return source.data
        if source.url is not None:
            self._fetcher = self._fetcher or Fetcher(self._limits.fetch)
            return self._fetcher.fetch(source.url)
        assert source.path is not None
        return read_file(source.path, max_bytes=self._limits.max_bytes)


class PairReader:
    """Pairs of a mixture by position, ready for the towers. Goes to other processes as it is."""

    def __init__(self, mixture: Mixture, images: ImageReader) -> None:
        self._mixture = mixture
        self._images = images

    def read(self, position: int) -> ReadPair:
        """The pair at `position`, or where one of its sides can't be decoded, another one of its
        source, the same at every call.

        Raises SourceError where no pair of the source can be read, as far as was tried.
        """
        skips: list[Skip] = []
        number, _ = self._mixture.place(position)
        source = self._mixture.sources[number]
        attempts = min(len(source), _ATTEMPTS)
        for attempt in range(attempts):
            try:
                pair = self._pair(position, attempt)
                return self._read(position, pair, skips)
            except _Unusable as unusable:
                skips.append(unusable.skip)
        raise _all_failed(source.name, attempts, len(source), skips)

    def _pair(self, position: int, attempt: int) -> Pair:
        if attempt == 0:
            return self._mixture.pair_at(position)
        return self._mixture.substitute(position, attempt - 1)

    def _read(self, position: int, pair: Pair, skips: list[Skip]) -> ReadPair:
        anchor = self._side(pair.anchor, pair, 0)
        positive = self._side(pair.positive, pair, 1)
        negatives = {}
        for place, negative in enumerate(pair.negatives, start=2):
            try:
                negatives[negative] = self._image(negative, pair, place)
            except _Unusable as unusable:
                skips.append(unusable.skip)
        read = replace(pair, negatives=tuple(negatives))
        return ReadPair(position, read, anchor, positive, tuple(negatives.values()), tuple(skips))

    def _side(self, side: Side, pair: Pair, place: int) -> ReadSide:
        return side if isinstance(side, str) else self._image(side, pair, place)

    def _image(self, source: ImageSource, pair: Pair, place: int) -> Image.Image:
        try:
            image = self._images.read(source)
        except ImageError as error:
            raise _Unusable(Skip(pair.source, name_of(source), str(error))) from error
        if pair.views is None:
            return image
        random = np.random.default_rng([pair.views.seed, place])
        return augment(image, pair.views.augmentation, random, self._images.size)


class _Unusable(Exception):
    """An image that can't be used."""

    def __init__(self, skip: Skip) -> None:
        super().__init__(skip)
        self.skip = skip


def name_of(source: ImageSource) -> str:
    """What a person finds the image by."""
    given = source.origin if isinstance(source, RowImage) else ""
    return given or source.reference or f"an image of {len(source.data or b''):,} bytes"


def _all_failed(name: str, attempts: int, size: int, skips: Sequence[Skip]) -> SourceError:
    tried = f"None of its {size:,}" if attempts == size else f"Not one of {attempts:,} in a row"
    shown = "; ".join(f"{skip.name}: {skip.reason}" for skip in skips[:3])
    return SourceError(
        f"The images of the source '{name}' can't be used. {tried} pairs could be read: {shown}",
        hint="Check the source's paths, or leave the source out.",
    )
