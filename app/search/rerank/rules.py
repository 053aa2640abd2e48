"""Business rules, as data: what is lifted, lowered, and put at a fixed place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from core.errors import InvalidRequest
from core.fields import FieldType, Schema, parse_datetime
from core.filter_parser import parse_filter
from qdrant.matching import field_values, matches

Weigh: TypeAlias = Callable[[Mapping[str, Any]], float]
"""The factor for an item of this payload; 1 leaves it."""


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Boost(_Rule):
    """Items that match `when` count more (by over 1) or less (by under 1: bury)."""

    rule: Literal["boost", "bury"]
    when: dict[str, Any] = Field(description="A filter.", min_length=1)
    by: float = Field(gt=0, le=1000, description="Factor: over 1 for boost, under 1 for bury.")

    def weigh(self, schema: Schema) -> Weigh:
        if (self.by < 1) == (self.rule == "boost"):
            raise InvalidRequest(
                f"A {self.rule} by {self.by:g} does the opposite.",
                hint="Boost by more than 1, bury by less.",
                field="by",
            )
        when = parse_filter(self.when, schema)
        return lambda payload: self.by if matches(when, payload) else 1.0


class Decay(_Rule):
    """Items count less with age: by half after each `half_life_days`, never less than `floor`."""

    rule: Literal["decay"]
    field: str = Field(description="A datetime field, such as uploaded_at.")
    half_life_days: float = Field(gt=0)
    floor: float = Field(0.1, gt=0, le=1)

    def weigh(self, schema: Schema) -> Weigh:
        _need(self.field, schema, FieldType.DATETIME)
        now = datetime.now(UTC)

        def factor(payload: Mapping[str, Any]) -> float:
            moments = [parse_datetime(value) for value in field_values(payload, self.field)]
            if not moments:
                return 1.0
            days = max((now - max(moments)).total_seconds() / 86_400, 0.0)
            return max(float(0.5 ** (days / self.half_life_days)), self.floor)

        return factor


class Stock(_Rule):
    """Items that are sold out (false, or 0 and less) count by `by`; without a value as they are."""

    rule: Literal["stock"]
    field: str = Field(description="A bool, integer or float field.")
    by: float = Field(0.1, gt=0, lt=1)

    def weigh(self, schema: Schema) -> Weigh:
        _need(self.field, schema, FieldType.BOOL, FieldType.INTEGER, FieldType.FLOAT)

        def factor(payload: Mapping[str, Any]) -> float:
            values = field_values(payload, self.field)
            return self.by if values and all(value <= 0 for value in values) else 1.0

        return factor


class Pin(_Rule):
    """These items stand at the top, in this order, where they pass the filter of the request.

    texts: only for queries of one of these texts, whatever their case; empty: for every query.
    """

    rule: Literal["pin"]
    ids: list[str] = Field(min_length=1, max_length=20)
    texts: list[str] = []

    def applies(self, text: str | None) -> bool:
        """Whether it is for a query of this text."""
        plain = " ".join((text or "").lower().split())
        return not self.texts or plain in {" ".join(each.lower().split()) for each in self.texts}


Rule: TypeAlias = Annotated[Boost | Decay | Stock | Pin, Field(discriminator="rule")]
Weighing: TypeAlias = Boost | Decay | Stock


def _need(name: str, schema: Schema, *kinds: FieldType) -> None:
    kind = schema.fields.get(name)
    if kind not in kinds:
        able = sorted(field for field, has in schema.fields.items() if has in kinds)
        what = "there is no such field" if kind is None else f"it is of type {kind.value}"
        raise InvalidRequest(
            f"A rule needs the field '{name}': {what}.",
            hint=f"Fields that fit: {', '.join(able) or 'none'}.",
            field=name,
        )
