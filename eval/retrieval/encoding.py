"""From texts and images to vectors; what can't be read is passed over and named."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import EncoderError, ImageError, ImageUnreadable
from core.items import ImageSource
from encoders.encoder import Encoder, PixelEncoder, Vectors, detail
from encoders.images import decode_image, read_file
from eval.retrieval.tasks import Member
from ingestion.fetch import Fetcher
from ingestion.limits import Limits, cores
from ingestion.preparing import Input, encode

Transform: TypeAlias = Callable[[Image.Image, int], Image.Image]
"""Changes a decoded RGB image before it is encoded; gets its row among the members, too."""


class VectorCache(Protocol):
    """Vectors kept between runs, by the hash of what was encoded; of one encoder."""

    def get(self, key: str) -> NDArray[np.float32] | None: ...

    def put(self, vectors: Sequence[tuple[str, NDArray[np.float32]]]) -> None: ...


@dataclass(frozen=True)
class Skipped:
    """A query or item that can't be used, with the reason."""

    id: str
    reason: str


@dataclass(frozen=True)
class Encoded:
    """Vectors of the members that could be used.

    Attributes:
        vectors: float32 (n, dim), unit rows.
        rows: int64 (n,), the row of each among all members, ascending.
        skipped: those that could not be used.
    """

    vectors: Vectors
    rows: NDArray[np.int64]
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class Encoding:
    """How members are encoded.

    Args:
        limits: on images.
        cache: gives and keeps vectors; not asked where there is a transform.
        transform: see `Transform`.
        progress: told the number of members done and of all, now and then.
        encoders: batches that are encoded at a time. Bundles whose towers run on one thread each
            are fastest with as many as there are cores.
        batch: members that are encoded at once.
    """

    limits: Limits = field(default_factory=Limits)
    cache: VectorCache | None = None
    transform: Transform | None = None
    progress: Callable[[int, int], None] | None = None
    encoders: int = 1
    batch: int = 32


def encode_members(
    encoder: Encoder, ids: Sequence[str], members: Sequence[Member], how: Encoding | None = None
) -> Encoded:
    """The vectors of all texts or all images.

    Raises EncoderError when the encoder fails as a whole, or answers with what is no number.
    """
    with closing(_Run(encoder, ids, members, how or Encoding())) as run:
        return run.encoded()


class _Run:
    """One encoding on its way."""

    def __init__(
        self, encoder: Encoder, ids: Sequence[str], members: Sequence[Member], how: Encoding
    ) -> None:
        self._encoder = encoder
        self._ids = ids
        self._members = members
        self._how = how
        self._cache = how.cache if how.transform is None else None
        self._fetcher = Fetcher(how.limits.fetch)
        self._readers = ThreadPoolExecutor(cores() + 1, thread_name_prefix="evaluation-read")
        self._encoders = ThreadPoolExecutor(how.encoders, thread_name_prefix="evaluation-encode")
        self._vectors: Vectors = np.zeros((len(members), encoder.dim), dtype=np.float32)
        self._usable = np.zeros(len(members), dtype=bool)
        self._skipped: list[Skipped] = []

    def close(self) -> None:
        self._readers.shutdown(cancel_futures=True)
        self._encoders.shutdown(cancel_futures=True)
        self._fetcher.close()

    def encoded(self) -> Encoded:
        done = 0
        for batch in self._encoded_batches():
            for one in batch:
                self._keep(one)
            done += len(batch)
            if self._how.progress:
                self._how.progress(done, len(self._members))
        rows = np.flatnonzero(self._usable)
        vectors = self._vectors if len(rows) == len(self._members) else self._vectors[rows]
        if not np.isfinite(vectors).all():
            raise EncoderError(f"The encoder '{self._encoder.name}' answers with infinite vectors.")
        return Encoded(vectors, rows, tuple(self._skipped))

    def _keep(self, one: _Prepared) -> None:
        if one.vector is None:
            self._skipped.append(Skipped(self._ids[one.row], one.problem))
        else:
            self._vectors[one.row] = one.vector
            self._usable[one.row] = True

    def _encoded_batches(self) -> Iterator[list[_Prepared]]:
        """Batches with their vectors, in order."""
        running: deque[Future[list[_Prepared]]] = deque()
        for batch in _batches(self._prepared(), self._how.batch):
            running.append(self._encoders.submit(self._encode, batch))
            if len(running) > self._how.encoders:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()

    def _encode(self, batch: list[_Prepared]) -> list[_Prepared]:
        """Encodes what has no vector from the cache, and keeps it there."""
        fresh = [one for one in batch if one.vector is None and one.input is not None]
        for one, vector in zip(fresh, self._vectors_of(fresh), strict=True):
            one.vector = vector
            if vector is None:
                one.problem = "The encoder can't encode this image."
        if self._cache is not None:
            self._cache.put([(one.key, one.vector) for one in fresh if one.vector is not None])
        return batch

    def _vectors_of(self, fresh: Sequence[_Prepared]) -> Sequence[NDArray[np.float32] | None]:
        if not fresh:
            return []
        texts = [one.input for one in fresh if isinstance(one.input, str)]
        if texts:
            return list(self._encoder.encode_texts(texts))
        inputs = [one.input for one in fresh if not isinstance(one.input, str | None)]
        return encode(self._encoder, inputs)

    def _prepared(self) -> Iterator[_Prepared]:
        """Members read and decoded side by side, in order, a bounded number ahead."""
        ahead: deque[Future[_Prepared]] = deque()
        for row in range(len(self._members)):
            ahead.append(self._readers.submit(self._prepare, row))
            if len(ahead) > 2 * self._how.batch:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

    def _prepare(self, row: int) -> _Prepared:
        member = self._members[row]
        one = _Prepared(row)
        try:
            data = member.encode() if isinstance(member, str) else self._read(member)
            if self._cache is not None:
                one.key = hashlib.sha256(data).hexdigest()
                one.key = f"{'text' if isinstance(member, str) else 'image'}-{one.key}"
                one.vector = self._cache.get(one.key)
            if one.vector is None:
                one.input = member if isinstance(member, str) else self._decoded(data, row)
        except ImageError as error:
            one.problem = error.message
        return one

    def _read(self, image: ImageSource) -> bytes:
        if image.data is not None:
            return image.data
        if image.url is not None:
            return self._fetcher.fetch(image.url)
        if image.path is None:
            raise ImageUnreadable("There is no image.")
        return read_file(image.path, max_bytes=self._how.limits.max_bytes)

    def _decoded(self, data: bytes, row: int) -> Input:
        limit = self._how.limits.max_pixels
        image = decode_image(data, max_pixels=limit, at_least=detail(self._encoder))
        if self._how.transform is not None:
            image = self._how.transform(image, row)
        return self._encoder.pixels(image) if isinstance(self._encoder, PixelEncoder) else image


@dataclass
class _Prepared:
    """A member on its way: an input for the encoder, a vector already, or a problem."""

    row: int
    key: str = ""
    input: str | Input | None = None
    vector: NDArray[np.float32] | None = None
    problem: str = ""


def _batches(values: Iterator[_Prepared], size: int) -> Iterator[list[_Prepared]]:
    while batch := list(islice(values, size)):
        yield batch
