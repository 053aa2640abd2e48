"""Paging through a ranking that is re-ordered window by window.

Retrieval's ranking is cut into windows; each is re-ranked and shaped on its own, one after the
other. What was shown travels in the cursor: a page is the first items, in today's order, that no
page has shown. So no item comes twice, and none that stays as it is is skipped, whatever is written
between the pages and however that moves scores, ranks and windows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.search.candidates import Candidate
from app.search.cursor import Position
from app.search.presentation.placed import Placed
from app.search.presentation.seen import MOST_SEEN, Seen
from app.search.retrieve import Found
from core.errors import InvalidCursor

_MOST_WINDOWS = 20
"""Windows looked through for one page: groups may hold most of what there is."""


class Arrange(Protocol):
    """Puts candidates in their final order and leaves out what is not to be shown."""

    def __call__(
        self, before: list[Candidate], candidates: list[Candidate], seen: Seen, first: int
    ) -> list[Placed] | None:
        """The order; None where neither these nor any after them are good enough.

        Args:
            before: other candidates, already shown: what they stand for is not shown again.
            candidates: as retrieval ranks them.
            seen: what pages before have shown, which keeps its place.
            first: place of the first of `candidates` in the ranking, from 1.
        """
        ...


@dataclass(frozen=True)
class WindowPage:
    """What is shown, and where the next page starts; None after the last."""

    placed: list[Placed]
    after: Position | None


@dataclass
class Windows:
    """Pages over one ranking.

    Args:
        find: the best n candidates, with their payload.
        arrange: orders one window.
        size: candidates in a window.
    """

    find: Callable[[int], Found]
    arrange: Arrange
    size: int

    def page(self, limit: int, start: Position | None = None) -> WindowPage:
        """At most `limit` hits after `start`. Raises InvalidCursor."""
        seen = _seen(start)
        at = start.offset if start else 0
        found, reach = self._reaching(at, seen)
        page = self._late(found, at, seen) if at else []
        for window in range(at, at + _MOST_WINDOWS):
            end = (window + 1) * self.size
            # Beyond what was asked for, a list may be cut through equal scores. Where one window
            # was not enough, many may not be: each search starts anew, so the reach is doubled.
            if end > reach and not found.exhausted:
                reach = max(end, 2 * reach)
                found = self.find(reach)
            arranged = self._window(found, window, seen, page)
            page += _unseen(arranged or [], seen, page)
            if len(page) > limit or arranged is None:
                return self._cut(page, limit, window, seen)
            if len(found.candidates) <= end and found.exhausted:
                break
        return self._cut(page, limit, at + _MOST_WINDOWS, seen)

    def _reaching(self, at: int, seen: Seen) -> tuple[Found, int]:
        """The windows up to `at`, and those after them that shown items were pushed into; and how
        many candidates were asked for."""
        depth = (at + 1) * self.size
        found = self.find(depth)
        known = sum(each.id in seen for each in found.candidates)
        while known < len(seen) and not found.exhausted:  # pushed on, or deleted
            depth += self.size
            found = self.find(depth)
            pushed = sum(each.id in seen for each in found.candidates) - known
            if not pushed:
                break
            known += pushed
        return found, depth

    def _window(
        self, found: Found, window: int, seen: Seen, page: list[Placed]
    ) -> list[Placed] | None:
        first, end = window * self.size, (window + 1) * self.size
        shown = seen.plus(placed.id for placed in page) if page else seen
        others = found.candidates[:first] + found.candidates[end:]
        before = [each for each in others if each.id in shown]
        return self.arrange(before, found.candidates[first:end], seen, first + 1)

    def _late(self, found: Found, at: int, seen: Seen) -> list[Placed]:
        """What no page has shown of windows that are done: it came in, or moved up, since then."""
        done = found.candidates[: at * self.size]
        before = [candidate for candidate in found.candidates if candidate.id in seen]
        late = [candidate for candidate in done if candidate.id not in seen]
        return _unseen(self.arrange(before, late, seen, 1) or [], seen, []) if late else []

    def _cut(self, page: list[Placed], limit: int, window: int, seen: Seen) -> WindowPage:
        shown = seen.plus(placed.id for placed in page[:limit])
        after = None
        if len(page) > limit and len(shown) < MOST_SEEN:
            after = Position(offset=window, id=page[limit - 1].id, seen=shown.text())
        return WindowPage(page[:limit], after)


def _unseen(arranged: list[Placed], seen: Seen, page: list[Placed]) -> list[Placed]:
    on_page = {placed.id for placed in page}
    return [each for each in arranged if each.id not in seen and each.id not in on_page]


def _seen(start: Position | None) -> Seen:
    try:
        return Seen.of_text(start.seen) if start else Seen()
    except ValueError:
        raise InvalidCursor(
            "The cursor is malformed.", hint="Start again from the first page.", field="cursor"
        ) from None
