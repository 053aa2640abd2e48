"""A whole source into one generation: read, fetch, decode, encode, write, side by side."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import BinocleError, EncoderError, InvalidItem, SourceError, StoreError
from core.fields import FieldType
from encoders.encoder import Encoder
from ingestion.channel import Channel
from ingestion.fetch import Fetcher
from ingestion.indexing import check_encoder, point_of
from ingestion.limits import Limits, Pace
from ingestion.preparing import Prepared, Preparer, encode
from ingestion.rejects import Rejection, RejectsFile
from ingestion.report import LoadProgress, LoadReport, OnProgress
from ingestion.resuming import SeenIds, changed
from ingestion.sources.source import Candidate, Source
from ingestion.stages import Stages
from ingestion.thumbnails import ThumbnailStore
from qdrant.store import Generation, Point

_TICK = 0.25
"""Seconds between two calls of `on_progress`."""
_LOOK_UP = 64
"""Items whose state the store is asked for at once."""


@dataclass(frozen=True)
class Task:
    """What to load, with what, and where to.

    Attributes:
        thumbnails: None makes none.
        rejects: the JSONL file to append rejections to; None only counts them.
    """

    source: Source
    generation: Generation
    encoder: Encoder
    thumbnails: ThumbnailStore | None = None
    rejects: Path | None = None
    limits: Limits = field(default_factory=Limits)
    pace: Pace = field(default_factory=Pace)


def load(
    task: Task, *, on_progress: OnProgress | None = None, stop: threading.Event | None = None
) -> LoadReport:
    """Indexes every entry of the source that the generation does not hold already, unchanged.

    An entry that can't be indexed becomes a reject and the load goes on. When the source, the store
    or the encoder fails, what was encoded by then is written and the report names the `failure`.
    Ctrl-C, or setting `stop`, ends it likewise with `interrupted`; a second Ctrl-C ends it at once.
    Does not compact and does not publish.

    Raises EncoderMismatch, and SourceError when the collection lacks a field of the source.
    """
    check_encoder(task.generation, task.encoder)
    _check_fields(task.source, task.generation.config.schema.attributes)
    with Fetcher(task.limits.fetch) as fetcher, RejectsFile(task.rejects) as rejects:
        run = _Run(task, fetcher, rejects, stop or threading.Event())
        return run.report(on_progress or _unseen)


def _unseen(_: LoadProgress) -> None:
    """For those who don't watch."""


def _check_fields(source: Source, declared: Mapping[str, FieldType]) -> None:
    for name, kind in source.attributes.items():
        if declared.get(name) is not kind:
            there = declared.get(name)
            state = f"is {there.value} in the collection" if there else "is not in the collection"
            raise SourceError(
                f"The field '{name}' is {kind.value} in {source.name}, but {state}.",
                hint="Declare its type, ignore its column, or load into a new collection.",
                field=name,
            )


@dataclass(frozen=True)
class _Loaded:
    candidate: Candidate
    data: bytes


@dataclass(frozen=True)
class _Encoded:
    candidate: Candidate
    point: Point


@dataclass(frozen=True)
class _Ready:
    candidate: Candidate
    prepared: Prepared


class _Run:
    """One run of a task."""

    def __init__(
        self, task: Task, fetcher: Fetcher, rejects: RejectsFile, stop: threading.Event
    ) -> None:
        self._task = task
        self._rejects = rejects
        self._preparer = Preparer(task.encoder, task.thumbnails, task.limits, fetcher)
        self._stages = Stages()
        self._stop = self._stages.stopping = stop
        self._read = self._unchanged = self._indexed = 0
        self._total = task.source.total
        self._exhausted = False
        self._start = time.monotonic()

    def report(self, on_progress: OnProgress) -> LoadReport:
        self._build()
        self._stages.start()
        self._wait(on_progress)
        flushing = self._flush()
        failure = self._stages.failure or flushing
        if failure is not None and not isinstance(failure, BinocleError):
            raise failure  # a fault of ours: to be seen, not summed up
        progress = self._progress()
        on_progress(progress)
        return LoadReport(
            read=progress.read,
            indexed=progress.indexed,
            unchanged=progress.unchanged,
            rejected=progress.rejected,
            seconds=progress.seconds,
            rejects_by_kind=self._rejects.counts,
            rejects_path=self._task.rejects if progress.rejected else None,
            stage_seconds=self._stages.seconds,
            interrupted=failure is None and not self._exhausted,
            failure=failure,
            notes=tuple(self._task.source.notes),
        )

    def _build(self) -> None:
        pace, stages = self._task.pace, self._stages
        found: Channel[Candidate] = Channel(_LOOK_UP, 1)
        loaded: Channel[_Loaded] = Channel(pace.fetchers, pace.fetchers)
        ready: Channel[_Ready] = Channel(pace.ahead, pace.decoders)
        points: Channel[_Encoded] = Channel(2 * pace.write_batch, pace.encoders)
        stages.source("read", self._entries(), found)
        stages.stage("fetch", self._fetch, found, loaded, threads=pace.fetchers)
        stages.stage("decode", self._decode, loaded, ready, threads=pace.decoders)
        stages.stage(
            "encode",
            self._encode,
            ready,
            points,
            threads=pace.encoders,
            batch=pace.encode_batch,
        )
        stages.stage("write", self._write, points, None, batch=pace.write_batch)

    def _wait(self, on_progress: OnProgress) -> None:
        try:
            while not self._stages.wait(_TICK):
                on_progress(self._progress())
        except KeyboardInterrupt:
            self._stop.set()
            try:
                while not self._stages.wait(_TICK):
                    on_progress(self._progress())
            except KeyboardInterrupt:
                self._stages.abandon()
                raise

    def _entries(self) -> Generator[Candidate, None, None]:
        """The candidates that are new or changed. Runs in the reading thread."""
        seen = SeenIds()
        held = self._task.generation.count() > 0
        waiting: list[Candidate] = []
        try:
            for entry in self._task.source.entries():
                if self._stop.is_set():
                    return
                self._read += 1
                rejection = entry if isinstance(entry, Rejection) else seen.check(entry)
                if rejection is not None:
                    self._rejects.add(rejection)
                elif isinstance(entry, Candidate):
                    waiting.append(entry)
                if len(waiting) >= (_LOOK_UP if held else 1):
                    yield from self._changed(waiting, held)
                    waiting = []
            yield from self._changed(waiting, held)
            self._exhausted = True
        finally:
            seen.close()

    def _changed(self, candidates: list[Candidate], held: bool) -> list[Candidate]:
        if not held or not candidates:
            return candidates
        left = changed(candidates, self._task.generation)
        self._unchanged += len(candidates) - len(left)
        return left

    def _fetch(self, candidates: list[Candidate]) -> Iterator[_Loaded]:
        for candidate in candidates:
            try:
                yield _Loaded(candidate, self._preparer.read(candidate.item.image))
            except BinocleError as error:
                self._reject(candidate, error)

    def _decode(self, loaded: list[_Loaded]) -> Iterator[_Ready]:
        for one in loaded:
            try:
                prepared = self._preparer.prepare(one.candidate.item, one.data)
                yield _Ready(one.candidate, prepared)
            except (StoreError, EncoderError):
                raise
            except BinocleError as error:
                self._reject(one.candidate, error)

    def _encode(self, ready: list[_Ready]) -> Iterator[_Encoded]:
        vectors = encode(self._task.encoder, [one.prepared.input for one in ready])
        for one, vector in zip(ready, vectors, strict=True):
            try:
                point = point_of(self._task.generation, one.prepared, vector)
                yield _Encoded(one.candidate, point)
            except BinocleError as error:
                self._reject(one.candidate, error)

    def _write(self, encoded: list[_Encoded]) -> tuple[()]:
        try:
            self._task.generation.upsert([one.point for one in encoded])
            self._indexed += len(encoded)
        except InvalidItem as error:  # of one of them; none is written
            if len(encoded) == 1:
                self._reject(encoded[0].candidate, error)
            else:
                for one in encoded:
                    self._write([one])
        return ()

    def _reject(self, candidate: Candidate, error: BinocleError) -> None:
        self._rejects.add(
            Rejection.of(error, row=candidate.row, id=candidate.item.id, source=candidate.source)
        )

    def _flush(self) -> BinocleError | None:
        try:
            self._task.generation.flush()
        except StoreError as error:
            return error
        return None

    def _progress(self) -> LoadProgress:
        return LoadProgress(
            read=self._read,
            indexed=self._indexed,
            unchanged=self._unchanged,
            rejected=self._rejects.total,
            total=self._total,
            seconds=time.monotonic() - self._start,
        )
