"""Searches, the events on their answers, and the secrets that identities are hashed with."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_QUERY_ID = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "searches",
        sa.Column("query_id", _QUERY_ID, nullable=False),
        sa.Column("collection", sa.String(63), nullable=False),
        sa.Column("generation", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("image", sa.String(64), nullable=True),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("latency_ms", sa.Float(), nullable=True),
        sa.Column("user", sa.String(32), nullable=True),
        sa.Column("session", sa.String(32), nullable=True),
        sa.Column("variants", sa.JSON(), nullable=True),
        sa.Column("sources", sa.JSON(), nullable=True),
        sa.Column("randomised", sa.Boolean(), nullable=False),
        sa.Column("client", sa.String(40), nullable=False),
        sa.Column("encoder", sa.String(200), nullable=False),
        sa.Column("agent", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("query_id", name="pk_searches"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_searches_user", "searches", ["user"])
    op.create_index("ix_searches_session", "searches", ["session"])
    op.create_table(
        "events",
        sa.Column("query_id", _QUERY_ID, nullable=False),
        sa.Column("id", sa.LargeBinary(8), nullable=False),
        sa.Column("item", sa.String(512), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("query_id", "id", name="pk_events"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", sa.LargeBinary(64), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secrets"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("secrets")
    op.drop_table("events")
    op.drop_table("searches")
