"""Fills the next generation with the items of the one before, and vectors of another encoder.

What it has already is compared and passed over, so a filling that was cut off goes on, and one
after the other comes closer to a generation that is written to meanwhile.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace

from app.reembedding.base import Base
from app.reembedding.images import Images, Origin
from core.errors import BinocleError, EncoderError, StoreError
from encoders.encoder import Encoder, PixelEncoder, detail
from encoders.images import decode
from ingestion.channel import Channel
from ingestion.limits import Pace
from ingestion.payload import SHA256
from ingestion.preparing import Input, encode
from ingestion.stages import Stages
from qdrant.store import JOINT, Generation, Point

_TICK = 0.25


@dataclass(frozen=True)
class Failed:
    """An item that has no new vector, and why."""

    id: str
    reason: str


@dataclass
class Filled:
    """What a filling did. `failed` holds every one of them."""

    encoded: int = 0
    renewed: int = 0  # the image was the same: the vector was kept
    present: int = 0
    origins: Counter[Origin] = field(default_factory=Counter)
    failed: list[Failed] = field(default_factory=list)

    @property
    def done(self) -> int:
        return self.encoded + self.renewed + self.present + len(self.failed)


OnFilled = Callable[[Filled], None]


@dataclass(frozen=True)
class _Ready:
    point: Point
    input: Input


class Filler:
    """Brings items into `generation`, with vectors of `encoder`.

    Args:
        keep: take the vectors of the base over, instead of encoding.
    """

    def __init__(
        self,
        generation: Generation,
        encoder: Encoder,
        images: Images,
        pace: Pace,
        *,
        keep: bool = False,
    ) -> None:
        self._generation = generation
        self._encoder = encoder
        self._images = images
        self._pace = pace
        self._keep = keep
        self._lock = threading.Lock()
        self._filled = Filled()

    def fill(
        self, base: Base, pages: Iterable[Sequence[Point]], on_progress: OnFilled | None = None
    ) -> Filled:
        """Everything in `pages` of `base`, whose points come without vectors.

        Ctrl-C keeps what was written. Raises EncoderError and StoreError.
        """
        self._filled = Filled()
        if self._keep:
            return self._taken_over(base, pages, on_progress)
        stages = Stages()
        pace = self._pace
        wanted: Channel[Point] = Channel(64, 1)
        ready: Channel[_Ready] = Channel(pace.ahead, pace.decoders)
        points: Channel[Point] = Channel(2 * pace.write_batch, pace.encoders)
        stages.source("read", self._wanted(base, pages), wanted)
        stages.stage("decode", self._decode, wanted, ready, threads=pace.decoders)
        stages.stage(
            "encode", self._encode, ready, points, threads=pace.encoders, batch=pace.encode_batch
        )
        stages.stage("write", self._write, points, None, batch=pace.write_batch)
        stages.start()
        try:
            while not stages.wait(_TICK):
                if on_progress:
                    on_progress(self._filled)
        except BaseException:
            stages.stopping.set()
            stages.wait(60.0)
            raise
        if stages.failure is not None:
            raise stages.failure
        if on_progress:
            on_progress(self._filled)
        return self._filled

    def _taken_over(
        self, base: Base, pages: Iterable[Sequence[Point]], on_progress: OnFilled | None
    ) -> Filled:
        for page in pages:
            ids = [point.id for point in page]
            there = {point.id: point for point in self._generation.retrieve(ids)}
            new = [point.id for point in page if not _same(point, there.get(point.id))]
            self._filled.present += len(page) - len(new)
            if new:
                self._generation.upsert(base.retrieve(new, with_vectors=True))
            self._filled.renewed += len(new)
            if on_progress:
                on_progress(self._filled)
        return self._filled

    def _wanted(self, base: Base, pages: Iterable[Sequence[Point]]) -> Generator[Point, None, None]:
        """Points that need encoding, with the vectors of other kinds that they keep."""
        others = bool(set(base.config.vectors) - {JOINT} or base.config.sparse)
        for page in pages:
            ids = [point.id for point in page]
            there = {point.id: point for point in self._generation.retrieve(ids)}
            new = [point for point in page if not _same(point, there.get(point.id))]
            self._filled.present += len(page) - len(new)
            if new and others:
                new = base.retrieve([point.id for point in new], with_vectors=True)
            kept = [point for point in new if _same_image(point, there.get(point.id))]
            self._renew(kept)
            held = {point.id for point in kept}
            yield from (point for point in new if point.id not in held)

    def _renew(self, points: Sequence[Point]) -> None:
        """New payloads beside the vectors that were made already."""
        if not points:
            return
        ids = [point.id for point in points]
        made = {each.id: each for each in self._generation.retrieve(ids, with_vectors=True)}
        self._generation.upsert(
            [
                replace(point, vectors={**point.vectors, JOINT: made[point.id].vectors[JOINT]})
                for point in points
            ]
        )
        self._filled.renewed += len(points)

    def _decode(self, points: list[Point]) -> Generator[_Ready, None, None]:
        for point in points:
            try:
                data, origin = self._images.read(point.payload)
                decoded = decode(
                    data,
                    max_pixels=self._images.limits.max_pixels,
                    at_least=detail(self._encoder),
                )
            except (EncoderError, StoreError):
                raise
            except BinocleError as error:
                self._fail(point, str(error))
                continue
            with self._lock:
                self._filled.origins[origin] += 1
            image = decoded.image
            pixels = self._encoder
            yield _Ready(point, pixels.pixels(image) if isinstance(pixels, PixelEncoder) else image)

    def _encode(self, ready: list[_Ready]) -> Generator[Point, None, None]:
        vectors = encode(self._encoder, [one.input for one in ready])
        for one, vector in zip(ready, vectors, strict=True):
            if vector is None:
                self._fail(one.point, "The encoder can't encode this image.")
            else:
                yield replace(one.point, vectors={**one.point.vectors, JOINT: vector})

    def _write(self, points: list[Point]) -> tuple[()]:
        self._generation.upsert(points)
        self._filled.encoded += len(points)
        return ()

    def _fail(self, point: Point, reason: str) -> None:
        with self._lock:
            self._filled.failed.append(Failed(point.id, reason))


def _same(wanted: Point, there: Point | None) -> bool:
    return there is not None and dict(there.payload) == dict(wanted.payload)


def _same_image(wanted: Point, there: Point | None) -> bool:
    known = wanted.payload.get(SHA256)
    return there is not None and bool(known) and there.payload.get(SHA256) == known
