"""Judgments from files.

    TREC      lines of 'query iteration item grade', separated by spaces (.qrels, .trec, .txt)
    TSV, CSV  with headings (.tsv, .csv)
    JSONL     one object in a line (.jsonl, .ndjson)
    Parquet   (.parquet)

Columns of the last three: query_id (or query, query-id), item_id (or item, doc_id, corpus-id), and
grade (or score, relevance, label), which may be missing: then every pair is relevant by grade 1.
A pair of grade 0 or below was judged and found not relevant.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.errors import SourceError
from eval.retrieval.rows import read_rows
from eval.retrieval.tasks import Qrels

_TREC = frozenset({".qrels", ".trec", ".txt", ".qrel"})
_QUERY = ("query_id", "query", "query-id", "qid")
_ITEM = ("item_id", "item", "doc_id", "docid", "corpus-id", "product_id", "id")
_GRADE = ("grade", "score", "relevance", "label")


def read_qrels(path: Path) -> Qrels:
    """Grade by item by query.

    A pair that is there more than once must have one grade. Raises SourceError, naming the line,
    for a file that can't be read, a missing column, an empty id, or a grade that is no number.
    """
    triples = _trec(path) if path.suffix.lower() in _TREC else _tabular(path)
    found: dict[str, dict[str, float]] = {}
    for place, query, item, grade in triples:
        if not query or not item:
            raise SourceError(f"{path}, {place}: an id is empty.", field="qrels")
        known = found.setdefault(query, {}).setdefault(item, grade)
        if known != grade:
            raise SourceError(
                f"{path}, {place}: query '{query}' and item '{item}' were graded {known:g} before, "
                f"and {grade:g} here.",
                hint="Keep one judgment for each pair.",
                field="qrels",
            )
    if not found:
        raise SourceError(f"{path} holds no judgment.", field="qrels")
    return found


def _trec(path: Path) -> Iterator[tuple[str, str, str, float]]:
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, start=1):
                parts = line.split()
                if not parts:
                    continue
                place = f"line {number}"
                if len(parts) != 4:
                    raise SourceError(
                        f"{path}, {place}: has {len(parts)} parts.",
                        hint="A TREC judgment is 'query iteration item grade'.",
                        field="qrels",
                    )
                yield place, parts[0], parts[2], _grade(path, place, parts[3])
    except OSError as error:
        raise SourceError(f"Can't read {path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not UTF-8.", hint="Save it as UTF-8.") from error


def _tabular(path: Path) -> Iterator[tuple[str, str, str, float]]:
    rows = read_rows(path)
    query, item = rows.column(_QUERY, "qrels"), rows.column(_ITEM, "qrels")
    grade = next((name for name in _GRADE if name in rows.columns), None)
    for place, row in rows.rows():
        value = 1.0 if grade is None else _grade(path, place, row.get(grade))
        yield place, _id(row, query), _id(row, item), value


def _id(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value)


def _grade(path: Path, place: str, value: Any) -> float:
    try:
        grade = float(value)
    except (TypeError, ValueError):
        grade = math.nan
    if not math.isfinite(grade):
        raise SourceError(f"{path}, {place}: the grade {value!r} is no number.", field="qrels")
    return grade
