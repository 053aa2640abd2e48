"""How a collection ranks: what its searches do unless a request says otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from app.search.rerank.cross import CrossSettings
from app.search.rerank.curve import Curve, Kind
from app.search.rerank.part import Part
from app.search.rerank.rules import Pin, Rule
from app.search.shaping import BY_PRODUCT, MAX_PER_GROUP, Group, Shape, Shaping
from core.errors import BinocleError, InvalidRequest
from core.fields import FieldType, Schema

STAGES = ("rescore", "ranker", "cross_encoder", "rules")
"""Names of the stages, in the order in which they run."""
_LONGEST_TEMPLATE = 200


class Grouping(Part):
    field: str
    n: int = Field(1, ge=1, le=MAX_PER_GROUP)


class Ranking(Part):
    """The ranking of one collection, as JSON or YAML says it."""

    window: int = Field(100, ge=10, le=1000, description="Candidates re-ordered at a time.")
    budget_ms: float = Field(100.0, ge=0, le=10_000, description="Time for the stages together.")
    rescore: bool = Field(False, description="Score again from the full vectors.")
    ranker: str | None = Field(None, description="File of a ranker, as `train ranker` writes it.")
    cross_encoder: CrossSettings | None = Field(None, description="A model that reads pairs.")
    rules: list[Rule] = Field([], max_length=100)
    collapse: bool = True
    group: Grouping | None = None
    diversity: float = Field(0.0, ge=0, le=1)
    min_relevance: dict[Kind, float] = Field({}, description="By kind of query.")
    templates: list[str] = Field(
        [],
        max_length=10,
        description="Of texts of at most three words: what the encoder is given instead, each with "
        "{} for the text, such as 'a photo of {}'; their vectors are averaged.",
    )
    calibration: dict[Kind, Curve] = Field({}, description="By kind of query.")

    def check(self, schema: Schema) -> None:
        """Raises InvalidRequest, which names the rule, for what this collection has not."""
        for at, rule in enumerate(self.rules):
            try:
                if not isinstance(rule, Pin):
                    rule.weigh(schema)
            except BinocleError as error:
                where = f"rules.{at}.{error.field}" if error.field else f"rules.{at}"
                raise InvalidRequest(error.message, hint=error.hint, field=where) from None
        names = {"group.field": self.group.field} if self.group else {}
        for where, name in names.items():
            if schema.fields.get(name) is not FieldType.KEYWORD:
                raise InvalidRequest(f"'{name}' is no keyword field to group by.", field=where)
        for at, template in enumerate(self.templates):
            if template.count("{}") != 1 or len(template) > _LONGEST_TEMPLATE:
                raise InvalidRequest(
                    f"'{template[:40]}' is no template: it has {{}} once, and at most "
                    f"{_LONGEST_TEMPLATE} characters.",
                    field=f"templates.{at}",
                )
        for kind, line in self.min_relevance.items():
            if not 0 <= line <= 1:
                raise InvalidRequest(
                    f"The least relevance of '{kind}' is {line:g}; it lies from 0 to 1.",
                    field=f"min_relevance.{kind}",
                )

    def curve(self, kind: str | None, fingerprint: str) -> tuple[Curve | None, str | None]:
        """The calibration that was fitted for this collection, and why it does not count; None
        where none was fitted, and where there is nothing to say.

        Args:
            fingerprint: of the collection's encoder.
        """
        curves = {str(name): curve for name, curve in self.calibration.items()}
        found = curves.get(kind or "mix")
        if found is None or found.fingerprint in (None, fingerprint):
            return found, None
        return None, "it was fitted for another encoder; run binocle eval calibrate again"

    def check_curves(self, fingerprint: str) -> None:
        """Raises InvalidRequest for a curve of another encoder than the collection's."""
        for kind in self.calibration:
            _, odd = self.curve(kind, fingerprint)
            if odd is not None:
                raise InvalidRequest(
                    "The curve was fitted for another encoder than the collection's.",
                    hint="Fit it again: binocle eval calibrate.",
                    field=f"calibration.{kind}",
                )
        for kind, curve in self.calibration.items():
            places = [place for place, _ in curve.knots]
            values = [value for _, value in curve.knots]
            if places != sorted(set(places)) or values != sorted(values):
                raise InvalidRequest("Knots ascend.", field=f"calibration.{kind}.knots")

    def stages(self, wanted: Shaping) -> tuple[str, ...]:
        """The stages to run. Raises InvalidRequest for one that is not there or not configured."""
        configured = {
            "rescore": self.rescore,
            "ranker": self.ranker is not None,
            "cross_encoder": self.cross_encoder is not None,
            "rules": bool(self.rules),
        }
        if wanted.rerank is None:
            return tuple(name for name in STAGES if configured[name])
        for name in wanted.rerank:
            # Scores from full vectors need nothing to be set up.
            if name not in STAGES or not (configured[name] or name == "rescore"):
                ready = [stage for stage in STAGES if configured[stage] or stage == "rescore"]
                raise InvalidRequest(
                    f"The collection has no stage '{name}'.",
                    hint=f"Stages to choose from: {', '.join(ready)}.",
                    field="rerank",
                )
        return tuple(name for name in STAGES if name in wanted.rerank)

    def shape(self, wanted: Shaping, kind: str | None, *, products: bool = False) -> Shape:
        """What is done to an answer to a query of this kind.

        Args:
            products: whether images may be of one product: then one of them is shown, unless
                another grouping is asked for, or no collapsing.
        """
        own = Group(self.group.field, self.group.n) if self.group is not None else None
        collapse = self.collapse if wanted.collapse is None else wanted.collapse
        if own is None and products and collapse:
            own = BY_PRODUCT
        lines = {str(name): line for name, line in self.min_relevance.items()}
        return Shape(
            collapse=collapse,
            group=wanted.group or own,
            diversity=self.diversity if wanted.diversity is None else wanted.diversity,
            line=_given(wanted.min_relevance, lines.get(kind or "mix", 0.0)),
            nearest_below=wanted.nearest_below,
        )


def ranking_of(data: object) -> Ranking:
    """The ranking that plain data says. Raises InvalidRequest, which names the place."""
    try:
        return Ranking.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidRequest(
            f"The ranking is wrong at '{where}': {first['msg']}.", field=where
        ) from None


def ranking_from_file(path: Path) -> Ranking:
    """The ranking in a JSON or YAML file. Raises InvalidRequest."""
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidRequest(f"{path} can't be read: {error.strerror}.", field="file") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise InvalidRequest(f"{path} is neither JSON nor YAML.", field="file") from None
    return ranking_of(data)


def _given(wanted: float | None, otherwise: float) -> float:
    return otherwise if wanted is None else wanted


def as_document(ranking: Ranking) -> dict[str, Any]:
    """The ranking as JSON."""
    document: dict[str, Any] = json.loads(ranking.model_dump_json(exclude_defaults=False))
    return document
