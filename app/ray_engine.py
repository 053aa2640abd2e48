"""Loads on Ray Data: images are read, decoded and encoded by its tasks, which write to the server.

The source is read, and compared with the ledger, where the command runs; so a load on Ray is as
resumable as any other. Its tasks need this package, the images and the Qdrant server at hand, and
for groups of near-duplicates a database that they share.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from app.settings import Settings
from app.wiring import build
from core.errors import BinocleError, InvalidItem, SettingsError, StoreError, error_class
from encoders.remote.encoder import is_remote
from ingestion.elsewhere import Written
from ingestion.indexing import Indexer
from ingestion.payload import SHA256
from ingestion.rejects import Rejection
from ingestion.sources.source import Candidate
from qdrant.store import Generation, Point

_BATCH = 32
"""Images of one run in a task."""


@dataclass(frozen=True)
class RayEngine:
    """Runs on the Ray cluster of RAY_ADDRESS, or one of this machine's own.

    Args:
        workers: tasks at a time; None for as many as the cluster has processors.

    Raises SettingsError where Ray is not installed, or the store is in this process.
    """

    settings: Settings
    collection: str
    generation: str
    workers: int | None = None
    batch: int = 5_000

    def __post_init__(self) -> None:
        if not is_remote(self.settings.store):
            raise SettingsError(
                "--engine ray writes from many processes, and the embedded store has one owner.",
                hint="Give the URL of a Qdrant server by --store.",
                field="engine",
            )
        ray = _ray()
        if not ray.is_initialized():  # here, as Ray handles signals in the main thread only
            ray.init(include_dashboard=False, log_to_driver=False, configure_logging=False)
        ray.data.DataContext.get_current().enable_progress_bars = False

    def write(self, candidates: Sequence[Candidate]) -> Iterator[Written]:
        """See `ingestion.elsewhere.Elsewhere`."""
        ray = _ray()
        rows = [
            {"place": place, "item": pickle.dumps(each.item)}
            for place, each in enumerate(candidates)
        ]
        workers = self.workers or int(ray.cluster_resources().get("CPU", 1))
        blocks = max(1, min(len(rows) // _BATCH, 4 * workers))
        written = ray.data.from_items(rows, override_num_blocks=blocks).map_batches(
            index_batch,
            batch_size=_BATCH,
            compute=ray.data.TaskPoolStrategy(size=workers),
            fn_kwargs={
                "settings": pickle.dumps(self.settings),
                "collection": self.collection,
                "generation": self.generation,
            },
        )
        try:
            for row in written.iter_rows():
                yield _written(row)
        except ray.exceptions.RayError as error:
            cause = getattr(error, "cause", None)
            raise (
                cause
                if isinstance(cause, BinocleError)
                else StoreError(f"Ray failed: {str(error).strip().splitlines()[-1]}")
            ) from error


def index_batch(
    batch: dict[str, np.ndarray[Any, Any]], settings: bytes, collection: str, generation: str
) -> dict[str, list[Any]]:
    """Index pickled items; in a process of Ray's, which keeps its encoder for the next batch."""
    worker = _worker(settings, collection, generation)
    items = [pickle.loads(each) for each in batch["item"]]  # noqa: S301 - made by this program
    worker.shas.clear()
    worker.refused.clear()
    errors = []
    for item, outcome in zip(items, worker.indexer.index(items), strict=True):
        refused = worker.refused.get(item.id)
        if isinstance(outcome, Rejection):
            errors.append((outcome.kind, outcome.reason, outcome.field or ""))
        else:
            errors.append(("", "", "") if refused is None else refused)
    return {
        "place": [int(place) for place in batch["place"]],
        "sha256": [worker.shas.get(item.id, "") for item in items],
        "kind": [kind for kind, _, _ in errors],
        "reason": [reason for _, reason, _ in errors],
        "field": [field for _, _, field in errors],
    }


@dataclass(frozen=True)
class _Worker:
    indexer: Indexer
    shas: dict[str, str]
    refused: dict[str, tuple[str, str, str]]


@lru_cache(maxsize=1)
def _worker(settings: bytes, collection: str, generation: str) -> _Worker:
    loaded: Settings = pickle.loads(settings)  # noqa: S301 - made by this program
    wiring = build(loaded, role="ray")
    opened = wiring.store.open(collection, generation)
    shas: dict[str, str] = {}
    refused: dict[str, tuple[str, str, str]] = {}

    def write(points: Sequence[Point]) -> None:
        try:
            _upsert(opened, points, shas)
        except InvalidItem as error:  # of one of them; none is written
            if len(points) == 1:
                refused[points[0].id] = (error.code, str(error), error.field or "")
            for point in points if len(points) > 1 else ():
                write([point])

    indexer = Indexer(
        opened,
        wiring.encoder_of(collection, opened.config),
        wiring.new_thumbnails(collection),
        wiring.load_limits(),
        write,
        derive=wiring.derive(),
        duplicates=wiring.duplicates(collection) if loaded.database is not None else None,
    )
    return _Worker(indexer, shas, refused)


def _upsert(generation: Generation, points: Sequence[Point], shas: dict[str, str]) -> None:
    generation.upsert(points)
    shas.update({point.id: str(point.payload.get(SHA256, "")) for point in points})


def _written(row: dict[str, Any]) -> Written:
    if not row["kind"]:
        return Written(int(row["place"]), str(row["sha256"]))
    kind = error_class(str(row["kind"]))
    error = kind(str(row["reason"]), field=str(row["field"]) or None)
    return Written(int(row["place"]), error=error)


def _ray() -> Any:
    try:
        import ray
        import ray.data
    except ImportError:
        raise SettingsError(
            "--engine ray needs Ray, which is not installed.", hint="Install binocle[ray]."
        ) from None
    return ray
