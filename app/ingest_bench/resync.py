"""A catalog that is loaded again: unchanged, and with new prices."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from app.ingest_bench.catalog import made_pictures, write_catalog
from app.ingest_bench.stand_in import NOTHING_DERIVED, StandIn
from app.loading import BulkLoad, Watcher, load_collection
from app.settings import Settings
from app.wiring import Wiring, build
from core.errors import SourceError
from eval.bench.measures import Measure
from ingestion.report import LoadReport
from ingestion.syncing import Sync

_UNCHANGED = 5_000
_RENEWED = 3_000


def bench_resync(settings: Settings, folder: Path, *, items: int) -> list[Measure]:
    """Items a second of a first load, of one that finds nothing changed, and of new prices.

    The encoder is a stand-in that costs nothing, and nothing is derived of the images: the first
    load is there to be loaded again. New prices can be found once they are written; what the engine
    takes to build its graph anew over them comes after, and is told apart.
    """
    pictures = made_pictures(folder / "pictures")
    catalog = write_catalog(folder / "catalog.csv", pictures, items)
    plan = BulkLoad("resync", str(catalog), sync=Sync())
    settings = settings.model_copy(update={"encoder": StandIn.name, "derive": NOTHING_DERIVED})
    with closing(build(settings, encoder=StandIn())) as wiring:
        first = _timed(wiring, plan, items)
        same = _timed(wiring, plan, items)
        write_catalog(catalog, pictures, items, edition=1)
        renewed = _timed(wiring, plan, items)
    _expect(first.report.indexed, items)
    _expect(same.report.unchanged, items)
    _expect(renewed.report.renewed, items)
    basis = f"{items:,} rows of a CSV"
    return [
        first.rate("first load", f"{basis}, nothing encoded or derived"),
        same.rate("unchanged, synced again", basis, at_least=_UNCHANGED),
        same.rate_of_a_core("  a second of one core"),
        renewed.written_rate("new prices", f"{basis}, until they can be found", _RENEWED),
        renewed.rate_of_a_core("  a second of one core"),
        renewed.rate("  with the graph built anew", basis),
    ]


@dataclass(frozen=True)
class _Run:
    """A load.

    Attributes:
        seconds: as its operator sees them: opening and indexing count.
        written: of them, until all could be found.
        core_seconds: of processors until then: on a busy machine, these tell what it costs.
    """

    report: LoadReport
    items: int
    seconds: float
    written: float
    core_seconds: float

    def rate(self, name: str, basis: str, at_least: float | None = None) -> Measure:
        return Measure(name, self.items / self.seconds, "items/s", basis, at_least=at_least)

    def written_rate(self, name: str, basis: str, at_least: float) -> Measure:
        return Measure(name, self.items / self.written, "items/s", basis, at_least=at_least)

    def rate_of_a_core(self, name: str) -> Measure:
        return Measure(name, self.items / self.core_seconds, "items/s", "processor time alone")


def _timed(wiring: Wiring, plan: BulkLoad, items: int) -> _Run:
    started, worked = time.perf_counter(), time.process_time()
    written = core = 0.0

    def indexing(_: int) -> None:
        nonlocal written, core
        written, core = time.perf_counter() - started, time.process_time() - worked

    report = load_collection(wiring, plan, Watcher(on_indexing=indexing)).report
    return _Run(report, items, time.perf_counter() - started, written, core)


def _expect(found: int, wanted: int) -> None:
    if found != wanted:
        raise SourceError(f"{found:,} of {wanted:,} items went the way that is measured.")
