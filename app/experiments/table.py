"""The tables of experiments, and of searches that the service failed under one."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, String, Table, Text

from database.tables import METADATA, Moment

EXPERIMENTS = Table(
    "experiments",
    METADATA,
    Column("name", String(63), primary_key=True),
    Column("document", JSON, nullable=False),
    Column("created_at", Moment(), nullable=False),
    Column("starts_at", Moment()),
    Column("ends_at", Moment()),
    Column("stopped_at", Moment()),
    Column("reason", Text, nullable=False),
    Column("stopped_variants", JSON, nullable=False),
)

FAILED_SEARCHES = Table(
    "failed_searches",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("experiment", String(63), nullable=False),
    Column("variant", String(63), nullable=False),
    Column("unit", String(64), nullable=False),
    Column("at", Moment(), nullable=False),
    Column("problem", String(40), nullable=False),
    Index("ix_failed_searches_experiment_number", "experiment", "number"),
)
