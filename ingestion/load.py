"""A whole source into one generation: read, fetch, decode, encode, write, side by side."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from core.errors import BinocleError, EncoderError, StoreError
from ingestion.channel import Channel
from ingestion.deciding import Wanted
from ingestion.fetch import Fetcher
from ingestion.indexing import check_encoder, point_of, to_derive
from ingestion.intake import Intake
from ingestion.preparing import Preparer, encode
from ingestion.rejects import Rejection, RejectsFile, check_share
from ingestion.renewing import Renewer
from ingestion.report import LoadProgress, LoadReport, OnProgress
from ingestion.resuming import SeenIds
from ingestion.stages import Stages
from ingestion.syncing import delete_gone
from ingestion.task import Task as Task
from ingestion.task import check_fields
from ingestion.under_way import Encoded, Loaded, Ready
from ingestion.writing import PointWriter

_TICK = 0.25
"""Seconds between two calls of `on_progress`."""
_FEW = 20_000
"""Entries of a source up to which fields may be indexed before all is written. Of more, their
indexes would take as much memory as the points, until those are sealed."""


def load(
    task: Task, *, on_progress: OnProgress | None = None, stop: threading.Event | None = None
) -> LoadReport:
    """Brings the generation in step with the source: does what each entry needs, and no more.

    An item that has not changed is passed over; one whose image is the same gets a new payload;
    only a new image is encoded. An entry that can't be indexed becomes a reject and the load goes
    on. When the source, the store or the encoder fails, what was encoded by then is written and the
    report names the `failure`. Ctrl-C, or setting `stop`, ends it likewise with `interrupted`; a
    second Ctrl-C ends it at once. Does not compact and does not publish.

    Raises EncoderMismatch, and SourceError when the collection lacks a field of the source.
    """
    check_encoder(task.generation, task.encoder)
    check_fields(task.source, task.generation.config.schema.attributes)
    with (
        Fetcher(task.limits.fetch.for_loads()) as fetcher,
        RejectsFile(task.rejects, task.beside_rejects) as rejects,
        closing(SeenIds()) as seen,
    ):
        run = _Run(task, fetcher, rejects, seen, stop or threading.Event())
        return run.report(on_progress or (lambda _: None))


class _Run:
    """One run of a task."""

    def __init__(
        self,
        task: Task,
        fetcher: Fetcher,
        rejects: RejectsFile,
        seen: SeenIds,
        stop: threading.Event,
    ) -> None:
        self._task = task
        self._rejects = rejects
        self._seen = seen
        self._intake = Intake(
            task.source,
            task.generation,
            task.ledger,
            rejects=rejects,
            seen=seen,
            renew=self._renew,
            stop=stop,
            most_changes=task.most_changes,
            look_again=task.look_again,
        )
        learnt = to_derive(task.generation.config, task.derive)
        self._preparer = Preparer(task.encoder, task.thumbnails, task.limits, fetcher, learnt)
        self._renewer = Renewer(task.generation, task.ledger, self._reject)
        self._writer = PointWriter(task, self._reject)
        self._stages = Stages()
        self._same: Channel[Wanted]
        self._stages.stopping = stop
        self._counting = threading.Lock()
        self._indexed = self._renewed = self._deleted = self._confirmed = 0
        self._total = task.source.total
        self._start = time.monotonic()
        self._since = task.ledger.latest() if task.ledger is not None else 0

    def report(self, on_progress: OnProgress) -> LoadReport:
        self._build()
        self._stages.start()
        self._stages.watch(lambda: on_progress(self._progress()), every=_TICK)
        failure = self._stages.failure or self._flush() or self._concluded()
        if failure is not None and not isinstance(failure, BinocleError):
            raise failure  # a fault of ours: to be seen, not summed up
        progress = self._progress()
        on_progress(progress)
        return LoadReport(
            read=progress.read,
            indexed=progress.indexed,
            renewed=progress.renewed,
            unchanged=progress.unchanged,
            rejected=progress.rejected,
            deleted=self._deleted,
            seconds=progress.seconds,
            rejects_by_kind=self._rejects.counts,
            rejects_path=self._task.rejects if progress.rejected else None,
            stage_seconds=self._stages.seconds,
            interrupted=failure is None and not self._intake.exhausted,
            over_limit=self._intake.over_limit,
            failure=failure,
            notes=tuple(self._task.source.notes),
        )

    def _build(self) -> None:
        pace, stages = self._task.pace, self._stages
        found: Channel[Wanted] = Channel(64, 1)
        loaded: Channel[Loaded] = Channel(pace.fetchers, pace.fetchers + 1)
        ready: Channel[Ready] = Channel(pace.ahead, pace.decoders)
        points: Channel[Encoded] = Channel(2 * pace.write_batch, pace.encoders)
        stages.source("read", self._read(), found)
        elsewhere = self._task.elsewhere
        if elsewhere is not None:
            stages.stage("elsewhere", self._hand_over, found, None, batch=elsewhere.batch)
            return
        self._same = Channel(pace.write_batch, pace.fetchers)
        stages.stage("fetch", self._fetch, found, loaded, threads=pace.fetchers, beside=self._same)
        stages.stage("renew", self._renew_same, self._same, loaded, batch=pace.write_batch)
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

    def _read(self) -> Generator[Wanted, None, None]:
        yield from self._intake.wanted()
        if self._intake.exhausted and self._intake.read <= _FEW:
            # The last images are still being encoded: now the disk costs nobody any time.
            self._task.generation.index_fields()

    def _renew(self, wanted: Sequence[Wanted]) -> list[Wanted]:
        if not wanted:
            return []
        written, missing = self._renewer.renew(wanted)
        with self._counting:
            self._renewed += written
        return missing

    def _hand_over(self, batch: list[Wanted]) -> tuple[()]:
        """Have others do the rest; what is not answered for stays to be done again."""
        assert self._task.elsewhere is not None
        ledger = self._task.ledger
        if ledger is not None:
            ledger.begin({one.candidate.item.id: one.entry for one in batch})
        shas: dict[str, str] = {}
        try:
            for done in self._task.elsewhere.write([one.candidate for one in batch]):
                wanted = batch[done.place]
                if done.error is not None:
                    self._reject(wanted, done.error)
                    continue
                shas[wanted.candidate.item.id] = done.sha256
                self._indexed += 1
        finally:
            if ledger is not None:
                ledger.settle_with(shas)
        return ()

    def _fetch(self, batch: list[Wanted]) -> Iterator[Loaded]:
        for wanted in batch:
            try:
                data = self._preparer.read(wanted.candidate.item.image)
            except BinocleError as error:
                self._reject(wanted, error)
                continue
            # Read again because its path, time or address is another: often it is the same image.
            same = wanted.held and hashlib.sha256(data).hexdigest() == wanted.held
            if same and wanted.unsure:
                with self._counting:
                    self._confirmed += 1
                continue
            if same:
                self._same.put(wanted)
            else:
                yield Loaded(wanted, data)

    def _renew_same(self, batch: list[Wanted]) -> Iterator[Loaded]:
        """Many at once: a catalog whose images were all copied anew has nothing else."""
        for wanted in self._renew(batch):  # what the collection does not hold after all
            try:
                yield Loaded(wanted, self._preparer.read(wanted.candidate.item.image))
            except BinocleError as error:
                self._reject(wanted, error)

    def _decode(self, loaded: list[Loaded]) -> Iterator[Ready]:
        for one in loaded:
            try:
                prepared = self._preparer.prepare(one.wanted.candidate.item, one.data)
                yield Ready(one.wanted, prepared)
            except (StoreError, EncoderError):
                raise
            except BinocleError as error:
                self._reject(one.wanted, error)

    def _encode(self, ready: list[Ready]) -> Iterator[Encoded]:
        vectors = encode(self._task.encoder, [one.prepared.input for one in ready])
        for one, vector in zip(ready, vectors, strict=True):
            try:
                point = point_of(self._task.generation, one.prepared, vector)
                entry = replace(one.wanted.entry, sha256=one.prepared.facts.sha256)
                wanted = replace(one.wanted, entry=entry)
                yield Encoded(wanted, point, one.prepared.derived.likeness)
            except BinocleError as error:
                self._reject(one.wanted, error)

    def _write(self, encoded: list[Encoded]) -> tuple[()]:
        self._indexed += self._writer.write(encoded)
        return ()

    def _concluded(self) -> BinocleError | None:
        """Where the source was read to its end, and something is left of it: judge the rejects,
        then delete what is gone."""
        intake, task = self._intake, self._task
        if not intake.exhausted or not intake.read:
            return None
        try:
            check_share(self._rejects.total, intake.read, task.most_rejects)
            if task.sync is not None:
                self._deleted = delete_gone(
                    *(task.generation, task.ledger, self._seen, task.sync),
                    nameless=intake.nameless,
                    since=self._since,
                )
        except BinocleError as error:
            return error
        return None

    def _reject(self, wanted: Wanted, error: BinocleError) -> None:
        candidate = wanted.candidate
        self._rejects.add(
            Rejection.of(
                error,
                row=candidate.row,
                id=candidate.item.id,
                source=candidate.source,
                record=candidate.given,
            )
        )

    def _flush(self) -> BinocleError | None:
        try:
            self._task.generation.flush()
            return None
        except StoreError as error:
            return error

    def _progress(self) -> LoadProgress:
        return LoadProgress(
            read=self._intake.read,
            indexed=self._indexed,
            renewed=self._renewed,
            unchanged=self._intake.unchanged + self._confirmed,
            rejected=self._rejects.total,
            total=self._total,
            seconds=time.monotonic() - self._start,
            stopping=self._stages.interrupted,
        )
