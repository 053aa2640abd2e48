"""What a load takes in memory, by the length of its catalog: each load in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psutil

from app.ingest_bench.catalog import made_pictures, write_catalog
from app.ingest_bench.stand_in import NOTHING_DERIVED, StandIn
from app.loading import BulkLoad, Watcher, load_collection
from app.settings import Settings
from app.wiring import build
from core.errors import SourceError
from eval.bench.measures import Measure

_MOST_MB = 1_000
_EVERY_S = 0.1


def bench_memory(folder: Path, sizes: Sequence[int]) -> list[Measure]:
    """The most resident memory of a load of each size, and its growth from first to last.

    Nothing is encoded or derived of the images: none of that outlives its batch.
    """
    pictures = made_pictures(folder / "pictures")
    found, peaks = list[Measure](), list[float]()
    for rows in sizes:
        catalog = write_catalog(folder / f"{rows}.csv", pictures, rows)
        told = _in_child(folder / f"data-{rows}", catalog)
        peaks.append(told["loading_mb"])
        basis = f"{rows:,} rows in {told['seconds']:,.0f} s"
        found += [
            Measure(f"memory, {rows:,} rows", peaks[-1], "MB", basis, at_most=_MOST_MB),
            Measure(
                "  of it not files' pages", told["anonymous_mb"], "MB", "private to the process"
            ),
            Measure("  while indexing", told["indexing_mb"], "MB", "graph and its files"),
        ]
    found.append(Measure("memory, last / first", peaks[-1] / peaks[0], "x", "while loading"))
    return found


def _in_child(data: Path, catalog: Path) -> dict[str, float]:
    """What a load of `catalog` took at most, sampled from outside: while the engine builds its
    graph, nothing else runs in the process that loads."""
    command = [sys.executable, "-m", "app.ingest_bench.memory", str(data), str(catalog)]
    most = {"loading": 0.0, "indexing": 0.0, "anonymous": 0.0}
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        said: list[str] = []
        listener = threading.Thread(target=lambda: said.extend(child.stdout or ()), daemon=True)
        listener.start()
        while child.poll() is None:
            phase = "indexing" if said else "loading"
            _sample(child.pid, phase, most)
            time.sleep(_EVERY_S)
        listener.join()
    if child.returncode != 0:
        raise SourceError("The measured load failed; see above.")
    return {
        "loading_mb": most["loading"],
        "indexing_mb": most["indexing"],
        "anonymous_mb": most["anonymous"],
        "seconds": time.perf_counter() - started,
    }


def _sample(pid: int, phase: str, most: dict[str, float]) -> None:
    try:
        memory = psutil.Process(pid).memory_info()
    except psutil.NoSuchProcess:
        return
    most[phase] = max(most[phase], memory.rss / 1e6)
    if phase == "loading":
        own = (memory.rss - getattr(memory, "shared", 0)) / 1e6
        most["anonymous"] = max(most["anonymous"], own)


def _main(data: Path, catalog: Path) -> int:
    def indexing(_: int) -> None:
        sys.stdout.write("indexing\n")
        sys.stdout.flush()

    settings = Settings.load(data=data, encoder=StandIn.name)
    settings = settings.model_copy(update={"derive": NOTHING_DERIVED})
    with closing(build(settings, encoder=StandIn())) as wiring:
        plan = BulkLoad("memory", str(catalog))
        report = load_collection(wiring, plan, Watcher(on_indexing=indexing)).report
    return 0 if report.complete and not report.rejected else 1


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), Path(sys.argv[2])))
