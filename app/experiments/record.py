"""An experiment and what has become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from app.experiments.document import IN_RANKING, Experiment

State = Literal["draft", "scheduled", "running", "ended", "stopped"]
_PAGES = timedelta(minutes=10)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class StoppedVariant:
    """A variant that is answered no more, and why."""

    at: datetime
    reason: str


@dataclass(frozen=True)
class Record:
    """Attributes:
    starts_at: when it begins or began; None of a draft.
    stopped_at, reason: when and why it was stopped before its end.
    stopped_variants: by name; their units are answered as if there were no experiment.
    """

    experiment: Experiment
    created_at: datetime
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    stopped_at: datetime | None = None
    reason: str = ""
    stopped_variants: Mapping[str, StoppedVariant] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.experiment.name

    def state(self, now: datetime) -> State:
        """What it is at this time."""
        if self.stopped_at is not None:
            return "stopped"
        if self.starts_at is None:
            return "draft"
        if now < self.starts_at:
            return "scheduled"
        return "ended" if self.ends_at is not None and self.ends_at <= now else "running"

    def over(self, now: datetime) -> bool:
        """Whether it has run."""
        return self.state(now) in ("ended", "stopped")

    def ran(self, at: datetime) -> bool:
        """Whether it ran at a moment, as far as is known by now."""
        ends = [each for each in (self.ends_at, self.stopped_at) if each is not None]
        return self.starts_at is not None and self.starts_at <= at < min(ends, default=_NEVER)

    def lately_over(self, now: datetime) -> bool:
        """Whether it ended so short a time ago that people may still turn its pages."""
        return self.starts_at is not None and self.over(now) and now - self.until(now) < _PAGES

    def until(self, now: datetime) -> datetime:
        """The end of what there is to read."""
        ends = [each for each in (self.ends_at, self.stopped_at, now) if each is not None]
        return min(ends)

    def clash(self, other: Record) -> frozenset[str]:
        """Settings that both change in one collection at one time; empty where they get along."""
        one, two = self.experiment, other.experiment
        if one.name == two.name or one.collection != two.collection or not self._meets(other):
            return frozenset()
        if one.interleave and two.interleave:
            return frozenset({"interleave"})
        shared = one.settings & two.settings
        for first, second in ((one.settings, two.settings), (two.settings, one.settings)):
            if "ranking" in first:
                shared |= second & IN_RANKING
        return shared

    def _meets(self, other: Record) -> bool:
        if self.starts_at is None or other.starts_at is None:
            return False  # drafts are compared when they start
        if self.stopped_at is not None or other.stopped_at is not None:
            return False
        return (other.ends_at is None or self.starts_at < other.ends_at) and (
            self.ends_at is None or other.starts_at < self.ends_at
        )

    def as_json(self, now: datetime) -> dict[str, Any]:
        """As GET /v1/experiments and `binocle experiments show --json` tell it."""
        document = self.experiment.model_dump(mode="json", exclude_defaults=True)
        variants = [
            {
                "name": name,
                "share": share,
                "changes": sorted(self.experiment.variant(name).settings),
                "stopped": self.stopped_variants[name].reason
                if name in self.stopped_variants
                else None,
            }
            for name, share in self.experiment.shares.items()
        ]
        return {
            "name": self.name,
            "collection": self.experiment.collection,
            "state": self.state(now),
            "unit": self.experiment.unit,
            "traffic": self.experiment.traffic,
            "interleave": self.experiment.interleave,
            "variants": variants,
            "created_at": self.created_at.isoformat(),
            "starts_at": _text(self.starts_at),
            "ends_at": _text(self.ends_at),
            "stopped_at": _text(self.stopped_at),
            "reason": self.reason,
            "definition": document,
        }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
