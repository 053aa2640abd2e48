"""Near-duplicates stand behind the best of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.search.presentation.placed import Placed

_GROUP = "duplicate_group"
_SHA256 = "_sha256"


class Likeness:
    """Which items are near-duplicates of each other: by their duplicate group, and by equal bytes.

    The group of an item that has none is the item itself, which may be the first of a group. Both
    relations join into one (union-find, Tarjan 1975), so neither order nor page matters.
    """

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def add(self, item_id: str, payload: Mapping[str, Any]) -> None:
        """Learn what an item's payload says of its likes."""
        own = f"i:{item_id}"
        group = payload.get(_GROUP)
        if group is not None:
            self._join(own, f"i:{_first(group)}")
        content = payload.get(_SHA256)
        if content is not None:
            self._join(own, f"s:{content}")

    def of(self, item_id: str) -> str:
        """The name of the item's group: equal for near-duplicates."""
        return self._root(f"i:{item_id}")

    def _join(self, one: str, other: str) -> None:
        a, b = self._root(one), self._root(other)
        if a != b:
            self._parent[max(a, b)] = min(a, b)

    def _root(self, name: str) -> str:
        while (parent := self._parent.get(name, name)) != name:
            grand = self._parent.get(parent, parent)
            self._parent[name] = grand
            name = grand
        return name


def collapse(
    ranked: Sequence[Placed],
    likeness: Likeness,
    taken: Iterable[str],
    seen: Callable[[str], bool],
) -> list[Placed]:
    """The best of each group, in order; the others' ids are noted on it.

    Args:
        ranked: best first.
        likeness: knows all of them.
        taken: groups that candidates before these stand for: all of theirs are left out.
        seen: whether an item was on a page before: it goes on standing for its group.
    """
    gone = set(taken)
    groups: dict[str, list[Placed]] = {}
    for placed in ranked:
        group = likeness.of(placed.id)
        if group not in gone:
            groups.setdefault(group, []).append(placed)
    answer: dict[str, Placed] = {}
    for members in groups.values():
        if len(members) == 1:
            answer[members[0].id] = members[0]
            continue
        best = next((member for member in members if seen(member.id)), members[0])
        alike = tuple(member.id for member in members if member.id != best.id)
        answer[best.id] = replace(best, alike=alike)
    return [answer[placed.id] for placed in ranked if placed.id in answer]


def surely_unlike(ranked: Sequence[Placed]) -> bool:
    """Whether, at a glance, none of them is a near-duplicate of another: mostly so."""
    payloads = [placed.candidate.payload for placed in ranked]
    contents = [payload.get(_SHA256) for payload in payloads]
    known = [content for content in contents if content is not None]
    return len(set(known)) == len(known) and not any(payload.get(_GROUP) for payload in payloads)


def _first(value: Any) -> str:
    return str(value[0]) if isinstance(value, list) and value else str(value)
