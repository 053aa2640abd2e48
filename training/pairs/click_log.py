"""A Parquet log of impressions and clicks, a file or a folder of them, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from numpy.typing import NDArray

from core.errors import InvalidItem, SourceError
from ingestion.sources import cells
from training.pairs.log_settings import LogReading
from training.pairs.pair import Side
from training.pairs.reading import check_columns, texts_of
from training.pairs.rows import RowImage

_NOWHERE = 2**62
"""The position of an item whose events have none."""


@dataclass(frozen=True)
class Shown:
    """Items shown, one entry for each item of each page, in order of page and position.

    Arrays are of shape (n,).

    Attributes:
        queries: the distinct queries.
        items: the distinct items' ids.
        page, query, item: int64 numbers.
        position: int64, from 0.
        clicked, randomised: bool.
        dropped: rows of the log that lack a page, item, position or query.
    """

    queries: Sequence[Side]
    items: Sequence[str]
    page: NDArray[np.int64]
    query: NDArray[np.int64]
    item: NDArray[np.int64]
    position: NDArray[np.int64]
    clicked: NDArray[np.bool_]
    randomised: NDArray[np.bool_]
    dropped: int


def read_log(settings: LogReading, path: Path) -> Shown:
    """The log's events of the actions and the time that `settings` name.

    An item clicked on a page counts as shown there. Position and query are those of any of its
    events on the page, so a click needs none of its own.

    Raises SourceError when it can't be read, lacks a column, or has no such event.
    """
    table = _events(settings, path)
    names = settings.columns
    page, pages = _numbers(table, names.page)
    item, items = _numbers(table, names.item)
    position = _positions(table.column(names.position), path)
    query_of_page, queries = _queries(table, settings, page, len(pages), path)
    clicked = _is_in(table, names.action, settings.clicks)
    random = _flags(table, settings)
    named = (page >= 0) & (item >= 0)
    named[named] = query_of_page[page[named]] >= 0
    places = np.flatnonzero(named)
    shown, inverse = np.unique(page[places] * len(items) + item[places], return_inverse=True)
    first = np.full(len(shown), _NOWHERE)
    np.minimum.at(first, inverse, np.where(position >= 0, position, _NOWHERE)[places])
    took, by_chance = (_any_of(flags[places], inverse, len(shown)) for flags in (clicked, random))
    kept = np.flatnonzero(first < _NOWHERE)
    if not len(kept):
        raise SourceError(
            f"{path} has no event with a page, a query, an item and a position.", field="log"
        )
    kept = kept[np.lexsort((first[kept], shown[kept] // len(items)))]
    return Shown(
        queries=queries,
        items=items,
        page=shown[kept] // len(items),
        query=query_of_page[shown[kept] // len(items)],
        item=shown[kept] % len(items),
        position=first[kept],
        clicked=took[kept],
        randomised=by_chance[kept],
        dropped=int((~named).sum() + (first[inverse] == _NOWHERE).sum()),
    )


def _any_of(flags: NDArray[np.bool_], group: NDArray[np.int64], groups: int) -> NDArray[np.bool_]:
    """bool (groups,): whether any flag of each group is set."""
    answer = np.zeros(groups, dtype=bool)
    np.logical_or.at(answer, group, flags)
    return answer


def _events(settings: LogReading, path: Path) -> pa.Table:
    """The rows of the actions and the time that count, with the columns that there are."""
    names = settings.columns
    try:
        dataset = ds.dataset([str(file) for file in _files(path)], format="parquet")
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{path} is no Parquet file that can be read: {error}", field="log"
        ) from error
    there = dataset.schema.names
    needed = [names.page, names.item, names.position, names.action]
    if names.query not in there and names.query_image not in there:
        needed.append(names.query)
    timed = settings.since is not None or settings.until is not None
    needed += [names.time] if timed else []
    needed += [names.randomised] if settings.propensities.estimator == "randomised" else []
    check_columns(needed, there, str(path))
    known = (names.query, names.query_image, names.time, names.randomised)
    optional = [name for name in known if name in there]
    table = dataset.to_table(columns=list(dict.fromkeys((*needed, *optional))))
    actions = (*settings.impressions, *settings.clicks)
    table = table.filter(pa.array(_is_in(table, names.action, actions)))
    if timed:
        table = table.filter(pa.array(_in_time(table.column(names.time), settings, path)))
    if not len(table):
        listed = ", ".join(f"'{each}'" for each in actions)
        raise SourceError(
            f"{path} has no event of the actions {listed} in that time.",
            hint="Name the actions with 'impressions' and 'clicks'.",
            field="log",
        )
    return table


def _files(path: Path) -> list[Path]:
    """The file, or all below the folder that `binocle events export` wrote. Raises SourceError."""
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*.parquet") if not file.name.startswith("."))
    if not files:
        raise SourceError(
            f"{path} holds no Parquet file.",
            hint="`binocle events export --to DIR` writes some.",
            field="log",
        )
    return files


def _is_in(table: pa.Table, column: str, values: Sequence[str]) -> NDArray[np.bool_]:
    texts = table.column(column).cast(pa.large_string())
    found: NDArray[np.bool_] = pc.is_in(texts, pa.array(values, pa.large_string())).to_numpy()
    return found


def _in_time(column: pa.ChunkedArray, settings: LogReading, path: Path) -> NDArray[np.bool_]:
    """Whether each moment is within the settings' bounds; moments without a zone are UTC."""
    try:
        moments = column.cast(pa.timestamp("us", "UTC"))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SourceError(f"The times of {path} can't be read: {error}", field="time") from error
    inside = np.ones(len(column), dtype=bool)
    if settings.since is not None:
        inside &= pc.greater_equal(moments, _utc(settings.since)).fill_null(False).to_numpy()
    if settings.until is not None:
        inside &= pc.less(moments, _utc(settings.until)).fill_null(False).to_numpy()
    return inside


def _utc(moment: datetime) -> pa.Scalar:
    return pa.scalar(moment, pa.timestamp("us", "UTC"))


def _numbers(table: pa.Table, column: str) -> tuple[NDArray[np.int64], list[str]]:
    """int64 (n,): a number for each distinct text, -1 for none; and the texts."""
    texts = pc.utf8_trim_whitespace(texts_of(column, table.column(column)))
    coded = pc.dictionary_encode(texts)
    codes = coded.indices.to_numpy().astype(np.int64)
    names: list[str] = coded.dictionary.to_pylist()
    if "" in names:
        codes[codes == names.index("")] = -1
    return codes, names


def _positions(column: pa.ChunkedArray, path: Path) -> NDArray[np.int64]:
    """int64 (n,) from 0; -1 for none. The log counts from 1."""
    try:
        given = column.cast(pa.int64()).fill_null(0).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SourceError(f"The positions of {path} are no whole numbers: {error}") from error
    if len(given) and given.min() < 0:
        raise SourceError(f"{path} has the position {given.min()}; they count from 1.")
    positions: NDArray[np.int64] = given.astype(np.int64) - 1
    return positions


def _flags(table: pa.Table, settings: LogReading) -> NDArray[np.bool_]:
    name = settings.columns.randomised
    if name not in table.column_names:
        return np.zeros(len(table), dtype=bool)
    flags: NDArray[np.bool_] = table.column(name).cast(pa.bool_()).fill_null(False).to_numpy()
    return flags


def _queries(
    table: pa.Table, settings: LogReading, page: NDArray[np.int64], pages: int, path: Path
) -> tuple[NDArray[np.int64], list[Side]]:
    """int64 (pages,): the query's number, -1 for none, by each page's first row with a query; the
    distinct queries."""
    number_of: dict[Side, int] = {}
    answer = np.full(pages, -1, dtype=np.int64)
    names = (settings.columns.query, settings.columns.query_image)
    columns = {name: table.column(name) for name in names if name in table.column_names}
    given = np.zeros(len(table), dtype=bool)
    for column in columns.values():
        given |= column.is_valid().to_numpy()
    rows = np.flatnonzero(given & (page >= 0))
    found, first = np.unique(page[rows], return_index=True)
    for number, row in zip(found.tolist(), rows[first].tolist(), strict=True):
        query = _query(columns, settings, row, path)
        if query:
            answer[number] = number_of.setdefault(query, len(number_of))
    return answer, list(number_of)


def _query(columns: Mapping[str, Any], settings: LogReading, row: int, path: Path) -> Side:
    """The text where there is one, or else the image; '' for neither."""
    texts = columns.get(settings.columns.query)
    text = "" if texts is None else " ".join(str(texts[row].as_py() or "").split())
    images = columns.get(settings.columns.query_image)
    if text or images is None:
        return text
    try:
        found = cells.image(images[row].as_py(), path.absolute().parent)
    except InvalidItem:
        return ""
    return RowImage(found.path, found.url, found.data, found.reference or f"{path} row {row + 1}")
