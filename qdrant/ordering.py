"""Points sorted by a field, page after page, on any engine.

Engines give the first points by a value, in no certain order among equals, and no token to go on
from. Here a page takes whole groups of equal values apart by the engine's ids, and a token names
the last value and id. So pages go on where the last one ended, whatever was written meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from core.errors import InvalidCursor
from core.fields import FieldType, parse_datetime
from core.filters import AnyOf, Exists, Filter, Not, Range, both
from qdrant.checks import check_order, point_uuid
from qdrant.store import CollectionConfig, Generation, Order, Point

_MOST = 10_000
"""Points of one value that are looked through at a time."""


def sort_value(payload: Mapping[str, Any], order: Order, config: CollectionConfig) -> Any:
    """What a point is sorted by: of several values the first by `order`. It has to have one."""
    stored = payload[order.field]
    values = [
        each for each in (stored if isinstance(stored, list) else [stored]) if each is not None
    ]
    read = _reader(config.schema.fields[order.field])
    return max(map(read, values)) if order.descending else min(map(read, values))


def scroll_by(
    generation: Generation,
    order: Order,
    *,
    filter: Filter | None = None,
    limit: int = 100,
    after: str | None = None,
) -> tuple[list[Point], str | None]:
    """A page of points without vectors, and the token for the next page.

    Raises InvalidQuery for a field without an order, and InvalidCursor.
    """
    check_order(order, generation.config)
    scroll = _Scroll(generation, order, filter, limit)
    return scroll.page(scroll.read(after))


class _Scroll:
    def __init__(
        self, generation: Generation, order: Order, filter: Filter | None, limit: int
    ) -> None:
        self._generation = generation
        self._order = order
        self._filter = filter
        self._limit = limit
        self._kind = generation.config.schema.fields[order.field]
        self._page: list[Point] = []

    def page(self, token: tuple[Any, UUID] | None) -> tuple[list[Point], str | None]:
        value, last = token if token else (None, None)
        if last is not None:
            self._take(value, last)  # what is left of the group in which the last page ended
        valued = token is None or value is not None
        while valued and len(self._page) <= self._limit:
            value = self._advance(value)
            valued = value is not None
            if not valued:
                self._take(None, None)
        if len(self._page) <= self._limit:
            return self._page, None
        page = self._page[: self._limit]
        return page, self._token(page[-1])

    def _advance(self, value: Any) -> Any:
        """Add points beyond `value`, whole groups only; the last value added, None at the end."""
        beyond = self._filter if value is None else both(self._filter, self._beyond(value))
        size, before = self._limit + 2 - len(self._page), -1
        while True:
            found = self._generation.first_by(self._order, filter=beyond, limit=size)
            # A point with several values is found by those that it is not sorted by, too.
            fresh = [point for point in found if self._is_beyond(self._value(point), value)]
            if fresh or len(found) == before or size > _MOST:
                break
            size, before = 2 * size, len(found)
        if not fresh:
            return None
        values = [self._value(point) for point in fresh]
        last = min(values) if self._order.descending else max(values)
        whole = [point for point in fresh if self._value(point) != last]
        whole.sort(key=lambda point: point_uuid(point.id))
        whole.sort(key=self._value, reverse=self._order.descending)
        self._page += whole
        self._take(last, None)
        return last

    def _take(self, value: Any, last: UUID | None) -> None:
        """Add the points of one value, or those without any, after the id `last`."""
        exists = Exists(self._order.field)
        wanted = both(self._filter, Not(exists) if value is None else self._equal(value))
        after = None if last is None else str(last)
        while len(self._page) <= self._limit:
            points, after = self._generation.scroll(
                filter=wanted, limit=self._limit + 2 - len(self._page), after=after
            )
            self._page += [
                point
                for point in points
                if point_uuid(point.id) != last and (value is None or self._value(point) == value)
            ]
            if after is None:
                return

    def _value(self, point: Point) -> Any:
        return sort_value(point.payload, self._order, self._generation.config)

    def _is_beyond(self, own: Any, value: Any) -> bool:
        if value is None:
            return True
        return bool(own < value if self._order.descending else own > value)

    def _beyond(self, value: Any) -> Range:
        bound = _bound(value)
        if self._order.descending:
            return Range(self._order.field, self._kind, lt=bound)
        return Range(self._order.field, self._kind, gt=bound)

    def _equal(self, value: Any) -> Filter:
        if self._kind is FieldType.INTEGER:
            return AnyOf(self._order.field, (value,))
        bound = _bound(value)
        return Range(self._order.field, self._kind, gte=bound, lte=bound)

    def _token(self, point: Point) -> str:
        stored = point.payload.get(self._order.field)
        value = None if stored in (None, []) else _bound(self._value(point))
        return json.dumps([value, str(point_uuid(point.id))])

    def read(self, token: str | None) -> tuple[Any, UUID] | None:
        """Value and id by a token. Raises InvalidCursor."""
        if token is None:
            return None
        try:
            value, last = json.loads(token)
            return None if value is None else _reader(self._kind)(value), UUID(last)
        except (ValueError, TypeError):
            raise InvalidCursor(f"'{token}' is no token of a next page.") from None


def _bound(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _reader(kind: FieldType) -> Callable[[Any], Any]:
    if kind is FieldType.DATETIME:
        return parse_datetime
    return int if kind is FieldType.INTEGER else float
