"""What an evaluation set's file may say. Unknown keys are refused, with those that are near."""

from __future__ import annotations

import difflib
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from core.fields import FieldType
from eval.retrieval.judgments import Unknown
from eval.retrieval.metrics import Gain

TextOrImage: TypeAlias = Literal["text->image", "image->text", "image->image"]


def _words(value: Any) -> Any:
    """YAML's booleans and numbers as the words that they are compared by."""
    if isinstance(value, list):
        return [_words(member) for member in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


class Settings(BaseModel):
    """Base: frozen, and a key that is not known is told with the nearest that is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, given: Any) -> Any:
        unknown = (
            [key for key in given if key not in cls.model_fields] if isinstance(given, dict) else []
        )
        if unknown:
            near = difflib.get_close_matches(str(unknown[0]), cls.model_fields, n=1)
            meant = f"; did you mean '{near[0]}'?" if near else ""
            keys = ", ".join(cls.model_fields)
            raise ValueError(f"the key '{unknown[0]}' is unknown{meant} Keys: {keys}.")
        return given


class MappingOf(Settings):
    """Which column of the catalog means what; what is left out goes by the usual names."""

    id: str | None = None
    image: str | None = None
    title: str | None = None
    description: str | None = None
    tags: str | None = None
    tag_separator: str | None = None
    fields: dict[str, FieldType] = Field(default_factory=dict)


class ItemsOf(Settings):
    """The gallery.

    source: a folder or catalog, or a pattern; relative to the set's file.
    where: only items whose field has the value, or one of the values.
    """

    source: str
    mapping: MappingOf = MappingOf()
    where: dict[str, str | list[str]] = Field(default_factory=dict)

    @field_validator("where", mode="before")
    @classmethod
    def _as_words(cls, given: Any) -> Any:
        return (
            {key: _words(value) for key, value in given.items()}
            if isinstance(given, dict)
            else given
        )


class _TaskOf(Settings):
    """name: of the task. slices: fields by whose values the figures are told, too."""

    name: str = Field(min_length=1)
    slices: list[str] = Field(default_factory=list)


class FieldTask(_TaskOf):
    """Each item's own text asks for it, or it for its text; equal texts are one.

    field: such as title. template: a text with {} where the value goes.
    """

    kind: Literal["field"]
    field: str = "title"
    direction: Literal["text->image", "image->text"] = "text->image"
    template: str = "{}"


class LabelTask(_TaskOf):
    """All items of a label answer it.

    field: holds the label, or several. templates: texts with {} where the label goes; from texts
    each makes queries of its own. image->image: each item asks for the others of its label.
    """

    kind: Literal["label"]
    field: str
    direction: TextOrImage = "text->image"
    templates: list[str] = Field(default_factory=lambda: ["{}"], min_length=1)


class JudgedTask(_TaskOf):
    """Queries with judgments.

    queries: a table of queries, texts or images; without it the items ask for each other.
    id, text, image: its columns; without them the usual names. Slices are columns of it, too.
    qrels: TREC, TSV, CSV, JSONL or Parquet. unknown: what becomes of ids that are not there.
    relevant_from: least grade that is relevant to all metrics but nDCG.
    """

    kind: Literal["judged"]
    qrels: str
    queries: str | None = None
    id: str | None = None
    text: str | None = None
    image: str | None = None
    unknown: Unknown = "refuse"
    relevant_from: float = 0.0


class ZeroShotOf(_TaskOf):
    """Items are put into the classes that a field names.

    classes: what a value is called in the templates; without it, the value itself. Items of a
    value that is not there are left out.
    """

    kind: Literal["zero-shot"]
    field: str
    templates: list[str] = Field(default_factory=lambda: ["{}"], min_length=1)
    classes: dict[str, str] | None = None


TaskOf: TypeAlias = Annotated[
    FieldTask | LabelTask | JudgedTask | ZeroShotOf, Field(discriminator="kind")
]


class EvaluationSetOf(Settings):
    """The file: a gallery, and tasks over it."""

    name: str = Field(min_length=1)
    items: ItemsOf
    tasks: list[TaskOf] = Field(min_length=1)
    ks: list[Annotated[int, Field(ge=1)]] = Field(default_factory=lambda: [1, 5, 10, 100])
    gain: Gain = "linear"

    @field_validator("tasks")
    @classmethod
    def _distinct(cls, tasks: list[TaskOf]) -> list[TaskOf]:
        names = [task.name for task in tasks]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two tasks are named '{twice[0]}'.")
        return tasks
