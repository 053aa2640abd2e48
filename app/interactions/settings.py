"""Settings of the record of searches and events: BINOCLE_EVENTS__..."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class EventSettings(BaseModel):
    """What is kept of searches and of what people do with their answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(
        default=True, description="Record searches and take events. Answers have ids either way."
    )
    salt: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Secret that users and sessions are hashed with. Unset: made at random and "
        "kept in the database.",
    )
    keep_query_images: bool = Field(
        default=False,
        description="Keep the images that people search by, to train from them. Off, only their "
        "SHA-256 is kept.",
    )
    retention_days: int = Field(
        default=90, ge=0, description="Days that searches and events are kept; 0 keeps them all."
    )
    flush_seconds: float = Field(
        default=0.5,
        gt=0,
        le=60,
        description="How long a record may wait in memory before it is written, in seconds: what "
        "a crash may lose.",
    )
    max_waiting: int = Field(
        default=50_000,
        ge=1,
        description="Records that may wait in memory; beyond, events are refused and searches "
        "not recorded.",
    )
    max_body: int = Field(
        default=262_144, ge=1_000, description="Largest body of one call with events, in bytes."
    )
    max_batch: int = Field(default=1_000, ge=1, description="Most events in one call.")
    max_age_hours: float = Field(
        default=24.0, gt=0, description="How long after its search an event is taken, in hours."
    )
    max_skew_seconds: float = Field(
        default=60.0,
        ge=0,
        description="How far a sender's clock may be off, in seconds.",
    )
    per_minute: int = Field(
        default=12_000,
        ge=1,
        description="Events a minute from one client: an API key, or else a network address.",
    )
    suggest_people: int = Field(
        default=5,
        ge=0,
        description="People who must have asked for a text, with success, before it is suggested "
        "to others; 0: never.",
    )
    conversions: tuple[str, ...] = Field(
        default=(),
        description="Actions beside impression, click and dwell that are taken. None named: any "
        "of small letters, digits and underscores, up to 40.",
    )
