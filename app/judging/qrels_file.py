"""Judgments as files that evaluation and training read: qrels, and their queries."""

from __future__ import annotations

import csv
import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.judging.judgment import Grade, query_id
from core.errors import InvalidRequest

_TREC = (".qrels", ".trec")
_TABLES = {".tsv": "\t", ".csv": ","}
KINDS = (*_TREC, *_TABLES, ".jsonl")
"""Endings of the files that can be written."""


@dataclass(frozen=True)
class Judged:
    """One item of one query with the grade that its judges agree on.

    Attributes:
        grade: the median of theirs; of two in the middle, the lower one.
        judges: how many.
    """

    query: str
    item: str
    grade: int
    judges: int


def settled(grades: Iterable[Grade]) -> list[Judged]:
    """One grade for each query and item, by query and item."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in grades:
        found[one.query, one.item].append(one.grade)
    return [
        Judged(query, item, statistics.median_low(given), len(given))
        for (query, item), given in sorted(found.items())
    ]


def write_qrels(path: Path, judged: Sequence[Judged]) -> None:
    """Write the judgments: TREC's four columns, or a table with query_id, query, item and grade.

    Raises InvalidRequest for a file of another kind, and for an item id that TREC's format, which
    parts by spaces, can't hold.
    """
    kind = _kind(path, KINDS)
    if kind in _TREC:
        lines = [_trec_line(one) for one in judged]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return
    rows = [
        {
            "query_id": query_id(one.query),
            "query": one.query,
            "item": one.item,
            "grade": one.grade,
            "judges": one.judges,
        }
        for one in judged
    ]
    _write_rows(path, kind, rows)


def write_queries(path: Path, judged: Sequence[Judged]) -> None:
    """Write the queries of the judgments: query_id and text. Raises InvalidRequest as
    `write_qrels`."""
    kind = _kind(path, (*_TABLES, ".jsonl"))
    queries = dict.fromkeys(one.query for one in judged)
    _write_rows(path, kind, [{"query_id": query_id(text), "text": text} for text in queries])


def _kind(path: Path, kinds: Sequence[str]) -> str:
    kind = path.suffix.lower()
    if kind not in kinds:
        raise InvalidRequest(
            f"'{path.name}' says no kind of file that can be written.",
            hint=f"Let its name end in {', '.join(kinds)}.",
            field="out",
        )
    return kind


def _trec_line(one: Judged) -> str:
    if len(one.item.split()) != 1:
        raise InvalidRequest(
            f"The item id '{one.item}' has spaces, which TREC's format can't hold.",
            hint="Write a table instead: a name that ends in .tsv.",
            field="out",
        )
    return f"{query_id(one.query)} 0 {one.item} {one.grade}"


def _write_rows(path: Path, kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        if kind == ".jsonl":
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            return
        names = list(rows[0])
        writer = csv.DictWriter(stream, names, delimiter=_TABLES[kind], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
