"""The Parquet file of mined negatives.

One row a query: `query` (text or null), `query_image` ({bytes, path} or null), `positive` (id),
`score` (cosine of query and positive), `negatives` (ids, hardest first), `scores` (their cosines).
The schema's metadata has, under 'binocle', the encoder and the options as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.disk import disk_errors
from core.errors import SourceError
from core.items import ImageSource
from ingestion.sources import cells
from training.pairs.pair import Side
from training.pairs.reading import check_columns
from training.pairs.rows import RowImage
from training.pairs.searcher import Found

_KEY = b"binocle"
_SCHEMA = pa.schema(
    [
        ("query", pa.large_string()),
        ("query_image", pa.struct([("bytes", pa.large_binary()), ("path", pa.large_string())])),
        ("positive", pa.large_string()),
        ("score", pa.float32()),
        ("negatives", pa.list_(pa.large_string())),
        ("scores", pa.list_(pa.float32())),
    ]
)


@dataclass(frozen=True)
class MinedRow:
    """A query, its right item, and items that are not right, hardest first."""

    query: Side
    positive: str
    score: float
    negatives: Sequence[Found]


def write_mined(rows: Sequence[MinedRow], facts: Mapping[str, Any], target: Path) -> None:
    """Writes the file, whole or not at all. Raises StorageFull and StoreError."""
    columns = {
        "query": [row.query if isinstance(row.query, str) else None for row in rows],
        "query_image": [None if isinstance(row.query, str) else _cell(row.query) for row in rows],
        "positive": [row.positive for row in rows],
        "score": [row.score for row in rows],
        "negatives": [[found.id for found in row.negatives] for row in rows],
        "scores": [[found.score for found in row.negatives] for row in rows],
    }
    metadata = {_KEY: json.dumps(facts, sort_keys=True).encode()}
    table = pa.table(columns, schema=_SCHEMA.with_metadata(metadata))
    unfinished = target.with_name(f"{target.name}.unfinished")
    with disk_errors():
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, unfinished)
        unfinished.replace(target)


def read_mined(path: Path) -> list[MinedRow]:
    """The file's rows; relative paths of query images are from its folder.

    Raises SourceError where it is missing, damaged, empty, or no such file.
    """
    try:
        check_columns(_SCHEMA.names, pq.read_schema(path).names, str(path))
        rows = pq.read_table(path, columns=_SCHEMA.names).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{path} is no file of mined negatives that can be read: {error}", field="pairs"
        ) from error
    if not rows:
        raise SourceError(f"{path} has no mined negatives.", field="pairs")
    return [_row(row, f"{path} row {number}", path) for number, row in enumerate(rows, start=1)]


def read_facts(path: Path) -> dict[str, Any]:
    """What the file was made by: encoder, fingerprint, options; empty where that is not told."""
    found = (pq.read_schema(path).metadata or {}).get(_KEY)
    facts: dict[str, Any] = json.loads(found) if found else {}
    return facts


def _row(row: Mapping[str, Any], place: str, path: Path) -> MinedRow:
    query: Side = row["query"] or ""
    if not query:
        found = cells.image(row["query_image"], path.absolute().parent)
        query = RowImage(found.path, found.url, found.data, found.reference or place)
    pairs = zip(row["negatives"], row["scores"], strict=True)
    return MinedRow(
        query, row["positive"], row["score"], [Found(item, score) for item, score in pairs]
    )


def _cell(image: ImageSource) -> dict[str, Any]:
    if image.data is not None:
        return {"bytes": image.data, "path": None}
    return {"bytes": None, "path": str(image.path.absolute()) if image.path else image.url}
