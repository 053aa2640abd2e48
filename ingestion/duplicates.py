"""Groups of near-duplicates: the same picture at another size, in another file, a little cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from core.fields import Schema
from database.engine import Database
from ingestion.derive import Likeness
from ingestion.likeness_table import BANDS, LIKENESSES
from qdrant.store import Point

DISTANCE = 4
"""Bits of 64 in which the hashes of near-duplicates may differ, and
  LAYOUT the largest mean difference of their cells' colours, of 255, and
  ASPECT the largest ratio of their widths to heights.
docs/catalogs.md has what was measured."""
LAYOUT = 6.0
ASPECT = 1.05
GROUP = "duplicate_group"
_AT_ONCE = 500
_WIDTH = 13


@dataclass(frozen=True)
class _Leader:
    group: str
    likeness: Likeness


class DuplicateIndex:
    """The likenesses of a collection's items. Safe for several threads and processes.

    Hashes that differ in at most 4 bits agree in one of 5 bands of 13 bits (12 in the last; by the
    pigeonhole principle), so that a look-up reads the few rows that share a band and compares those
    in full: nothing is missed that is within the distance.

    A group has the name of its first item, its leader, and holds what resembles that one: no chain
    of items, each like the next, becomes one group. All generations of a collection share the
    groups, which are no more than names.

    All methods raise DatabaseError where the database can't be used.
    """

    def __init__(self, database: Database, collection: str) -> None:
        self._database = database
        self._collection = collection
        database.prepare()

    def add(self, likenesses: Mapping[str, Likeness | None]) -> dict[str, str]:
        """Take items in, in order; the names of their groups, of those that are in another's.

        None is an item that is like no other. An item that is in already is taken in anew.
        """
        if not likenesses:
            return {}
        known = {each: like for each, like in likenesses.items() if like is not None}
        with self._database.write() as connection:
            led = self._forget(connection, list(likenesses))
            leaders = self._leaders(connection, list(known.values()))
            rows, groups = [], {}
            for each, likeness in known.items():
                group = _nearest(likeness, leaders)
                leads = group is None
                if group is None:
                    # Others stand behind the picture that the item had before.
                    group = f"{each}#{likeness.hexadecimal}" if each in led else each
                    for band in enumerate(_bands(likeness.phash)):
                        leaders[band].append(_Leader(group, likeness))
                if group != each:
                    groups[each] = group
                rows.append(self._row(each, likeness, group, leads=leads))
            if rows:
                connection.execute(insert(LIKENESSES), rows)
        return groups

    def remove(self, ids: Sequence[str]) -> None:
        """Forget items that are gone. A group keeps the name of a first item that is."""
        with self._database.write() as connection:
            self._forget(connection, ids)

    def clear(self) -> None:
        """Forget all items of the collection."""
        with self._database.write() as connection:
            connection.execute(
                delete(LIKENESSES).where(LIKENESSES.c.collection == self._collection)
            )

    def _forget(self, connection: Connection, ids: Sequence[str]) -> set[str]:
        """Drop the rows; the ids that still name a group of others, which get another leader."""
        table = LIKENESSES.c
        mine = table.collection == self._collection
        led: set[str] = set()
        for part in _parts(ids):
            gone = delete(LIKENESSES).where(mine, table.id.in_(part))
            names = connection.execute(gone.returning(table.leader, table.leads)).all()
            headless = {row.leader for row in names if row.leads}
            following = select(LIKENESSES).where(mine, table.leader.in_([*headless, *part]))
            rows = connection.execute(following.order_by(table.id)).all()
            led |= {row.leader for row in rows}
            for group in headless:
                self._promote(connection, [row for row in rows if row.leader == group])
        return led

    def _promote(self, connection: Connection, followers: Sequence[Row[Any]]) -> None:
        """Let the first of a group's items lead it."""
        if not followers or any(row.leads for row in followers):
            return
        first = followers[0]
        table = LIKENESSES.c
        connection.execute(
            update(LIKENESSES)
            .where(table.collection == self._collection, table.id == first.id)
            .values(leads=True, **_band_values(int.from_bytes(first.phash, "big")))
        )

    def _leaders(
        self, connection: Connection, likenesses: Sequence[Likeness]
    ) -> defaultdict[tuple[int, int], list[_Leader]]:
        """The leaders that share a band with any of these, by band."""
        wanted: list[set[int]] = [set() for _ in range(BANDS)]
        for likeness in likenesses:
            for at, bits in enumerate(_bands(likeness.phash)):
                wanted[at].add(bits)
        found: defaultdict[tuple[int, int], list[_Leader]] = defaultdict(list)
        if not likenesses:
            return found
        table = LIKENESSES.c
        shared = or_(*(table[f"band{at}"].in_(bits) for at, bits in enumerate(wanted)))
        rows = connection.execute(
            select(table.leader, table.phash, table.layout, table.aspect).where(
                table.collection == self._collection, shared
            )
        )
        for row in rows:
            phash = int.from_bytes(row.phash, "big")
            leader = _Leader(row.leader, Likeness(phash, row.layout, row.aspect))
            for at, bits in enumerate(_bands(phash)):
                if bits in wanted[at]:
                    found[at, bits].append(leader)
        return found

    def _row(self, item: str, likeness: Likeness, group: str, *, leads: bool) -> dict[str, Any]:
        none = dict.fromkeys((f"band{at}" for at in range(BANDS)), None)
        return {
            "collection": self._collection,
            "id": item,
            "leader": group,
            "leads": leads,
            "phash": likeness.phash.to_bytes(8, "big"),
            "layout": likeness.layout,
            "aspect": likeness.aspect,
            **(_band_values(likeness.phash) if leads else none),
        }


def with_groups(
    points: Sequence[Point],
    likenesses: Mapping[str, Likeness | None],
    index: DuplicateIndex | None,
    schema: Schema,
) -> list[Point]:
    """The points, each with the name of its group in its payload where it is in another's.

    Where the catalog declares that field itself, or there is no index, they stay as they are.
    """
    if index is None or not schema.derives(GROUP):
        return list(points)
    groups = index.add({point.id: likenesses.get(point.id) for point in points})
    return [
        replace(point, payload={**point.payload, GROUP: groups[point.id]})
        if point.id in groups
        else point
        for point in points
    ]


def alike(one: Likeness, other: Likeness) -> bool:
    """Whether two images are near-duplicates."""
    return (
        (one.phash ^ other.phash).bit_count() <= DISTANCE
        and max(one.aspect, other.aspect) <= ASPECT * min(one.aspect, other.aspect)
        and colour_distance(one, other) <= LAYOUT
    )


def colour_distance(one: Likeness, other: Likeness) -> float:
    """Mean absolute difference of the layouts' channels, 0 to 255."""
    mine = np.frombuffer(one.layout, dtype=np.uint8).astype(np.int16)
    return float(np.abs(mine - np.frombuffer(other.layout, dtype=np.uint8)).mean())


def _nearest(
    likeness: Likeness, leaders: Mapping[tuple[int, int], Sequence[_Leader]]
) -> str | None:
    """The group of the leader that it resembles most; None where it resembles none."""
    best: tuple[int, float, str] | None = None
    for band in enumerate(_bands(likeness.phash)):
        for leader in leaders.get(band, ()):
            if alike(likeness, leader.likeness):
                bits = (likeness.phash ^ leader.likeness.phash).bit_count()
                apart = colour_distance(likeness, leader.likeness)
                found = (bits, apart, leader.group)
                best = found if best is None else min(best, found)
    return best[2] if best is not None else None


def _bands(phash: int) -> list[int]:
    return [(phash >> (_WIDTH * at)) & (2**_WIDTH - 1) for at in range(BANDS)]


def _band_values(phash: int) -> dict[str, int]:
    return {f"band{at}": bits for at, bits in enumerate(_bands(phash))}


def _parts(ids: Sequence[str]) -> Iterator[list[str]]:
    left = iter(ids)
    while part := list(islice(left, _AT_ONCE)):
        yield part
