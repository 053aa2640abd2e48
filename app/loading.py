"""A bulk load as a whole: choose or make the generation, load, index, publish.

A new collection, or one to be replaced, is built in a generation aside and published at the end. A
load into a collection that is there goes into its published generation.
"""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.bulk_load import BulkLoad, Loaded, Watcher, beside_pace, task_of
from app.collections import new_config
from app.loading_beside import load_beside
from app.running import RunningService, running_service
from app.sources import source_of
from app.succession.replacing import Meanwhile, publish_instead
from app.wiring import Wiring
from core.disk import disk_errors
from core.errors import CollectionBusy, CollectionNotFound, GenerationNotFound
from core.fields import Schema
from core.items import check_collection_name
from ingestion.indexing import check_encoder
from ingestion.ledger import Ledger
from ingestion.load import load
from ingestion.report import LoadReport
from ingestion.single_load import single_load
from ingestion.sources.source import Source
from ingestion.syncing import Sync
from qdrant.store import CollectionConfig, Generation

__all__ = ["BulkLoad", "Loaded", "Watcher", "load_collection"]


def load_collection(
    wiring: Wiring,
    plan: BulkLoad,
    watcher: Watcher | None = None,
    *,
    stop: threading.Event | None = None,
) -> Loaded:
    """Load a source into a collection, and publish it.

    A load that is cut off keeps what it loaded, and the same load goes on from there. Where there
    was no collection before, what was loaded is published all the same. An empty generation never
    is. Where a service owns the collection, it goes on answering; see `app.loading_beside`.

    Raises InvalidName, SourceError, EncoderMismatch, LoadRunning, CollectionBusy and StoreError.
    """
    check_collection_name(plan.collection)
    watcher = watcher or Watcher()
    shared = wiring.database if wiring.settings.database is not None else None
    with single_load(wiring.directories.loads, plan.collection, shared):
        begun = _begin(wiring, plan)
        if isinstance(begun, RunningService):
            return load_beside(wiring, plan, watcher, begun, stop)
        return _load(wiring, plan, watcher, *begun, stop)


def _load(
    wiring: Wiring,
    plan: BulkLoad,
    watcher: Watcher,
    generation: Generation,
    source: Source,
    resumed: bool,
    stop: threading.Event | None,
) -> Loaded:
    try:
        if watcher.on_notes:
            watcher.on_notes(source)
        task = task_of(wiring, plan, source, generation, _ledger(wiring, generation))
        if running_service(wiring.directories.root) is not None:
            task = replace(task, pace=beside_pace())
            if watcher.on_beside:
                watcher.on_beside()
        if resumed:  # from an export that may have had more: only this one's items are to be there
            task = replace(task, sync=Sync(force=True))
        report = load(task, on_progress=watcher.on_progress, stop=stop)
        count = generation.count()
        # Also where nothing was new: a load before this one may have been cut off without an index.
        if report.read_whole and count:
            if watcher.on_indexing:
                watcher.on_indexing(count)
            generation.compact()
    finally:
        generation.close()
    if not count:
        return Loaded(report, generation.name, count, False, resumed)
    published, meanwhile = _finish(wiring, plan, generation.name, report)
    return Loaded(report, generation.name, count, published, resumed, meanwhile)


def _ledger(wiring: Wiring, generation: Generation) -> Ledger | None:
    """The ledger of the generation; None for a store that does not outlive the process."""
    if wiring.settings.store == "memory":
        return None
    ledger = wiring.ledgers.of(generation.collection, generation.name)
    if ledger.count() > generation.count():  # of another that had its name, and was removed by hand
        ledger.clear()
    return ledger


def _begin(wiring: Wiring, plan: BulkLoad) -> tuple[Generation, Source, bool] | RunningService:
    """The generation to load into, the source as that generation sees it, and if it is resumed;
    or the service that owns the collection."""
    published = wiring.store.published(plan.collection)
    if published is not None and not plan.replace:
        opened = _open_published(wiring, plan)
        return opened if isinstance(opened, RunningService) else (*opened, False)
    source = source_of(wiring, plan)
    schema = Schema(dict(source.attributes))
    replaced = plan.collection if published is not None else None
    config = new_config(wiring, schema, plan.quantization, replaced)
    cut_off = _cut_off(wiring, plan, config)
    if cut_off is not None:
        return cut_off, source, True
    generation = wiring.store.create(plan.collection, config, building=True)
    wiring.ledgers.of(plan.collection, generation.name).clear()
    note = _note(wiring, plan.collection)
    base = published or ""
    begun = {
        "generation": generation.name,
        "source": _identity(plan),
        "base": base,
        "since": wiring.ledgers.of(plan.collection, base).latest() if base else 0,
    }
    with disk_errors():
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps(begun))
    return generation, source, False


def _open_published(wiring: Wiring, plan: BulkLoad) -> tuple[Generation, Source] | RunningService:
    try:
        generation = wiring.store.open(plan.collection)
    except CollectionBusy as busy:
        service = running_service(wiring.directories.root)
        if service is not None:
            return service
        raise CollectionBusy(
            busy.message,
            hint="Stop that process first, or add --replace: it builds the collection anew from "
            "this source, aside, and the service takes it over without a pause.",
        ) from None
    try:
        check_encoder(generation, wiring.encoder_of(plan.collection, generation.config))
        return generation, source_of(wiring, plan, generation.config.schema)
    except BaseException:
        generation.close()
        raise


def _cut_off(wiring: Wiring, plan: BulkLoad, config: CollectionConfig) -> Generation | None:
    """The generation that an earlier run of this very load left unpublished."""
    note = _noted(wiring, plan.collection)
    name = note.get("generation")
    if note.get("source") != _identity(plan) or name not in wiring.store.unpublished(
        plan.collection
    ):
        return None
    try:
        generation = wiring.store.open(plan.collection, name)
    except (CollectionNotFound, GenerationNotFound):
        return None
    if generation.config == config:
        return generation
    generation.close()
    return None


def _finish(
    wiring: Wiring, plan: BulkLoad, generation: str, report: LoadReport
) -> tuple[bool, Meanwhile]:
    """Publish where that is due: a cut-off load never takes the place of a whole collection."""
    present = wiring.store.published(plan.collection)
    if present == generation:
        return True, Meanwhile()
    if present is not None and not report.complete:
        return False, Meanwhile()
    meanwhile = Meanwhile()
    if present is None:
        wiring.store.publish(plan.collection, generation)
    else:
        begun = _noted(wiring, plan.collection)
        meanwhile = publish_instead(
            wiring,
            plan.collection,
            generation,
            base=str(begun.get("base", "")),
            since=int(begun.get("since", 0)),
        )
    _note(wiring, plan.collection).unlink(missing_ok=True)
    wiring.store.prune(plan.collection, keep=1)
    kept = wiring.store.info(plan.collection).generations
    wiring.ledgers.of(plan.collection, generation).keep_only(kept)
    return True, meanwhile


def _note(wiring: Wiring, collection: str) -> Path:
    """Says which source an unpublished generation is being loaded from."""
    return wiring.directories.loads / f"{collection}.json"


def _noted(wiring: Wiring, collection: str) -> dict[str, Any]:
    """What it says; {} where there is none."""
    try:
        return dict(json.loads(_note(wiring, collection).read_text()))
    except (OSError, ValueError, TypeError):
        return {}


def _identity(plan: BulkLoad) -> str:
    return str(Path(plan.source).expanduser().absolute())
