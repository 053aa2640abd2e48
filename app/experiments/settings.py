"""Settings of experiments: BINOCLE_EXPERIMENTS__..."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ExperimentSettings(BaseModel):
    """How a service runs experiments."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    guard_seconds: float = Field(
        default=60.0,
        gt=0,
        description="How often the guardrails of running experiments are looked at, in seconds.",
    )
