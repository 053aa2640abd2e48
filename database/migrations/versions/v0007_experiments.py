"""Experiments, and the searches that failed under them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "experiments",
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stopped_variants", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_experiments"),
    )
    op.create_table(
        "failed_searches",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("experiment", sa.String(63), nullable=False),
        sa.Column("variant", sa.String(63), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_failed_searches"),
    )
    op.create_index(
        "ix_failed_searches_experiment_number", "failed_searches", ["experiment", "number"]
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("failed_searches")
    op.drop_table("experiments")
