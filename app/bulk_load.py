"""What a bulk load is asked for, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from app.ray_engine import RayEngine
from app.succession.replacing import Meanwhile
from app.wiring import Wiring
from ingestion.elsewhere import Elsewhere
from ingestion.ledger import Ledger
from ingestion.limits import Pace, cores
from ingestion.mapping import ColumnMapping
from ingestion.replaying import Origin, origin_path
from ingestion.report import LoadReport, OnProgress
from ingestion.sources.source import Source
from ingestion.syncing import Sync
from ingestion.target import Target
from ingestion.task import Task
from qdrant.store import Quantization

Engine = Literal["local", "ray"]


@dataclass(frozen=True)
class BulkLoad:
    """What to load, and where to.

    Attributes:
        source: a folder, a catalog file or a pattern of files; a URL; '-'; hf:NAME; or
            binocle:PLACE for another collection.
        format: what the files are, such as 'csv', where their names don't say it.
        replace: build the collection anew from this source alone, while the old one answers.
        sync: delete what the source does not have any more; None deletes nothing.
        most_rejects: share of the entries, 0 to 1, above which the load fails; None is no limit.
        look_again: read images behind URLs again, to see whether they changed.
        through: where a service owns the collection, so many changes at most are written through
            it; more are made in a generation aside, which the service then takes over.
        scattered: where a service owns the collection, so many bytes of vectors outside its index
            have that built anew after the load, aside.
        workers: threads that decode, and that encode; None for one a core. On Ray, tasks at a time.
        engine: 'local', or 'ray' for images that are read, encoded and written by Ray Data.
    """

    collection: str
    source: str
    mapping: ColumnMapping = field(default_factory=ColumnMapping)
    format: str | None = None
    replace: bool = False
    quantization: Quantization = "int8"
    sync: Sync | None = None
    most_rejects: float | None = None
    look_again: bool = False
    through: int = 1_000
    scattered: int = 20 * 2**20
    workers: int | None = None
    engine: Engine = "local"


@dataclass(frozen=True)
class Loaded:
    """What came of a bulk load.

    Attributes:
        published: whether the collection's name points at the generation now.
        resumed: whether it went on from a load that had been cut off.
        meanwhile: what was written to the generation that it takes the place of.
    """

    report: LoadReport
    generation: str
    count: int
    published: bool
    resumed: bool
    meanwhile: Meanwhile = field(default_factory=Meanwhile)


@dataclass(frozen=True)
class Watcher:
    """Is told how a bulk load goes."""

    on_progress: OnProgress | None = None
    on_notes: Callable[[Source], None] | None = None
    on_indexing: Callable[[int], None] | None = None  # items, before the index is built
    on_beside: Callable[[], None] | None = None  # a service runs on the data directory


def task_of(
    wiring: Wiring, plan: BulkLoad, source: Source, target: Target, ledger: Ledger | None
) -> Task:
    """The load of `source` into `target`."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    rejects = wiring.directories.rejects / f"{plan.collection}-{moment}.jsonl"
    origin = Origin(plan.collection, plan.mapping)
    return Task(
        source,
        target,
        wiring.encoder_of(plan.collection, target.config),
        thumbnails=wiring.new_thumbnails(plan.collection),
        rejects=rejects,
        beside_rejects=(origin_path(rejects), origin.as_json()),
        limits=wiring.load_limits(),
        pace=Pace(decoders=plan.workers or cores(), encoders=plan.workers or cores()),
        ledger=ledger,
        sync=plan.sync,
        most_rejects=plan.most_rejects,
        look_again=plan.look_again,
        derive=wiring.derive(),
        duplicates=wiring.duplicates(plan.collection),
        elsewhere=_elsewhere(wiring, plan, target),
    )


def beside_pace() -> Pace:
    """Beside a service: searches come first."""
    return Pace(decoders=1, encoders=max(1, cores() - 1), fetchers=4)


def _elsewhere(wiring: Wiring, plan: BulkLoad, target: Target) -> Elsewhere | None:
    if plan.engine == "local":
        return None
    return RayEngine(wiring.settings, plan.collection, target.name, plan.workers)
