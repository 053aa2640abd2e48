"""A catalog that is loaded again: unchanged, and with new prices."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from app.ingest_bench.catalog import made_pictures, write_catalog
from app.ingest_bench.stand_in import StandIn
from app.loading import BulkLoad, load_collection
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

    The encoder is a stand-in that costs nothing: the first load's figure is that of all else.
    """
    pictures = made_pictures(folder / "pictures")
    catalog = write_catalog(folder / "catalog.csv", pictures, items)
    plan = BulkLoad("resync", str(catalog), sync=Sync())
    settings = settings.model_copy(update={"encoder": StandIn.name})
    with closing(build(settings, encoder=StandIn())) as wiring:
        first = _timed(wiring, plan)
        same = _timed(wiring, plan)
        write_catalog(catalog, pictures, items, edition=1)
        renewed = _timed(wiring, plan)
    _expect(first[0].indexed, items)
    _expect(same[0].unchanged, items)
    _expect(renewed[0].renewed, items)
    basis = f"{items:,} rows of a CSV"
    return [
        Measure("first load", items / first[1], "items/s", f"{basis}, encoding costs nothing"),
        Measure("unchanged, synced again", items / same[1], "items/s", basis, at_least=_UNCHANGED),
        Measure("new prices", items / renewed[1], "items/s", basis, at_least=_RENEWED),
    ]


def _timed(wiring: Wiring, plan: BulkLoad) -> tuple[LoadReport, float]:
    """The load, and its seconds as its operator sees them: opening and indexing count."""
    started = time.perf_counter()
    loaded = load_collection(wiring, replace(plan))
    return loaded.report, time.perf_counter() - started


def _expect(found: int, wanted: int) -> None:
    if found != wanted:
        raise SourceError(f"{found:,} of {wanted:,} items went the way that is measured.")
