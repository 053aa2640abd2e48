"""The ledger: what a load wrote of each item, so that what has not changed costs nothing.

A row is begun before the store is written to and settled after. A process that dies between leaves
a row that is not settled, and such an item is compared with the store itself. Who writes to the
collection beside the loads notes the items' ids first; then they are not settled any more, and
their numbers tell a generation that is being built what to take over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnElement

from database.engine import Database
from ingestion.ledger_tables import LEDGER_CHANGES, LEDGER_ITEMS

_AT_ONCE = 500
"""Ids of one statement: SQLite and PostgreSQL take thousands, and plan hundreds at no cost."""


class _State(IntEnum):
    BEGUN = 0
    SETTLED = 1
    TOUCHED = 2


@dataclass(frozen=True)
class Entry:
    """What the source said of an item.

    Attributes:
        item: hash of all that the source says, the identity of its image included.
        image: hash of the image's identity alone: path, size and time; URL; or its content.
        sha256: of the image file's bytes; '' where they were not read yet.
    """

    item: str
    image: str
    sha256: str = ""


class Ledger:
    """The ledger of one generation. Safe for several threads and processes.

    All methods raise DatabaseError where the database can't be used.
    """

    def __init__(self, database: Database, collection: str, generation: str) -> None:
        self._database = database
        self._collection = collection
        self._generation = generation
        database.prepare()

    @property
    def generation(self) -> str:
        """Whose ledger it is."""
        return self._generation

    def known(self, ids: Sequence[str]) -> dict[str, Entry]:
        """The settled entries among `ids`."""
        table = LEDGER_ITEMS.c
        wanted = select(table.id, table.item, table.image, table.sha256)
        found: dict[str, Entry] = {}
        with self._database.read() as connection:
            for part in _parts(ids):
                rows = connection.execute(
                    wanted.where(*self._mine(), table.id.in_(part), table.state == _State.SETTLED)
                )
                found.update({row.id: Entry(row.item, row.image, row.sha256) for row in rows})
        return found

    def begin(self, entries: Mapping[str, Entry]) -> None:
        """Note what is about to be written; it counts once it is settled."""
        self._put(entries, _State.BEGUN)

    def adopt(self, entries: Mapping[str, Entry]) -> None:
        """Note what the store was found to hold already."""
        self._put(entries, _State.SETTLED)

    def settle(self, ids: Sequence[str]) -> None:
        """What was begun is in the store, but for what somebody wrote to since."""
        table = LEDGER_ITEMS.c
        with self._database.write() as connection:
            for part in _parts(ids):
                connection.execute(
                    update(LEDGER_ITEMS)
                    .where(*self._mine(), table.id.in_(part), table.state == _State.BEGUN)
                    .values(state=_State.SETTLED)
                )

    def settle_with(self, sha256: Mapping[str, str]) -> None:
        """As `settle`, of what was begun before its images were read; their SHA-256 by id."""
        table = LEDGER_ITEMS.c
        change = (
            update(LEDGER_ITEMS)
            .where(*self._mine(), table.id == bindparam("of"), table.state == _State.BEGUN)
            .values(state=_State.SETTLED, sha256=bindparam("known"))
        )
        rows = [{"of": each, "known": known} for each, known in sha256.items()]
        if rows:
            with self._database.write() as connection:
                connection.execute(change, rows)

    def touch(self, ids: Sequence[str]) -> None:
        """Somebody else than a load writes to these: number the change, and trust no entry."""
        table, changes = LEDGER_ITEMS.c, LEDGER_CHANGES.c
        with self._database.write() as connection:
            for part in _parts(list(dict.fromkeys(ids))):
                connection.execute(
                    update(LEDGER_ITEMS)
                    .where(*self._mine(), table.id.in_(part))
                    .values(state=_State.TOUCHED)
                )
                connection.execute(
                    delete(LEDGER_CHANGES).where(*self._my_changes(), changes.id.in_(part))
                )
                connection.execute(insert(LEDGER_CHANGES), [self._row(id=each) for each in part])

    def drop(self, ids: Sequence[str]) -> None:
        """Of these nothing is known: they are not in the collection any more, or were brought over
        from another generation as somebody wrote them there."""
        with self._database.write() as connection:
            for part in _parts(ids):
                connection.execute(
                    delete(LEDGER_ITEMS).where(*self._mine(), LEDGER_ITEMS.c.id.in_(part))
                )

    def latest(self) -> int:
        """The number of the last change; 0 where there was none."""
        newest = select(func.max(LEDGER_CHANGES.c.seq)).where(*self._my_changes())
        with self._database.read() as connection:
            return int(connection.execute(newest).scalar() or 0)

    def changed_since(self, number: int) -> list[tuple[int, str]]:
        """Numbers and ids of what was written beside the loads after the change `number`."""
        changes = LEDGER_CHANGES.c
        wanted = (
            select(changes.seq, changes.id)
            .where(*self._my_changes(), changes.seq > number)
            .order_by(changes.seq)
        )
        with self._database.read() as connection:
            return [(int(row.seq), str(row.id)) for row in connection.execute(wanted)]

    def changed_between(self, number: int, last: int) -> list[tuple[int, str]]:
        """The same, up to the change `last`."""
        return [each for each in self.changed_since(number) if each[0] <= last]

    def take_over(self, other: str) -> None:
        """Begin with the settled entries of another generation, whose points were copied."""
        table = LEDGER_ITEMS.c
        wanted = select(
            table.collection,
            literal(self._generation),
            table.id,
            table.item,
            table.image,
            table.sha256,
            table.state,
        ).where(
            table.collection == self._collection,
            table.generation == other,
            table.state == _State.SETTLED,
        )
        with self._database.write() as connection:
            connection.execute(delete(LEDGER_ITEMS).where(*self._mine()))
            connection.execute(
                insert(LEDGER_ITEMS).from_select([column.name for column in table], wanted)
            )

    def clear(self) -> None:
        """Forget all entries of the generation: it is not the one that they tell of."""
        with self._database.write() as connection:
            connection.execute(delete(LEDGER_ITEMS).where(*self._mine()))

    def keep_only(self, generations: Sequence[str]) -> None:
        """Forget all generations of the collection but these: the others were pruned."""
        with self._database.write() as connection:
            for table in (LEDGER_ITEMS, LEDGER_CHANGES):
                connection.execute(
                    delete(table).where(
                        table.c.collection == self._collection,
                        table.c.generation.not_in(list(generations)),
                    )
                )

    def count(self) -> int:
        """Settled entries."""
        settled = LEDGER_ITEMS.c.state == _State.SETTLED
        wanted = select(func.count()).select_from(LEDGER_ITEMS).where(*self._mine(), settled)
        with self._database.read() as connection:
            return int(connection.execute(wanted).scalar_one())

    def _put(self, entries: Mapping[str, Entry], state: _State) -> None:
        if not entries:
            return
        shared = self._row(state=int(state))
        rows = [
            {**shared, "id": each, "item": of.item, "image": of.image, "sha256": of.sha256}
            for each, of in entries.items()
        ]
        with self._database.write() as connection:
            connection.execute(_replacing(connection), rows)

    def _row(self, **values: Any) -> dict[str, Any]:
        return {"collection": self._collection, "generation": self._generation, **values}

    def _mine(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        table = LEDGER_ITEMS.c
        return table.collection == self._collection, table.generation == self._generation

    def _my_changes(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        table = LEDGER_CHANGES.c
        return table.collection == self._collection, table.generation == self._generation


def _replacing(connection: Connection) -> Any:
    """An insert that replaces the entry that is there."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(LEDGER_ITEMS)
    values = {name: new.excluded[name] for name in ("item", "image", "sha256", "state")}
    return new.on_conflict_do_update(index_elements=["collection", "generation", "id"], set_=values)


def _parts(ids: Sequence[str]) -> Iterator[list[str]]:
    left = iter(ids)
    while part := list(islice(left, _AT_ONCE)):
        yield part
