"""From the tasks of an evaluation set's file to tasks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from core.errors import BinocleError, SettingsError, SourceError
from core.items import ImageSource
from eval.retrieval.gallery import Gallery, check_field
from eval.retrieval.qrels import read_qrels
from eval.retrieval.rows import RowFile, read_rows
from eval.retrieval.set_settings import FieldTask, JudgedTask, LabelTask, ZeroShotOf
from eval.retrieval.tasks import Member, RetrievalTask, Task, ZeroShotTask
from ingestion.sources import cells

TaskSettings: TypeAlias = FieldTask | LabelTask | JudgedTask | ZeroShotOf

_ID = ("query_id", "id", "query-id", "qid")
_TEXT = ("text", "query", "title")
_IMAGE = ("image", "path", "file", "filename", "url")


def build_task(settings: TaskSettings, gallery: Gallery, folder: Path, *, cut: bool) -> Task:
    """The task that `settings` describe over `gallery`.

    Args:
        folder: relative paths are below it.
        cut: the gallery was cut, so that judgments may name items that are not in it.

    Raises SettingsError and SourceError, which name the task.
    """
    try:
        match settings:
            case FieldTask():
                return _field_task(settings, gallery)
            case LabelTask():
                return _label_task(settings, gallery)
            case JudgedTask():
                return _judged_task(settings, gallery, folder, cut)
            case ZeroShotOf():
                return _zero_shot_task(settings, gallery)
    except BinocleError as error:
        if settings.name in error.message:
            raise
        told = f"Task '{settings.name}': {error.message}"
        raise type(error)(told, hint=error.hint, field=error.field) from error


def _field_task(settings: FieldTask, gallery: Gallery) -> RetrievalTask:
    _check_template(settings.template)
    texts = [" ".join(values) for values in gallery.values(settings.field)]
    asked = [place for place, text in enumerate(texts) if text]
    if not asked:
        raise SourceError(f"No item has a value in the field '{settings.field}'.")
    ids, images = gallery.ids, gallery.images
    answers: dict[str, dict[str, float]] = {}
    for place in asked:
        answers.setdefault(texts[place], {})[ids[place]] = 1.0
    slices = gallery.attributes(settings.slices)
    worded = [settings.template.replace("{}", text) for text in answers]
    if settings.direction == "text->image":
        return RetrievalTask(
            settings.name, list(answers), worded, ids, images, answers, item_attributes=slices
        )
    return RetrievalTask(
        settings.name,
        [ids[place] for place in asked],
        [images[place] for place in asked],
        list(answers),
        worded,
        {ids[place]: {texts[place]: 1.0} for place in asked},
        attributes={name: [column[place] for place in asked] for name, column in slices.items()},
    )


def _label_task(settings: LabelTask, gallery: Gallery) -> RetrievalTask:
    for template in settings.templates:
        _check_template(template)
    labels = gallery.values(settings.field)
    answers: dict[str, dict[str, float]] = {}
    for item_id, values in zip(gallery.ids, labels, strict=True):
        for label in values:
            answers.setdefault(label, {})[item_id] = 1.0
    if not answers:
        raise SourceError(f"No item has a value in the field '{settings.field}'.")
    if settings.direction == "text->image":
        return _labels_ask(settings, gallery, answers)
    return _images_ask(settings, gallery, labels, answers)


def _labels_ask(
    settings: LabelTask, gallery: Gallery, answers: dict[str, dict[str, float]]
) -> RetrievalTask:
    asked = [(template, label) for template in settings.templates for label in answers]
    texts = [template.replace("{}", label) for template, label in asked]
    attributes: dict[str, list[str]] = {}
    if len(settings.templates) > 1:
        attributes = {
            "template": [template for template, _ in asked],
            settings.field: [label for _, label in asked],
        }
    return RetrievalTask(
        settings.name,
        texts,
        texts,
        gallery.ids,
        gallery.images,
        {text: answers[label] for text, (_, label) in zip(texts, asked, strict=True)},
        attributes=attributes,
        item_attributes=gallery.attributes(settings.slices),
    )


def _images_ask(
    settings: LabelTask,
    gallery: Gallery,
    labels: Sequence[tuple[str, ...]],
    answers: dict[str, dict[str, float]],
) -> RetrievalTask:
    ids, images = gallery.ids, gallery.images
    asked = [place for place, values in enumerate(labels) if values]
    columns = gallery.attributes(list(dict.fromkeys([*settings.slices, settings.field])))
    attributes = {name: [column[place] for place in asked] for name, column in columns.items()}
    queries = [ids[place] for place in asked], [images[place] for place in asked]
    if settings.direction == "image->text":
        template = settings.templates[0]
        worded = [template.replace("{}", label) for label in answers]
        wanted = {ids[place]: dict.fromkeys(labels[place], 1.0) for place in asked}
        return RetrievalTask(
            settings.name, *queries, list(answers), worded, wanted, attributes=attributes
        )
    shared = {ids[place]: _united(answers, labels[place]) for place in asked}
    return RetrievalTask(
        settings.name, *queries, ids, images, shared, attributes=attributes, exclude_self=True
    )


def _united(answers: dict[str, dict[str, float]], labels: Sequence[str]) -> dict[str, float]:
    """The items of all the labels; of one label its own mapping, which all its items share."""
    if len(labels) == 1:
        return answers[labels[0]]
    return {item: grade for label in labels for item, grade in answers[label].items()}


def _judged_task(settings: JudgedTask, gallery: Gallery, folder: Path, cut: bool) -> RetrievalTask:
    qrels = read_qrels(folder / settings.qrels)
    if settings.queries is None:
        judged = [place for place, item in enumerate(gallery.items) if item.id in qrels]
        ids = [gallery.items[place].id for place in judged]
        members: list[Member] = [gallery.items[place].image for place in judged]
        columns = gallery.attributes(settings.slices)
        attributes = {name: [values[place] for place in judged] for name, values in columns.items()}
    else:
        ids, members, attributes = _queries(settings, read_rows(folder / settings.queries))
    return RetrievalTask(
        settings.name,
        ids,
        members,
        gallery.ids,
        gallery.images,
        qrels,
        attributes=attributes,
        exclude_self=settings.queries is None,
        relevant_from=settings.relevant_from,
        drop_unknown=cut or settings.unknown == "drop",
    )


def _queries(
    settings: JudgedTask, table: RowFile
) -> tuple[list[str], list[Member], dict[str, list[str | None]]]:
    """Ids, texts or images, and attributes."""
    if settings.text and settings.image:
        raise SettingsError("Queries are texts or images; name one of the two columns.")
    id_column = table.column((settings.id,) if settings.id else _ID, "id")
    texts = (settings.text,) if settings.text else () if settings.image else _TEXT
    text_column = next((name for name in texts if name in table.columns), None)
    images = (settings.image,) if settings.image else _IMAGE
    column = text_column or table.column(texts if settings.text else images, "queries")
    for field in settings.slices:
        check_field(field, table.columns)
    ids: list[str] = []
    members: list[Member] = []
    attributes: dict[str, list[str | None]] = {field: [] for field in settings.slices}
    for place, row in table.rows():
        query_id, value = row.get(id_column), row.get(column)
        if query_id in (None, "") or value in (None, ""):
            raise SourceError(f"{table.path}, {place}: a query has no id or is empty.")
        ids.append(str(query_id))
        members.append(str(value) if text_column else _image(value, table.path))
        for field, found in attributes.items():
            cell = row.get(field)
            found.append(None if cell in (None, "") else str(cell))
    return ids, members, attributes


def _image(value: Any, table: Path) -> ImageSource:
    return cells.image(value, table.absolute().parent)


def _zero_shot_task(settings: ZeroShotOf, gallery: Gallery) -> ZeroShotTask:
    names = settings.classes
    found = [
        (place, values[0])
        for place, values in enumerate(gallery.values(settings.field))
        if len(values) == 1 and (names is None or values[0] in names)
    ]
    if not found:
        raise SourceError(f"No item has a class in the field '{settings.field}'.")
    places = [place for place, _ in found]
    called = names or {label: label for _, label in found}
    columns = gallery.attributes(settings.slices)
    return ZeroShotTask(
        settings.name,
        [gallery.items[place].id for place in places],
        [gallery.items[place].image for place in places],
        [called[label] for _, label in found],
        list(dict.fromkeys(called.values())),
        tuple(settings.templates),
        attributes={name: [values[place] for place in places] for name, values in columns.items()},
    )


def _check_template(template: str) -> None:
    if template.count("{}") != 1:
        raise SettingsError(
            f"The template {template!r} has no place for the value.",
            hint="Write {} where it goes, as in 'a photo of a {}'.",
            field="templates",
        )
