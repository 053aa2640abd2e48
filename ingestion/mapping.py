"""Which column of a catalog means what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

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
    "product_id",
    "safety",
)
"""Built-in fields that a column can be mapped to."""
PLURAL = frozenset(
    {"images", "image_urls", "image_links", "photos", "pictures", "additional_image_link"}
)
"""Headings of columns whose cells hold several images."""
_FURTHER = re.compile(
    r"(image|img|photo|picture)(_url|_path|_link|_file)?_?\d+|additional_images?(_links?|_urls?)?"
)
"""Headings of columns with one more image of the product."""

_USUAL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "id": ("id", "item_id", "image_id", "sku", "uuid"),
        "image": (
            *("image", "image_path", "image_url", "img", "path", "filepath", "file_path"),
            *("file", "filename", "file_name", "url", "image_link", "picture", "photo"),
            *("images", "image_urls", "image_links", "photos", "pictures"),
        ),
        "title": ("title", "name", "product_title", "product_name", "caption", "headline"),
        "description": ("description", "desc", "summary"),
        "tags": ("tags", "keywords"),
        "owner_id": ("owner_id", "owner", "user_id", "seller_id"),
        "uploaded_at": ("uploaded_at", "upload_date", "created_at"),
        "visibility": ("visibility",),
        "product_id": ("product_id", "item_group_id"),
    }
)


@dataclass(frozen=True)
class ColumnMapping:
    """The columns that a person names; None leaves it to the usual names (see `Columns`).

    Attributes:
        image: column of the image; of all of them, where it holds lists.
        images: columns of further images of the product.
        image_separator: what parts several images in a text cell; None: a cell is one image, but
            for columns with a heading such as 'images', which are parted as tags are.
        product_id: column that the images of one product share. Without an id column, its rows are
            items P, P#2, P#3, ... in their order.
        tag_separator: what parts the tags in a cell; None is the first of '|', ';' and ',' that the
            cell holds.
        ignore: columns to leave out.
        fields: types of attributes by field name, instead of the inferred ones.
        columns: attributes' names by column, instead of the headings.
        others: whether columns that are not named become attributes.
        encoding: of CSV and TSV; None is UTF-8, or UTF-16 where a file is marked as that.
        html: 'strip' takes tags and entities out of title and description, 'keep' leaves them.
        decimal: what parts the fraction of numbers that are text; with ',' '1.299,50' is 1299.5.
        datetime_format: of moments that are text, as strptime has it; tried before ISO 8601.
    """

    id: str | None = None
    image: str | None = None
    title: str | None = None
    description: str | None = None
    tags: str | None = None
    owner_id: str | None = None
    uploaded_at: str | None = None
    visibility: str | None = None
    product_id: str | None = None
    safety: str | None = None
    images: tuple[str, ...] = ()
    image_separator: str | None = None
    tag_separator: str | None = None
    ignore: frozenset[str] = frozenset()
    fields: Mapping[str, FieldType] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    others: bool = True
    encoding: str | None = None
    html: Literal["strip", "keep"] = "strip"
    datetime_format: str | None = None
    decimal: Literal[".", ","] = "."

    def __post_init__(self) -> None:
        """Raises InvalidName and SourceError."""
        for name in (*self.fields, *self.columns.values()):
            check_field_name(name)
        if "" in (self.image_separator, self.tag_separator):
            raise SourceError("A separator of images or tags is empty.", hint="Such as '|'.")
        if self.datetime_format is not None:
            _check_format(self.datetime_format)

    def over(self, other: ColumnMapping) -> ColumnMapping:
        """All that is given here, and the rest as `other` has it."""
        default = ColumnMapping()
        given = {
            part.name: getattr(self, part.name)
            for part in fields(self)
            if getattr(self, part.name) != getattr(default, part.name)
        }
        joined = {
            "fields": {**other.fields, **self.fields},
            "columns": {**other.columns, **self.columns},
            "ignore": other.ignore | self.ignore,
        }
        if self.image is not None and not self.images:
            joined["images"] = ()
        return replace(other, **{**given, **joined})

    def only(self, columns: Sequence[str]) -> ColumnMapping:
        """Without what it says of columns that are not among these."""
        there = set(columns)
        gone: dict[str, Any] = {
            role: None for role, column in self.named.items() if column not in there
        }
        types = {
            name: kind
            for name, kind in self.fields.items()
            if any(self.columns.get(c, field_name(c)) == name for c in there)
        }
        return replace(
            self,
            **gone,
            images=tuple(column for column in self.images if column in there),
            columns={c: name for c, name in self.columns.items() if c in there},
            ignore=frozenset(self.ignore & there),
            fields=types,
        )

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
        images: columns of images, that of the role first.
        attributes: field name by column, for all others.
        notes: what a person should know of the assignment.
    """

    roles: Mapping[str, str]
    attributes: Mapping[str, str]
    notes: tuple[str, ...]
    images: tuple[str, ...] = ()


def assign(names: Sequence[str], mapping: ColumnMapping, source: str) -> Columns:
    """Assigns the columns `names` of `source`; what the mapping names wins over the usual names.

    Raises SourceError, which lists the columns there are, when a named column is missing, when none
    looks like an image, or when two have one heading.
    """
    _check(names, mapping, source)
    roles = dict(mapping.named)
    notes = []
    by_name: dict[str, str] = {}
    for name in names:
        by_name.setdefault(folded(name), name)
    further = _further(names, mapping)
    if "image" not in roles and further and not any(n in by_name for n in _USUAL["image"]):
        roles["image"] = further[0]
    for role, usual in _USUAL.items():
        if role in roles:
            continue
        taken = {*roles.values(), *further, *mapping.ignore, *mapping.columns}
        found = [by_name[name] for name in usual if by_name.get(name) not in (None, *taken)]
        if found:
            roles[role] = found[0]
            if folded(found[0]) != role:
                notes.append(f"Column '{found[0]}' is taken as {role}.")
    if "image" not in roles:
        raise SourceError(
            f"{source} has no column that looks like an image.",
            hint=f"Name it with --image. Columns: {_listed(names)}.",
            field="image",
        )
    images = tuple(dict.fromkeys((roles["image"], *further)))
    if len(images) > 1:
        notes.append(f"Each row's images: {_listed(images)}.")
    used = {*roles.values(), *images, *mapping.ignore}
    left = [name for name in names if name not in used]
    if not mapping.others:
        left = [name for name in left if _wanted(name, mapping)]
    attributes, renamed = _attribute_names(left, mapping.columns)
    return Columns(roles, attributes, (*notes, *renamed), images)


def _check_format(form: str) -> None:
    """Raises SourceError for a format that no moment could ever have."""
    try:
        datetime.strptime(datetime(2026, 1, 31).strftime(form), form)
    except ValueError as error:
        raise SourceError(
            f"datetime_format '{form}' is wrong: {error}.", hint="Such as '%d/%m/%y %H:%M'."
        ) from None


def _further(names: Sequence[str], mapping: ColumnMapping) -> tuple[str, ...]:
    """Columns of more images: those that are named, or else those that look like it."""
    if mapping.images:
        return mapping.images
    taken = {*mapping.named.values(), *mapping.ignore, *mapping.columns}
    return tuple(name for name in names if name not in taken and _FURTHER.fullmatch(folded(name)))


def _wanted(column: str, mapping: ColumnMapping) -> bool:
    return column in mapping.columns or field_name(column) in mapping.fields


def _check(names: Sequence[str], mapping: ColumnMapping, source: str) -> None:
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise SourceError(f"{source} has more than one column '{twice[0]}'.", field=twice[0])
    wanted = [
        *mapping.named.items(),
        *(("image", name) for name in mapping.images),
        *((f"field {name}", column) for column, name in mapping.columns.items()),
        *(("ignore", name) for name in sorted(mapping.ignore)),
    ]
    for role, column in wanted:
        if column not in names:
            raise SourceError(
                f"{source} has no column '{column}' (asked for as {role}).",
                hint=f"Columns: {_listed(names)}.",
                field=column,
            )


def _attribute_names(
    columns: Sequence[str], given: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Distinct field names for the columns, and a note for each that had to change."""
    names = {column: given[column] for column in columns if column in given}
    notes = []
    for column in columns:
        if column in given:
            continue
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


@lru_cache(maxsize=1024)
def folded(column: str) -> str:
    """A heading as the usual names are written: 'Image URL' is 'image_url'."""
    return re.sub(r"[^a-z0-9]+", "_", column.strip().lower()).strip("_")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"
