"""Who may see what. Every path that reads items asks here: search, counts, facets, items, images.

Private items are for their owner, and for keys that may write. Items judged unsafe (`safety` of 0.5
and more, unless set otherwise) are for who asks for them and may write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.keys.key import Key, Role
from app.keys.watch import LOCAL
from core.fields import FieldType, Schema
from core.filters import AnyOf, Filter, Not, Or, Range
from core.items import Visibility

UNSAFE_FROM = 0.5
"""Items judged at least so unsafe, 0 to 1, are hidden."""

PRIVATE = AnyOf("visibility", (Visibility.PRIVATE.value,))
_SAFETY = "safety"


@dataclass(frozen=True)
class Viewer:
    """Who looks.

    Args:
        owner_id: private items of this owner are seen; None: of nobody.
        sees_private: whether all private items are seen.
        unsafe_from: items judged at least so unsafe are hidden; None: none are.
    """

    owner_id: str | None = None
    sees_private: bool = False
    unsafe_from: float | None = UNSAFE_FROM

    def may_see(self, payload: Mapping[str, Any], schema: Schema | None = None) -> bool:
        """Whether an item of this payload is shown to this viewer."""
        if payload.get("visibility") == Visibility.PRIVATE.value and not self.sees_private:
            owner = payload.get("owner_id")
            if owner is None or owner != self.owner_id:
                return False
        return not (self._judges(schema) and _is_unsafe(payload.get(_SAFETY), self.unsafe_from))

    def rules(self, schema: Schema) -> list[Rule]:
        """What hides items from this viewer."""
        rules = []
        if not self.sees_private:
            shown: Filter = Not(PRIVATE)
            if self.owner_id is not None:
                shown = Or((shown, AnyOf("owner_id", (self.owner_id,))))
            rules.append(Rule(hidden=PRIVATE, shown=shown))
        if self._judges(schema):
            unsafe = Range(_SAFETY, FieldType.FLOAT, gte=self.unsafe_from)
            rules.append(Rule(hidden=unsafe, shown=Not(unsafe)))
        return rules

    def _judges(self, schema: Schema | None) -> bool:
        """Whether `safety` is Binocle's own field here, and not an attribute of the catalog's."""
        own = schema is None or _SAFETY not in schema.attributes
        return own and self.unsafe_from is not None


@dataclass(frozen=True)
class Rule:
    """`hidden`: what may be hidden by it, to see whether there is any; `shown`: what passes."""

    hidden: Filter
    shown: Filter


ANYONE = Viewer()
"""A stranger: sees what is public and safe."""


def viewer_of(key: Key | None, *, unsafe: bool = False, unsafe_from: float = UNSAFE_FROM) -> Viewer:
    """The viewer behind a key; None, and who only runs on this machine, see as a stranger does.

    Args:
        key: as the gate found it.
        unsafe: whether unsafe items were asked for: granted to keys that may write, and where no
            keys are needed.
        unsafe_from: the threshold of the settings.
    """
    if key is None or key is LOCAL:
        return Viewer(unsafe_from=None if unsafe else unsafe_from)
    writes = key.role.reaches(Role.WRITE)
    return Viewer(
        owner_id=key.owner_id,
        sees_private=writes,
        unsafe_from=None if unsafe and writes else unsafe_from,
    )


def _is_unsafe(value: object, threshold: float | None) -> bool:
    if threshold is None or isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value >= threshold
