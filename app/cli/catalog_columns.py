"""How the command line says which column of a catalog means what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.errors import SettingsError
from core.fields import FieldType
from ingestion.mapping import ColumnMapping
from ingestion.mapping_file import read_mapping

_PANEL = "Columns of a catalog"
Column = Annotated[str | None, typer.Option(help="Column that holds it.", rich_help_panel=_PANEL)]
IdColumn = Annotated[
    str | None, typer.Option("--id", help="Column that holds it.", rich_help_panel=_PANEL)
]
ImageColumns = Annotated[
    list[str] | None,
    typer.Option("--image", help="Column of images; may be repeated.", rich_help_panel=_PANEL),
]
ImageSeparator = Annotated[
    str | None,
    typer.Option(help="What parts several images in a cell.", rich_help_panel=_PANEL),
]
TagSeparator = Annotated[
    str | None, typer.Option(help="What parts tags, such as '|'.", rich_help_panel=_PANEL)
]
FieldTypes = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        help="Type of a field, such as year=integer; may be repeated.",
        rich_help_panel=_PANEL,
    ),
]
Ignored = Annotated[
    list[str] | None,
    typer.Option("--ignore", help="Column to leave out; may be repeated.", rich_help_panel=_PANEL),
]
Encoding = Annotated[
    str | None,
    typer.Option(help="Of CSV and TSV, where it isn't UTF-8.", rich_help_panel=_PANEL),
]
MappingPath = Annotated[
    Path | None,
    typer.Option(
        "--mapping",
        help="YAML that says all of this, as --dry-run prints it.",
        rich_help_panel=_PANEL,
    ),
]


def mapping_of(
    file: Path | None,
    base: ColumnMapping | None = None,
    *,
    image: list[str] | None = None,
    field: list[str] | None = None,
    ignore: list[str] | None = None,
    **given: str | None,
) -> ColumnMapping:
    """What the options say, over what the file says, over `base`. Raises SettingsError."""
    images = image or []
    options = ColumnMapping(
        image=images[0] if images else None,
        images=tuple(images) if len(images) > 1 else (),
        fields=field_types(field or []),
        ignore=frozenset(ignore or ()),
        **given,  # type: ignore[arg-type]  # texts and None only
    )
    below = read_mapping(file) if file is not None else base
    return options if below is None else options.over(below)


def field_types(given: list[str]) -> dict[str, FieldType]:
    """Types by field name from 'name=type'. Raises SettingsError."""
    types = {}
    for text in given:
        name, _, kind = text.partition("=")
        if kind not in {member.value for member in FieldType}:
            raise SettingsError(
                f"--field {text} is not NAME=TYPE.",
                hint=f"Types: {', '.join(FieldType)}.",
            )
        types[name] = FieldType(kind)
    return types


def share_of(text: str, option: str) -> float:
    """0 to 1, of '5%' or '0.05'. Raises SettingsError."""
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise SettingsError(f"{option} {text} is no share.", hint="Such as 5% or 0.05.")
    return share
