"""A re-embedding as a whole: survey, fill the next generation, keep it in step, compare, switch."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from app.reembedding.base import LocalBase
from app.reembedding.catching_up import bring
from app.reembedding.comparing import Asked, Comparison, asked_from, compare
from app.reembedding.filling import Failed, Filled, Filler
from app.reembedding.images import Images
from app.reembedding.progress import Begun, begin, note_of
from app.reembedding.request import Reembedded, Reembedding, Watching
from app.reembedding.survey import Survey, survey
from app.running import running_service
from app.succession.growing import grown_to
from app.succession.remote import RemoteGeneration
from app.wiring import Wiring
from core.disk import disk_errors
from core.errors import CollectionBusy, EncoderMismatch, SettingsError
from core.items import check_collection_name
from encoders.encoder import Encoder
from ingestion.fetch import Fetcher
from ingestion.ledger import Ledger
from ingestion.single_load import single_load
from qdrant.copying import drop_strangers
from qdrant.store import JOINT, CollectionConfig, Generation

_CLOSE = 50
"""So few changes left are brought over while writers wait."""
_ROUNDS = 10
_STRAGGLERS_S = 1.0
"""Writes on a server that began before the switch are done by then."""


def reembed(wiring: Wiring, wanted: Reembedding, watching: Watching | None = None) -> Reembedded:
    """Give a collection vectors of another encoder, while it goes on answering from its own.

    A run that is cut off, at any point, goes on when it is run again. What is written meanwhile is
    in the new generation when it answers. The one before is kept, to be rolled back to.

    Raises CollectionNotFound, CollectionBusy, LoadRunning, EncoderError, SourceError, StoreError,
    and GenerationChanged where another generation answers by now.
    """
    check_collection_name(wanted.collection)
    asked = asked_from(wanted.queries, wanted.qrels)
    if wanted.max_drop is not None and (asked is None or not asked.relevant):
        raise SettingsError("--max-drop compares recall.", hint="Give judgments by --qrels.")
    encoder = wiring.encoders.fetch(wanted.encoder)
    shared = wiring.database if wiring.settings.database is not None else None
    with (
        single_load(wiring.directories.loads, wanted.collection, shared),
        answering(wiring, wanted.collection) as base,
    ):
        if base.config.fingerprint == encoder.fingerprint:
            _tidy(wiring, base.collection, base.name)
            return Reembedded(base.name, base.count(), published=True)
        return _Run(wiring, wanted, watching or Watching(), base, encoder, asked).run()


def cancel(wiring: Wiring, collection: str) -> bool:
    """Give up a re-embedding that was cut off, or not published: drop what was built, and the
    images that were kept for it. Whether there was one. Raises LoadRunning."""
    shared = wiring.database if wiring.settings.database is not None else None
    with single_load(wiring.directories.loads, collection, shared):
        note = note_of(wiring, collection)
        begun = note.exists()
        note.unlink(missing_ok=True)
        wiring.originals(collection).close()
        if begun:
            wiring.store.prune(collection, keep=1)
        return begun


@contextmanager
def answering(wiring: Wiring, collection: str) -> Iterator[LocalBase | RemoteGeneration]:
    """The generation that answers now: opened here, or in the service that owns it.

    Raises CollectionNotFound and CollectionBusy.
    """
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(closing(wiring.store.open(collection)))
        except CollectionBusy:
            service = running_service(wiring.directories.root)
            if service is None:
                raise
            yield stack.enter_context(closing(RemoteGeneration(service, collection)))
            return
        yield LocalBase(opened, wiring.ledgers.of(collection, opened.name))


def absolute(spec: str) -> str:
    """The spec as the service finds it too, wherever it was started."""
    kind, _, rest = spec.partition(":")
    return f"bundle:{Path(rest).expanduser().absolute()}" if kind == "bundle" else spec


@dataclass
class _Run:
    wiring: Wiring
    wanted: Reembedding
    watching: Watching
    base: LocalBase | RemoteGeneration
    encoder: Encoder
    asked: Asked | None

    def run(self) -> Reembedded:
        if not self.wanted.keep_vectors:
            sent = self.wiring.originals(self.base.collection)
            found = survey(self.base, self.wanted.wish, self._listing("unreachable"), sent)
            self.watching.on_survey(found)
            if found.lost and not self.wanted.leave_out:
                return self._refused(_lost(found), without=found.listed)
        limits = self.wiring.limits()
        with closing(Fetcher(limits.fetch.for_loads())) as fetcher:
            thumbnails = self.wiring.thumbnails(self.base.collection)
            sent = self.wiring.originals(self.base.collection)
            images = Images(thumbnails, fetcher, limits, self.wanted.wish, sent)
            generation, begun = begin(self.wiring, self.base, self._config())
            with closing(generation):
                filler = self._filler(generation, images)
                done, since = self._build(generation, filler, begun)
        if done.refused or not self.wanted.publish:
            return done
        self._switch(done.generation, since, filler_of=images)
        _tidy(self.wiring, self.base.collection, done.generation)
        return replace(done, published=True)

    def _config(self) -> CollectionConfig:
        old = self.base.config
        return replace(
            old,
            encoder=absolute(self.wanted.encoder),
            fingerprint=self.encoder.fingerprint,
            vectors={**old.vectors, JOINT: self.encoder.dim},
        )

    def _build(
        self, generation: Generation, filler: Filler, begun: Begun
    ) -> tuple[Reembedded, int]:
        """The generation, ready to answer, and the last change that is in it."""
        base, ledger = self.base, self._ledger(generation.name)
        pages = base.pages(vectors=False)
        filled = filler.fill(base, pages, self.watching.on_progress)
        drop_strangers(base, generation)
        ledger.take_over(base.name)
        generation.delete([each.id for each in filled.failed])
        self.watching.on_indexing(generation.count())
        generation.compact()
        since, late = self._keep_in_step(generation, filler, begun.since)
        failed = {each.id: each for each in (*filled.failed, *late)}
        ledger.drop(list(failed))
        without = self._write_failed(list(failed.values()))
        comparison = self._compare(generation)
        done = Reembedded(
            generation.name, generation.count(), False, filled, comparison, "", without
        )
        return replace(done, refused=self._objection(len(failed), comparison)), since

    def _keep_in_step(
        self, generation: Generation, filler: Filler, since: int
    ) -> tuple[int, list[Failed]]:
        """Bring over what was written meanwhile, until little is left."""
        journal, ledger = self._ledger(self.base.name), self._ledger(generation.name)
        failed: list[Failed] = []
        for _ in range(_ROUNDS):
            changed = journal.changed_between(since, self.base.written_up_to())
            if not changed:
                break
            failed += bring(self.base, generation, filler, [each for _, each in changed], ledger)
            since = changed[-1][0]
            if len(changed) <= _CLOSE:
                break
        return since, failed

    def _compare(self, generation: Generation) -> Comparison:
        old: Encoder | EncoderMismatch
        try:
            old = self.wiring.encoder_of(self.base.collection, self.base.config)
        except EncoderMismatch as error:
            old = error
        comparison = compare(self.base, generation, old, self.encoder, self.asked)
        self.watching.on_compared(comparison)
        return comparison

    def _objection(self, failed: int, comparison: Comparison) -> str:
        """Why this is not to be published; '' where nothing speaks against it."""
        if failed and not self.wanted.leave_out:
            return f"{failed:,} items could not be re-embedded."
        most = self.wanted.max_drop
        recalls = [row.recall for row in comparison.rows if row.recall is not None]
        if most is not None and not recalls:
            return "Recall could not be compared."
        for before, after in recalls:
            if most is not None and before - after > most:
                return f"recall@10 falls from {before:.3f} to {after:.3f}, by more than {most:g}."
        return ""

    def _switch(self, generation: str, since: int, *, filler_of: Images) -> None:
        """The moment from which searches are answered from the new vectors."""
        if isinstance(self.base, RemoteGeneration):
            self.base.take_over(
                generation, since=since, replay=True, leave_out=self.wanted.leave_out
            )
            return
        ledger = self._ledger(generation)
        mark = ledger.latest()
        self.wiring.store.publish(self.base.collection, generation)
        with closing(self.wiring.store.open(self.base.collection, generation)) as opened:
            if opened.shared:
                time.sleep(_STRAGGLERS_S)
            self._declare_late(opened)
            written = {each for _, each in ledger.changed_since(mark)}
            late = [
                each
                for _, each in self._ledger(self.base.name).changed_since(since)
                if each not in written
            ]
            if late:
                bring(self.base, opened, self._filler(opened, filler_of), late, ledger)

    def _declare_late(self, opened: Generation) -> None:
        """Fields that were declared meanwhile, by processes that share the server."""
        with closing(self.wiring.store.open(self.base.collection, self.base.name)) as before:
            grown_to(opened, replace(opened.config, schema=before.config.schema))

    def _filler(self, generation: Generation, images: Images) -> Filler:
        wanted = self.wanted
        return Filler(generation, self.encoder, images, wanted.pace, keep=wanted.keep_vectors)

    def _ledger(self, generation: str) -> Ledger:
        return self.wiring.ledgers.of(self.base.collection, generation)

    def _listing(self, what: str) -> Path:
        return self.wiring.directories.rejects / f"{self.base.collection}-{what}.jsonl"

    def _write_failed(self, failed: Sequence[Failed]) -> Path | None:
        path = self._listing("not-reembedded")
        with disk_errors():
            path.unlink(missing_ok=True)
            if not failed:
                return None
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(vars(each)) + "\n" for each in failed))
        return path

    def _refused(self, why: str, *, without: Path | None) -> Reembedded:
        return Reembedded(self.base.name, self.base.count(), False, Filled(), None, why, without)


def _lost(found: Survey) -> str:
    named = ", ".join(f"'{each}'" for each in found.without)
    return (
        f"{found.lost:,} of {found.total:,} items can't be re-embedded: neither their image nor a "
        f"thumbnail is there ({named}{', ...' if found.lost > len(found.without) else ''})."
    )


def _tidy(wiring: Wiring, collection: str, generation: str) -> None:
    """Keep the generation before, and nothing older."""
    note_of(wiring, collection).unlink(missing_ok=True)
    wiring.originals(collection).close()
    wiring.store.prune(collection, keep=1)
    kept = wiring.store.info(collection).generations
    wiring.ledgers.of(collection, generation).keep_only(kept)
