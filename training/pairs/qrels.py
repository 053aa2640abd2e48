"""Files of judgments: TREC's four columns, or a table with headings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import InvalidItem, SourceError
from ingestion.rejects import Rejection
from ingestion.sources import cells
from ingestion.sources.opening import CATALOGS
from training.pairs.pair import Side
from training.pairs.reading import check_columns, text_of
from training.pairs.rows import RowImage
from training.pairs.settings import Judgments
from training.pairs.skips import Skip


@dataclass(frozen=True)
class Judgment:
    """That an item was found to be of a grade for a query."""

    query: Side
    item: str
    grade: float
    place: str  # file and row, for people


def judgments(settings: Judgments, qrels: Path, queries: Path | None) -> Iterator[Judgment | Skip]:
    """What the file holds, in order; rows that can't be used as skips.

    Raises SourceError when a file can't be read, lacks a column, or needs the queries' file.
    """
    known = dict(_queries(settings, queries)) if queries is not None else None
    for place, query_id, query, item, grade in _rows(settings, qrels, known is not None):
        if isinstance(grade, Skip):
            yield grade
            continue
        side = query if known is None else known.get(query_id)
        if side is None or side == "":
            reason = f"The query '{query_id}' is not in {queries}." if known else "It has no query."
            yield Skip(str(qrels), place, reason)
        else:
            yield Judgment(side, item, grade, place)


def _rows(
    settings: Judgments, path: Path, by_id: bool
) -> Iterator[tuple[str, str, Side, str, float | Skip]]:
    """Place, query id, query, item, grade (or why there is none)."""
    if is_trec(path):
        if not by_id:
            raise SourceError(
                f"{path} is a TREC file: it names queries by their ids alone.",
                hint="Give the file of the queries as 'queries'.",
                field="queries",
            )
        yield from _trec_rows(path)
        return
    reader = CATALOGS.get(path.suffix.lower())
    if reader is None:
        raise SourceError(
            f"{path} is no file of judgments: neither TREC's four columns nor a table.",
            hint=f"Tables are {', '.join(CATALOGS)} files with headings.",
            field="qrels",
        )
    file = reader(path)
    query = settings.query_id if by_id else None
    check_columns(
        [*([query] if query else []), settings.item, settings.grade], file.columns(), str(path)
    )
    if not by_id:
        _check_query(settings, file.columns(), path)
    for record in file.records():
        place = f"{path} row {record.row}"
        if isinstance(record, Rejection):
            yield place, "", "", "", Skip(str(path), place, record.reason)
            continue
        yield _row(settings, record.values, place, path, by_id)


def _row(
    settings: Judgments, values: Any, place: str, path: Path, by_id: bool
) -> tuple[str, str, Side, str, float | Skip]:
    try:
        query_id = text_of(settings.query_id, values.get(settings.query_id)) if by_id else ""
        query = "" if by_id else query_of(settings, values, path.parent, place)
        item = cells.identifier(values.get(settings.item))
        return place, query_id, query, item, _grade(values.get(settings.grade))
    except InvalidItem as error:
        return place, "", "", "", Skip(str(path), place, str(error))


def _trec_rows(path: Path) -> Iterator[tuple[str, str, Side, str, float | Skip]]:
    with path.open(encoding="utf-8", errors="surrogateescape") as stream:
        for number, line in enumerate(stream, start=1):
            parts = line.split()
            place = f"{path} row {number}"
            if not parts:
                continue
            if len(parts) != 4:
                reason = f"The row has {len(parts)} columns, not four."
                yield place, "", "", "", Skip(str(path), place, reason)
                continue
            try:
                yield place, parts[0], "", parts[2], _grade(parts[3])
            except InvalidItem as error:
                yield place, "", "", "", Skip(str(path), place, str(error))


def is_trec(path: Path) -> bool:
    """Whether the first line has four columns and a number for the last: 'query 0 item grade'.

    Raises SourceError when the file can't be read.
    """
    if path.suffix.lower() in (".parquet", ".jsonl", ".ndjson", ".csv"):
        return False
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            parts = stream.readline(10_000).split()
    except OSError as error:
        raise SourceError(
            f"Can't read {path}: {error.strerror or error}.", field="qrels"
        ) from error
    return len(parts) == 4 and parts[3].lstrip("-").isdigit()


def _queries(settings: Judgments, path: Path) -> Iterator[tuple[str, Side]]:
    reader = CATALOGS.get(path.suffix.lower())
    if reader is None:
        raise SourceError(
            f"{path} is no catalog of queries.", hint=f"Give one of {', '.join(CATALOGS)}."
        )
    file = reader(path)
    check_columns([settings.query_id], file.columns(), str(path))
    _check_query(settings, file.columns(), path)
    for record in file.records():
        if isinstance(record, Rejection):
            continue  # what is judged of it is told as having no query
        try:
            query_id = text_of(settings.query_id, record.values.get(settings.query_id))
            yield (
                query_id,
                query_of(settings, record.values, path.parent, f"{path} row {record.row}"),
            )
        except InvalidItem:
            continue


def _check_query(settings: Judgments, columns: list[str], path: Path) -> None:
    if settings.query not in columns and settings.query_image not in columns:
        check_columns([settings.query], columns, str(path))


def query_of(settings: Judgments, values: Any, folder: Path, place: str) -> Side:
    """The text where there is one, or else the image. Raises InvalidItem for neither."""
    text = " ".join(text_of(settings.query, values.get(settings.query)).split())
    if text:
        return text
    found = cells.image(values.get(settings.query_image), folder.absolute())
    return RowImage(found.path, found.url, found.data, found.reference or place)


def _grade(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InvalidItem(f"The grade is {value!r}, no number.", field="grade") from None
