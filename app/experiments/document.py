"""An experiment as data: what a JSON or YAML file says, checked as far as it can be by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.search.aspects import checked_weights
from app.search.rerank.ranking import Grouping, Ranking
from app.search.shaping import Group, Shaping
from core.errors import BinocleError, InvalidRequest
from core.items import check_collection_name
from eval.experiments.assignment import Assignment
from eval.experiments.guardrails import Guardrail
from eval.experiments.metrics import GUARDS, METRICS, metric_of
from eval.experiments.plan import INTERLEAVED, Plan
from qdrant.store import JOINT

_NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
_SHAPING = (
    "aspects", "collapse", "group", "diversity", "min_relevance", "rerank", "budget_ms",
)  # fmt: skip
IN_RANKING = frozenset(_SHAPING) - {"aspects"}
"""Settings that a ranking document says something of as well."""
_EFFECT, _VOTE = 0.02, 0.1
"""Usual smallest differences worth knowing: of a share, and of the mean vote."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Variant(_Part):
    """One of the ways to answer. What it does not name stays as the collection and request say."""

    name: str = Field(pattern=_NAME)
    share: float | None = Field(None, gt=0, description="Of those that take part; else alike.")
    aspects: dict[str, float] | None = None
    collapse: bool | None = None
    group: Grouping | None = None
    diversity: float | None = Field(None, ge=0, le=1)
    min_relevance: float | None = Field(None, ge=0, le=1)
    rerank: list[str] | None = None
    budget_ms: float | None = Field(None, ge=0, le=10_000)
    ranking: Ranking | None = Field(None, description="In the place of the collection's.")
    generation: str | None = Field(None, description="In the place of the published one.")

    @property
    def settings(self) -> frozenset[str]:
        """Names of what it overrides."""
        names = (*_SHAPING, "ranking", "generation")
        return frozenset(name for name in names if getattr(self, name) is not None)

    def shaping(self) -> Mapping[str, Any]:
        """What it puts into `app.search.shaping.Shaping`. Raises InvalidQuery."""
        found = {name: getattr(self, name) for name in _SHAPING if name in self.settings}
        if self.aspects is not None:
            found["aspects"] = checked_weights(self.aspects)
        if self.group is not None:
            found["group"] = Group(self.group.field, self.group.n)
        if self.rerank is not None:
            found["rerank"] = tuple(self.rerank)
        Shaping(**found)
        return found


class Experiment(_Part):
    """What `binocle experiments create` takes."""

    name: str = Field(pattern=_NAME)
    collection: str
    unit: Literal["user", "session"] = "user"
    salt: str = Field("", max_length=200, description="Of the assignment; else the name.")
    traffic: float = Field(1.0, gt=0, le=1, description="Share of units that take part.")
    variants: list[Variant] = Field(min_length=2, max_length=10, description="Control first.")
    interleave: bool = False
    starts: AwareDatetime | None = None
    ends: AwareDatetime | None = None
    metric: str | None = Field(None, description="The one that decides; else click_rate.")
    test: Literal["sequential", "fixed"] = "sequential"
    alpha: float = Field(0.05, gt=0, le=0.5)
    effect: float | None = Field(None, gt=0, description="Smallest difference worth knowing.")
    units: int | None = Field(None, ge=2, description="Of a fixed test: units of each variant.")
    guardrails: dict[str, float] = Field({}, description="Most loss by metric.")

    @model_validator(mode="after")
    def _sensible(self) -> Experiment:
        for check in (_check_variants, _check_time, _check_test, _check_guardrails):
            check(self)
        return self

    @property
    def shares(self) -> Mapping[str, float]:
        """Of the variants, adding up to 1."""
        own = 1 / len(self.variants)
        return {each.name: own if each.share is None else each.share for each in self.variants}

    @property
    def settings(self) -> frozenset[str]:
        """Names of what any variant overrides."""
        return frozenset().union(*(variant.settings for variant in self.variants))

    def variant(self, name: str) -> Variant:
        return next(each for each in self.variants if each.name == name)

    def assignment(self) -> Assignment:
        """Who gets which variant. An interleaved one has no use but `takes_part`."""
        return Assignment(self.salt or self.name, self.traffic, tuple(self.shares.items()))

    def plan(self) -> Plan:
        """What its results are read by."""
        return Plan(
            name=self.name,
            shares=self.shares,
            unit=self.unit,
            metric=self.metric or "click_rate",
            test=self.test,
            alpha=self.alpha,
            effect=self.effect or (_VOTE if self.interleave else _EFFECT),
            units=self.units,
            guardrails=tuple(Guardrail(*each) for each in self.guardrails.items()),
            interleaved=self.interleave,
        )


def experiment_of(data: object) -> Experiment:
    """The experiment that plain data says. Raises InvalidRequest, which names the place."""
    try:
        return Experiment.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ").rstrip(".")
        at = f" at '{where}'" if where else ""
        raise InvalidRequest(
            f"The experiment is wrong{at}: {reason}.", field=where or None
        ) from None


def experiment_from_file(path: Path) -> Experiment:
    """The experiment in a JSON or YAML file. Raises InvalidRequest."""
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidRequest(f"{path} can't be read: {error.strerror}.", field="file") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise InvalidRequest(f"{path} is neither JSON nor YAML.", field="file") from None
    return experiment_of(data)


def _check_variants(wanted: Experiment) -> None:
    _say(lambda: check_collection_name(wanted.collection))
    names = [variant.name for variant in wanted.variants]
    if len(set(names)) < len(names) or INTERLEAVED in names:
        raise ValueError(f"variants need names of their own, and none is '{INTERLEAVED}'")
    given = [variant.share for variant in wanted.variants if variant.share is not None]
    if given and len(given) < len(names):
        raise ValueError("either every variant has a share, or none")
    total = sum(given)
    if given and abs(total - 1) > 1e-9:
        raise ValueError(
            f"the shares of the variants add up to {total:.4g} ({total:.0%}), not to 1; "
            "`traffic` says how many take part at all"
        )
    settings = [variant.settings for variant in wanted.variants]
    if not wanted.settings:
        raise ValueError("no variant changes anything")
    _say(lambda: [variant.shaping() for variant in wanted.variants])
    for variant in wanted.variants:
        if variant.aspects is not None and not variant.aspects.get(JOINT):
            raise ValueError(
                f"the aspects of '{variant.name}' leave out '{JOINT}', without which some queries "
                "can't be answered"
            )
        clash = sorted(variant.settings & IN_RANKING)
        if variant.ranking is not None and clash:
            raise ValueError(f"'{variant.name}' has a ranking and {', '.join(clash)} beside it")
    if wanted.interleave and len(settings) != 2:
        raise ValueError("interleaving is of two variants")
    if wanted.interleave and given and given[0] != given[1]:
        raise ValueError("interleaved variants have no shares: everybody sees both")


def _check_time(wanted: Experiment) -> None:
    if wanted.starts and wanted.ends and wanted.ends <= wanted.starts:
        raise ValueError("it ends before it starts")


def _check_test(wanted: Experiment) -> None:
    if wanted.test == "fixed" and wanted.units is None:
        raise ValueError(
            "a fixed test needs `units`, the number in each variant that it is read at; "
            "`binocle experiments size` tells it"
        )
    if wanted.test == "sequential" and wanted.units is not None:
        raise ValueError("`units` is for a fixed test; a sequential one is read at any time")
    if wanted.interleave:
        if wanted.metric is not None:
            raise ValueError("interleaving is decided by clicks, and has no metric")
        return
    _say(lambda: metric_of(wanted.metric or "click_rate"))
    metric = METRICS[wanted.metric or "click_rate"]
    if wanted.effect is None and not metric.bounded:
        raise ValueError(f"`effect` is needed: the least difference of {metric.name} worth knowing")


def _check_guardrails(wanted: Experiment) -> None:
    if wanted.interleave and wanted.guardrails:
        raise ValueError("guardrails compare variants, and interleaved answers are of both")
    for name, margin in wanted.guardrails.items():
        if name not in GUARDS or margin <= 0:
            raise ValueError(
                f"a guardrail is one of {', '.join(GUARDS)} with a margin above 0, "
                f"not {name}: {margin:g}"
            )


def _say(check: Any) -> None:
    """Has pydantic tell what our own checks find."""
    try:
        check()
    except BinocleError as error:
        raise ValueError(str(error)) from None
