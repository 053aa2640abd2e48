"""An evaluation set on disk: a YAML file that names a gallery and tasks over it.

    name: shop
    items:
      source: catalog.csv                 # anything that can be loaded into a collection
      mapping: {id: sku, image: photo}    # as far as the usual names don't do
      where: {split: test}
    tasks:
      - {kind: field, name: titles, field: title, slices: [brand]}
      - {kind: field, name: captions, field: title, direction: image->text}
      - {kind: label, name: categories, field: category, templates: ['a photo of {}']}
      - {kind: label, name: look-alikes, field: category, direction: image->image}
      - {kind: judged, name: searches, queries: queries.tsv, qrels: judgments.qrels}
      - {kind: zero-shot, name: classes, field: category, templates: ['a photo of {}']}

`eval.retrieval.set_settings` says what each may hold. Relative paths are below the file's folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from core.errors import SettingsError
from eval.retrieval.gallery import read_gallery
from eval.retrieval.metrics import Gain
from eval.retrieval.set_settings import EvaluationSetOf
from eval.retrieval.set_tasks import build_task
from eval.retrieval.tasks import Task

_TOLD = 3


@dataclass(frozen=True)
class EvaluationSet:
    """Tasks with what their file says of how they are measured.

    Attributes:
        notes: sentences on what the source held that can't be used, and on cuts.
    """

    name: str
    tasks: tuple[Task, ...]
    ks: tuple[int, ...]
    gain: Gain
    notes: tuple[str, ...] = ()


def load_set(path: Path, *, limit: int | None = None, seed: int = 0) -> EvaluationSet:
    """The evaluation set in the file `path`.

    Args:
        limit: draw this many items, by `seed`: for a quick look.

    Raises SettingsError for a file that can't be read or says what can't be, SourceError for a
    source, queries or judgments that can't be used.
    """
    settings = read_settings(path)
    folder = path.absolute().parent
    gallery = read_gallery(settings.items, folder, limit=limit, seed=seed)
    cut = limit is not None
    return EvaluationSet(
        name=settings.name,
        tasks=tuple(build_task(task, gallery, folder, cut=cut) for task in settings.tasks),
        ks=tuple(settings.ks),
        gain=settings.gain,
        notes=gallery.notes,
    )


def read_settings(path: Path) -> EvaluationSetOf:
    """What the file says, checked. Raises SettingsError."""
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"Can't read {path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8.", hint="Save it as UTF-8.") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is no YAML: {error}") from error
    if not isinstance(document, dict):
        raise SettingsError(
            f"{path} holds no evaluation set.", hint="It starts with 'name:', 'items:', 'tasks:'."
        )
    try:
        return EvaluationSetOf.model_validate(document)
    except ValidationError as error:
        raise SettingsError(_told(path, error)) from error


def _told(path: Path, error: ValidationError) -> str:
    problems = error.errors(include_url=False)
    told = []
    for problem in problems[:_TOLD]:
        place = ".".join(str(part) for part in problem["loc"])
        told.append(f"{place}: {problem['msg'].removeprefix('Value error, ')}".removeprefix(": "))
    more = f" And {len(problems) - _TOLD} more." if len(problems) > _TOLD else ""
    return f"{path}: {'; '.join(told)}{more}"
