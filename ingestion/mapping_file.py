"""Mapping files: YAML that says which column of a catalog means what."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import InvalidName, SourceError
from core.fields import FieldType, field_name
from ingestion.mapping import ColumnMapping
from ingestion.sources.rows import Rows


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldOfColumn(_Part):
    """One attribute."""

    column: str | None = Field(
        default=None, description="Column it is in; the one of its name where none is given."
    )
    type: FieldType | None = Field(
        default=None,
        description="Its type; inferred from the first 1,000 rows where left out.",
    )


class MappingFile(_Part):
    """A whole mapping file. All that it leaves out is found by the usual names."""

    id: str | None = None
    image: str | list[str] | None = Field(
        default=None, description="Column of the image, or of all of them; or several columns."
    )
    image_separator: str | None = None
    title: str | None = None
    description: str | None = None
    tags: str | None = None
    tag_separator: str | None = None
    product_id: str | None = None
    owner_id: str | None = None
    uploaded_at: str | None = None
    visibility: str | None = None
    safety: str | None = None
    fields: dict[str, FieldType | FieldOfColumn] = Field(default_factory=dict)
    ignore: list[str] = Field(default_factory=list)
    other_columns: Literal["keep", "ignore"] = "keep"
    encoding: str | None = None
    html: Literal["strip", "keep"] = "strip"
    datetime_format: str | None = None
    decimal: Literal[".", ","] = "."

    def mapping(self) -> ColumnMapping:
        """The mapping it stands for. Raises InvalidName for fields that can't be named so."""
        specs = {
            name: spec if isinstance(spec, FieldOfColumn) else FieldOfColumn(type=spec)
            for name, spec in self.fields.items()
        }
        images = self.image if isinstance(self.image, list) else []
        return ColumnMapping(
            id=self.id,
            image=images[0] if images else None if isinstance(self.image, list) else self.image,
            images=tuple(images),
            image_separator=self.image_separator,
            title=self.title,
            description=self.description,
            tags=self.tags,
            tag_separator=self.tag_separator,
            product_id=self.product_id,
            owner_id=self.owner_id,
            uploaded_at=self.uploaded_at,
            visibility=self.visibility,
            safety=self.safety,
            fields={name: spec.type for name, spec in specs.items() if spec.type is not None},
            columns={spec.column: name for name, spec in specs.items() if spec.column is not None},
            ignore=frozenset(self.ignore),
            others=self.other_columns == "keep",
            encoding=self.encoding,
            html=self.html,
            datetime_format=self.datetime_format,
            decimal=self.decimal,
        )


def read_mapping(path: Path) -> ColumnMapping:
    """The mapping in a YAML file. Raises SourceError, which says where it is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SourceError(f"Can't read the mapping {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"The mapping {path} is no UTF-8: {error}.") from error
    return parse_mapping(text, str(path))


def parse_mapping(text: str, name: str) -> ColumnMapping:
    """The mapping that YAML `text` holds; `name` is for people. Raises SourceError."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SourceError(f"{name} is no YAML: {error}.") from None
    if not isinstance(data, dict):
        raise SourceError(f"{name} holds no mapping.", hint="Such as 'title: name_of_the_column'.")
    try:
        return MappingFile.model_validate(data).mapping()
    except ValidationError as error:
        raise SourceError(f"{name}: {_told(error)}") from None
    except (InvalidName, SourceError) as error:
        raise SourceError(f"{name}: {error.message}", hint=error.hint) from None


def mapping_as_yaml(rows: Rows) -> str:
    """The mapping by which a catalog is read, in full: what was inferred is written out."""
    roles = {role: column for role, column in rows.columns.roles.items() if role != "image"}
    images = list(rows.columns.images)
    given = rows.mapping
    fields: dict[str, Any] = {}
    for column, kind in rows.types.items():
        name = rows.columns.attributes[column]
        same = field_name(column) == name
        fields[name] = kind.value if same else {"column": column, "type": kind.value}
    left_out = [column for column in rows.columns.attributes if column not in rows.types]
    data: dict[str, Any] = {
        "id": roles.pop("id", None),
        "image": images[0] if len(images) == 1 else images,
        "image_separator": given.image_separator,
        **roles,
        "tag_separator": given.tag_separator,
        "fields": fields,
        "ignore": sorted({*given.ignore, *left_out}),
        "other_columns": None if given.others else "ignore",
        "encoding": given.encoding,
        "html": None if given.html == "strip" else given.html,
        "datetime_format": given.datetime_format,
        "decimal": None if given.decimal == "." else given.decimal,
    }
    kept = {key: value for key, value in data.items() if value not in (None, [], {})}
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=1000)


def _told(error: ValidationError) -> str:
    # Of a field that is neither a type nor a part, what is unknown in it tells the most.
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    where = ".".join(str(part) for part in first["loc"] if part not in ("FieldOfColumn", "enum"))
    if first["type"] == "extra_forbidden":
        known = list((FieldOfColumn if len(first["loc"]) > 1 else MappingFile).model_fields)
        near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
        meant = f"Did you mean '{near[0]}'?" if near else f"Keys: {', '.join(known)}."
        return (
            f"'{where}' is no key {'there' if len(first['loc']) > 1 else 'of a mapping'}. {meant}"
        )
    if first["loc"][0] == "fields":
        kinds = ", ".join(FieldType)
        return f"'{'.'.join(map(str, first['loc'][:2]))}' is no type of a field. Types: {kinds}."
    return f"'{where}' is wrong: {first['msg']}."
