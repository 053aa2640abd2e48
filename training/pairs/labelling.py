"""Runs a classifier over all images of a catalog, once: what it finds is kept as Parquet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock
from numpy.typing import NDArray
from PIL import Image

from core.disk import disk_errors
from core.errors import ImageError
from training.pairs.classifier import Classifier
from training.pairs.images import ImageReader, name_of
from training.pairs.place import Place
from training.pairs.shelf import Shelf
from training.pairs.skips import Skip

KEPT = 10
"""Labels kept of an image, the most probable: another threshold needs no new run."""

_SKIPS = b"binocle_skips"
_SCHEMA = pa.schema(
    [("row", pa.int64()), ("rank", pa.int64()), ("label", pa.int64()), ("confidence", pa.float32())]
)


def labelled(
    shelf: Shelf, classifier: Classifier, batch: int, place: Place
) -> tuple[pa.Table, list[Skip]]:
    """Columns row, rank (0 is the most probable), label (number of the output), confidence; and the
    images that could not be used.

    From the cache where classifier and images are the same: the file's name is a hash of the
    weights, the preprocessing, and each image's identity (path, size and time of change; or the
    catalog's, where the images are in it). Raises StorageFull and StoreError.
    """
    target = place.cache / f"labels-{_key(shelf, classifier)}.parquet"
    with disk_errors():
        place.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_suffix(".lock")):
            if not target.exists():
                _write(shelf, classifier, batch, place, target)
    table = pq.read_table(target)
    skips = [Skip(**skip) for skip in json.loads((table.schema.metadata or {})[_SKIPS])]
    return table, skips


def _key(shelf: Shelf, classifier: Classifier) -> str:
    digest = hashlib.sha256(f"{classifier.fingerprint}|{shelf.rows.identity}".encode())
    for row in shelf.numbers.tolist():
        image = shelf.image(row) if shelf.rows.outside else None
        digest.update(f"|{row}".encode())
        if image is not None and image.path is not None:
            digest.update(_file_facts(image.path))
        elif image is not None:
            digest.update((image.url or "").encode(errors="replace"))
    return digest.hexdigest()[:32]


def _file_facts(path: Path) -> bytes:
    try:
        status = path.stat()
    except OSError:
        return f"{path} missing".encode(errors="replace")
    return f"{path} {status.st_size} {status.st_mtime_ns}".encode(errors="replace")


def _write(shelf: Shelf, classifier: Classifier, batch: int, place: Place, target: Path) -> None:
    skips: list[Skip] = []
    parts = [_SCHEMA.empty_table()]
    for rows, images in _batches(shelf, classifier, batch, place, skips):
        parts.append(_best(rows, classifier.probabilities(images)))
    metadata = {_SKIPS: json.dumps([asdict(skip) for skip in skips]).encode()}
    table = pa.concat_tables(parts).replace_schema_metadata(metadata)
    unfinished = target.with_suffix(".unfinished")
    pq.write_table(table, unfinished)
    unfinished.replace(target)


def _best(rows: list[int], probabilities: NDArray[np.float32]) -> pa.Table:
    """The most probable labels of each row."""
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :KEPT]
    count = best.shape[1]
    columns = {
        "row": np.repeat(rows, count),
        "rank": np.tile(np.arange(count), len(rows)),
        "label": best.ravel(),
        "confidence": np.take_along_axis(probabilities, best, 1).ravel(),
    }
    return pa.table(columns, schema=_SCHEMA)


def _batches(
    shelf: Shelf, classifier: Classifier, batch: int, place: Place, skips: list[Skip]
) -> Iterator[tuple[list[int], list[Image.Image]]]:
    reader = ImageReader(classifier.preprocessing.size)
    rows: list[int] = []
    images: list[Image.Image] = []
    numbers = shelf.numbers.tolist()
    for done, row in enumerate(numbers, start=1):
        source = shelf.image(row)
        try:
            images.append(reader.read(source))
            rows.append(row)
        except ImageError as error:
            skips.append(Skip(shelf.rows.name, name_of(source), str(error)))
        if len(images) == batch or (done == len(numbers) and images):
            yield rows, images
            rows, images = [], []
            place.progress("classifying", done, len(numbers))
