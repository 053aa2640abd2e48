"""A bulk load as a whole: choose or make the generation, load, index, publish.

A new collection, or one to be replaced, is built in a generation aside and published at the end. A
load into a collection that is there goes into its published generation.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from app.wiring import Wiring
from core.errors import CollectionBusy, CollectionNotFound, GenerationNotFound
from core.fields import Schema
from core.items import check_collection_name
from ingestion.indexing import check_encoder
from ingestion.limits import Pace, cores
from ingestion.load import Task, load
from ingestion.mapping import ColumnMapping
from ingestion.report import LoadReport, OnProgress
from ingestion.sources.opening import open_source
from ingestion.sources.source import Source
from qdrant.store import JOINT, CollectionConfig, Generation, Quantization


@dataclass(frozen=True)
class BulkLoad:
    """What to load, and where to.

    Attributes:
        source: a folder, a catalog file, or a pattern of files.
        replace: build the collection anew from this source alone, while the old one answers.
    """

    collection: str
    source: str
    mapping: ColumnMapping = field(default_factory=ColumnMapping)
    replace: bool = False
    quantization: Quantization = "int8"


@dataclass(frozen=True)
class Loaded:
    """What came of a bulk load.

    Attributes:
        published: whether the collection's name points at the generation now.
        resumed: whether it went on from a load that had been cut off.
    """

    report: LoadReport
    generation: str
    count: int
    published: bool
    resumed: bool


@dataclass(frozen=True)
class Watcher:
    """Is told how a bulk load goes."""

    on_progress: OnProgress | None = None
    on_notes: Callable[[Source], None] | None = None
    on_indexing: Callable[[int], None] | None = None  # items, before the index is built


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
    is.

    Raises InvalidName, SourceError, EncoderMismatch, CollectionBusy and StoreError.
    """
    check_collection_name(plan.collection)
    watcher = watcher or Watcher()
    generation, source, resumed = _begin(wiring, plan)
    try:
        if watcher.on_notes:
            watcher.on_notes(source)
        report = load(
            _task(wiring, plan, source, generation), on_progress=watcher.on_progress, stop=stop
        )
        count = generation.count()
        # Also where nothing was new: a load before this one may have been cut off without an index.
        if report.complete and count:
            if watcher.on_indexing:
                watcher.on_indexing(count)
            generation.compact()
    finally:
        generation.close()
    published = count > 0 and _finish(wiring, plan, generation.name, report)
    return Loaded(report, generation.name, count, published, resumed)


def _task(wiring: Wiring, plan: BulkLoad, source: Source, generation: Generation) -> Task:
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return Task(
        source,
        generation,
        wiring.encoder(),
        thumbnails=wiring.thumbnails(plan.collection),
        rejects=wiring.directories.rejects / f"{plan.collection}-{moment}.jsonl",
        limits=wiring.limits(),
        pace=Pace(encoders=cores()),
    )


def _begin(wiring: Wiring, plan: BulkLoad) -> tuple[Generation, Source, bool]:
    """The generation to load into, the source as that generation sees it, and if it is resumed."""
    published = wiring.store.published(plan.collection)
    if published is not None and not plan.replace:
        return *_open_published(wiring, plan), False
    source = open_source(plan.source, plan.mapping)
    config = CollectionConfig(
        encoder=wiring.settings.encoder,
        fingerprint=wiring.encoder().fingerprint,
        vectors={JOINT: wiring.encoder().dim},
        schema=Schema(dict(source.attributes)),
        quantization=plan.quantization,
    )
    cut_off = _cut_off(wiring, plan, config)
    if cut_off is not None:
        return cut_off, source, True
    generation = wiring.store.create(plan.collection, config)
    note = _note(wiring, plan.collection)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps({"generation": generation.name, "source": _identity(plan)}))
    return generation, source, False


def _open_published(wiring: Wiring, plan: BulkLoad) -> tuple[Generation, Source]:
    try:
        generation = wiring.store.open(plan.collection)
    except CollectionBusy as busy:
        raise CollectionBusy(
            busy.message,
            hint="Stop that process first, or add --replace: it builds the collection anew from "
            "this source, aside, and the service takes it over without a pause.",
        ) from None
    try:
        check_encoder(generation, wiring.encoder())
        return generation, open_source(plan.source, plan.mapping, generation.config.schema)
    except BaseException:
        generation.close()
        raise


def _cut_off(wiring: Wiring, plan: BulkLoad, config: CollectionConfig) -> Generation | None:
    """The generation that an earlier run of this very load left unpublished."""
    try:
        note = json.loads(_note(wiring, plan.collection).read_text())
    except (OSError, ValueError):
        return None
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


def _finish(wiring: Wiring, plan: BulkLoad, generation: str, report: LoadReport) -> bool:
    """Publish where that is due: a cut-off load never takes the place of a whole collection."""
    present = wiring.store.published(plan.collection)
    if present == generation:
        return True
    if present is not None and not report.complete:
        return False
    wiring.store.publish(plan.collection, generation)
    _note(wiring, plan.collection).unlink(missing_ok=True)
    wiring.store.prune(plan.collection, keep=1)
    return True


def _note(wiring: Wiring, collection: str) -> Path:
    """Says which source an unpublished generation is being loaded from."""
    return wiring.directories.root / "loads" / f"{collection}.json"


def _identity(plan: BulkLoad) -> str:
    return str(Path(plan.source).expanduser().absolute())
