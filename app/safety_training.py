"""A safety head trained on judged items of a collection, measured on others."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from app.wiring import Wiring
from core.errors import InvalidRequest, SourceError
from encoders.encoder import Vectors
from encoders.safety import ZERO_SHOT, load_judge, write_head
from eval.retrieval.rows import read_rows
from qdrant.store import JOINT, Generation
from training.safety.head import Measured, Unsafe, train_head

_PAGE = 500
_YES, _NO = ("1", "true", "yes", "unsafe"), ("0", "false", "no", "safe")
_HELD_OUT = 0.3


@dataclass(frozen=True)
class Report:
    """What came of it: on held-out items the head, and the zero-shot judge beside it.

    missing: judged items that the collection has not.
    """

    learned_from: int
    head: Measured
    zero_shot: Measured
    missing: int

    def as_json(self) -> dict[str, Any]:
        return {
            "learned_from": self.learned_from,
            "head": self.head.as_json(),
            "zero_shot": self.zero_shot.as_json(),
            "missing": self.missing,
        }


def read_labels(path: Path) -> dict[str, bool]:
    """By item whether it is unsafe: a table with the columns id and unsafe. Raises SourceError."""
    table = read_rows(path)
    key, unsafe = table.column(("id", "item"), "labels"), table.column(("unsafe",), "labels")
    found = {}
    for where, row in table.rows():
        said = str(row[unsafe]).strip().lower().removesuffix(".0")
        if said not in _YES + _NO:
            raise SourceError(
                f"{path}, {where}: '{row[unsafe]}' is neither yes nor no.", hint="Write 1 or 0."
            )
        found[str(row[key])] = said in _YES
    return found


def train_safety(
    wiring: Wiring, collection: str, labels: Mapping[str, bool], out: Path, *, recall: float
) -> Report:
    """Train on seven in ten of the judged items, which their ids choose, measure on the others, and
    keep the head.

    Raises InvalidRequest where there is too little to learn or to measure, CollectionNotFound,
    CollectionBusy, SettingsError and StoreError.
    """
    with wiring.catalog.lease(collection) as opened:
        config = opened.config
        ids, vectors = _vectors(opened.generation, labels)
    unsafe: Unsafe = np.array([labels[each] for each in ids], dtype=np.bool_)
    held = np.array([_is_held_out(each) for each in ids], dtype=np.bool_)
    if not (unsafe & held).any() or not (~unsafe & held).any():
        raise InvalidRequest(
            f"Of {len(ids):,} judged items in '{collection}' too few are left to measure on.",
            hint="Judge more items, unsafe and safe ones.",
            field="labels",
        )
    head = train_head(vectors[~held], unsafe[~held], recall=recall)
    zero_shot = load_judge(ZERO_SHOT, wiring.encoder_of(collection, config))
    report = Report(
        int((~held).sum()),
        Measured.of(head, vectors[held], unsafe[held]),
        Measured.of(zero_shot, vectors[held], unsafe[held]),
        len(labels) - len(ids),
    )
    trained = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "collection": collection,
        "encoder": config.encoder,
        "wanted_recall": recall,
        **report.as_json(),
    }
    write_head(out, head, config.fingerprint, trained)
    return report


def _vectors(generation: Generation, labels: Mapping[str, bool]) -> tuple[list[str], Vectors]:
    """Ids and joint vectors, float32 (n, dim), of the judged items that are there."""
    ids: list[str] = []
    rows = []
    wanted = iter(labels)
    while page := list(islice(wanted, _PAGE)):
        for point in generation.retrieve(page, with_vectors=True):
            ids.append(point.id)
            rows.append(point.vectors[JOINT])
    dim = generation.config.vectors[JOINT]
    return ids, np.stack(rows) if rows else np.empty((0, dim), dtype=np.float32)


def _is_held_out(item: str) -> bool:
    """Decided by the id alone: no item is ever on both sides."""
    return int.from_bytes(hashlib.sha256(item.encode()).digest()[:4], "big") / 2**32 < _HELD_OUT
