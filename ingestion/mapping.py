"""Which column of a catalog means what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType

from core.errors import SourceError
from core.fields import FieldType, check_field_name, field_name

ROLES = (
    "id",
    "image",
    "title",
    "description",
    "tags",
    "owner_id",
    "uploaded_at",
    "visibility",
)
"""Built-in fields that a column can be mapped to."""

_USUAL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "id": ("id", "item_id", "product_id", "image_id", "sku", "uuid"),
        "image": (
            *("image", "image_path", "image_url", "img", "path", "filepath", "file_path"),
            *("file", "filename", "file_name", "url", "image_link", "picture", "photo"),
        ),
        "title": ("title", "name", "product_title", "product_name", "caption", "headline"),
        "description": ("description", "desc", "summary"),
        "tags": ("tags", "keywords"),
        "owner_id": ("owner_id", "owner", "user_id", "seller_id"),
        "uploaded_at": ("uploaded_at", "upload_date", "created_at"),
        "visibility": ("visibility",),
    }
)


@dataclass(frozen=True)
class ColumnMapping:
    """The columns that a person names; None leaves it to the usual names (see `Columns`).

    Attributes:
        tag_separator: what parts the tags in a cell; None is the first of '|', ';' and ',' that the
            cell holds.
        ignore: columns to leave out.
        fields: types of attributes by field name, instead of the inferred ones.
    """

    id: str | None = None
    image: str | None = None
    title: str | None = None
    description: str | None = None
    tags: str | None = None
    owner_id: str | None = None
    uploaded_at: str | None = None
    visibility: str | None = None
    tag_separator: str | None = None
    ignore: frozenset[str] = frozenset()
    fields: Mapping[str, FieldType] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.fields:
            check_field_name(name)

    @property
    def named(self) -> dict[str, str]:
        """Column by role, as far as given."""
        given = {part.name: getattr(self, part.name) for part in fields(self)}
        return {role: given[role] for role in ROLES if given[role] is not None}


@dataclass(frozen=True)
class Columns:
    """A catalog's columns, assigned.

    Attributes:
        roles: column by role; 'image' is always there.
        attributes: field name by column, for all others.
        notes: what a person should know of the assignment.
    """

    roles: Mapping[str, str]
    attributes: Mapping[str, str]
    notes: tuple[str, ...]


def assign(names: Sequence[str], mapping: ColumnMapping, source: str) -> Columns:
    """Assigns the columns `names` of `source`; what the mapping names wins over the usual names.

    Raises SourceError, which lists the columns there are, when a named column is missing, when none
    looks like an image, or when two have one heading.
    """
    _check(names, mapping, source)
    roles = dict(mapping.named)
    notes = []
    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault(_folded(name), name)
    for role, usual in _USUAL.items():
        if role in roles:
            continue
        taken = {*roles.values(), *mapping.ignore}
        found = [folded[name] for name in usual if folded.get(name) not in (None, *taken)]
        if found:
            roles[role] = found[0]
            if _folded(found[0]) != role:
                notes.append(f"Column '{found[0]}' is taken as {role}.")
    if "image" not in roles:
        raise SourceError(
            f"{source} has no column that looks like an image.",
            hint=f"Name it with --image. Columns: {_listed(names)}.",
            field="image",
        )
    left = [name for name in names if name not in {*roles.values(), *mapping.ignore}]
    attributes, renamed = _attribute_names(left)
    return Columns(roles, attributes, (*notes, *renamed))


def _check(names: Sequence[str], mapping: ColumnMapping, source: str) -> None:
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise SourceError(f"{source} has more than one column '{twice[0]}'.", field=twice[0])
    wanted = [*mapping.named.items(), *(("ignore", name) for name in sorted(mapping.ignore))]
    for role, column in wanted:
        if column not in names:
            raise SourceError(
                f"{source} has no column '{column}' (asked for as {role}).",
                hint=f"Columns: {_listed(names)}.",
                field=column,
            )


def _attribute_names(columns: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Distinct field names for the columns, and a note for each that had to change."""
    names: dict[str, str] = {}
    notes = []
    for column in columns:
        base = name = field_name(column)
        copies = 2
        while name in names.values():
            ending = f"_{copies}"
            name = base[: 64 - len(ending)] + ending
            copies += 1
        names[column] = name
        if name != column:
            notes.append(f"Column '{column}' became the field '{name}'.")
    return names, notes


def _folded(column: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", column.strip().lower()).strip("_")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"
