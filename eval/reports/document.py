"""An evaluation as a JSON document: a stable schema with a version, that reads back to equals.

What the terminal and the HTML page show is made from this document, so that nothing is shown that
is not in it; only the pictures of the page come from the tasks themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from core.errors import SourceError
from eval.retrieval.evaluation import Evaluation
from eval.retrieval.resampling import Bootstrap
from eval.retrieval.significance import Comparison
from eval.robustness.drops import Robustness

SCHEMA = "binocle-evaluation"
VERSION = 1
TOP = 10
"""Best items that are kept by id for each query."""
_LIBRARIES = ("binocle", "numpy", "onnxruntime", "pillow", "torch", "sentence-transformers")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figure(_Part):
    """A metric with the ends of its confidence interval; null where it is infinite or unknown."""

    value: float | None
    low: float | None = None
    high: float | None = None


class SliceFigures(_Part):
    """The queries of one value of an attribute."""

    value: str
    queries: int
    metrics: dict[str, Figure]


class LeftOutFigures(_Part):
    """How many members were left out for one reason, and the first of them."""

    count: int
    first: tuple[JsonValue, ...]


class EvaluationFigures(_Part):
    """One encoder on one task; see `eval.retrieval.evaluation.Evaluation`.

    `per_query` holds an object for each query: `query`, `top` (ids), and a number by metric.
    """

    task: str
    direction: str
    encoder: str
    fingerprint: str
    dim: int
    queries: int
    gallery: int
    ks: tuple[int, ...]
    gain: str
    bootstrap: Bootstrap
    metrics: dict[str, Figure]
    slices: dict[str, tuple[SliceFigures, ...]]
    left_out: dict[str, LeftOutFigures]
    notes: tuple[str, ...]
    seconds: dict[str, float]
    per_query: tuple[dict[str, JsonValue], ...] = ()


class DifferenceFigures(_Part):
    """One metric of a comparison; see `eval.retrieval.significance.Difference`."""

    metric: str
    baseline: float | None
    candidate: float | None
    difference: float | None
    interval: tuple[float | None, float | None] | None
    p: float
    adjusted: float


class ComparisonFigures(_Part):
    """A model against the baseline on one task; the words say how it was tested."""

    task: str
    baseline: str
    candidate: str
    queries: int
    interval: str
    test: str
    adjustment: str
    differences: dict[str, DifferenceFigures]
    notes: tuple[str, ...]


class Document(_Part):
    """All that was measured in one run.

    Attributes:
        versions: of Binocle and the libraries that figures depend on.
        settings: what was asked for, as the one who ran it wants it remembered.
        baselines: of some or all of the tasks, another encoder's figures.
    """

    format: Literal["binocle-evaluation"] = "binocle-evaluation"
    version: Literal[1] = 1
    title: str
    created: datetime
    versions: dict[str, str]
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    evaluations: tuple[EvaluationFigures, ...]
    baselines: tuple[EvaluationFigures, ...] = ()
    comparisons: tuple[ComparisonFigures, ...] = ()
    robustness: tuple[Robustness, ...] = ()

    def baseline_of(self, task: str) -> EvaluationFigures | None:
        return next((one for one in self.baselines if one.task == task), None)

    def comparison_of(self, task: str) -> ComparisonFigures | None:
        return next((one for one in self.comparisons if one.task == task), None)

    def robustness_of(self, task: str) -> tuple[Robustness, ...]:
        """One for each encoder that was studied."""
        return tuple(one for one in self.robustness if one.task == task)


def document(
    evaluations: Sequence[Evaluation],
    *,
    baselines: Sequence[Evaluation] = (),
    comparisons: Sequence[Comparison] = (),
    robustness: Sequence[Robustness] = (),
    title: str = "Evaluation",
    settings: Mapping[str, JsonValue] | None = None,
    created: datetime | None = None,
    per_query: bool = True,
) -> Document:
    """The document of a run. `created` is now unless given; `per_query` adds every query."""
    return Document(
        title=title,
        created=created or datetime.now(UTC),
        versions=_versions(),
        settings=dict(settings or {}),
        evaluations=tuple(_figures(one, per_query) for one in evaluations),
        baselines=tuple(_figures(one, per_query) for one in baselines),
        comparisons=tuple(ComparisonFigures.model_validate(one.to_json()) for one in comparisons),
        robustness=tuple(robustness),
    )


def to_json(document: Document) -> str:
    """The document as JSON text."""
    return document.model_dump_json(indent=2)


def from_json(text: str | bytes) -> Document:
    """The document that `to_json` wrote. Raises SourceError for anything else."""
    try:
        return Document.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise SourceError(
            f"This is no evaluation that Binocle can read: {where}: {first['msg']}.",
            hint=f"Files of schema '{SCHEMA}', version {VERSION} can be read.",
        ) from None


def _figures(evaluation: Evaluation, per_query: bool) -> EvaluationFigures:
    parts = evaluation.to_json(per_query=per_query, depth=TOP)
    parts["notes"] = [*evaluation.notes, *evaluation.left_out.sentences()]
    return EvaluationFigures.model_validate(parts)


def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # torch is no part of the base install
    return found
