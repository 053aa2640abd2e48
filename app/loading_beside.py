"""A bulk load into a collection that a running service owns.

Few changes are written through the service, and can be found at once; when these add up, the index
is built anew. More are made in a copy of
the generation aside, indexed there, and taken over by the service: no search waits for an index.
"""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace

from app.bulk_load import BulkLoad, Loaded, Watcher, beside_pace, task_of
from app.compacting import compact_beside, unindexed
from app.running import RunningService
from app.sources import source_of
from app.succession.building import build_beside
from app.succession.remote import RemoteGeneration
from app.wiring import Wiring
from core.errors import SyncRefused
from ingestion.indexing import check_encoder
from ingestion.ledger import Ledger
from ingestion.load import load
from ingestion.report import LoadReport
from qdrant.store import Generation


def load_beside(
    wiring: Wiring,
    plan: BulkLoad,
    watcher: Watcher,
    service: RunningService,
    stop: threading.Event | None,
) -> Loaded:
    """Load into the collection that `service` owns. Raises as `app.loading.load_collection`."""
    if watcher.on_beside:
        watcher.on_beside()
    with closing(RemoteGeneration(service, plan.collection)) as base:
        check_encoder(base, wiring.encoder_of(plan.collection, base.config))
        source = source_of(wiring, plan, base.config.schema)
        if watcher.on_notes:
            watcher.on_notes(source)
        ledger = wiring.ledgers.of(plan.collection, base.name)
        task = replace(task_of(wiring, plan, source, base, ledger), pace=beside_pace())
        report = load(
            replace(task, most_changes=plan.through), on_progress=watcher.on_progress, stop=stop
        )
        if not report.over_limit:
            answering = base.name
            if report.complete and unindexed(service, base) > plan.scattered:
                answering = compact_beside(wiring, base, watcher.on_indexing).generation
            return Loaded(report, answering, base.count(), published=True, resumed=False)

        if task.rejects is not None:  # those of the rows that are read again now
            task.rejects.unlink(missing_ok=True)

        def work(generation: Generation, kept: Ledger) -> LoadReport:
            aside = replace(task, generation=generation, ledger=kept)
            return load(aside, on_progress=watcher.on_progress)

        built = build_beside(wiring, base, work, whole=_whole, on_indexing=watcher.on_indexing)
        return Loaded(built.answer, built.generation, built.count, built.published, False)


def _whole(report: LoadReport) -> bool:
    """Whether a service may answer from what was loaded."""
    return report.complete or isinstance(report.failure, SyncRefused)
