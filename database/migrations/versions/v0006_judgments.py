"""What people judge: grades of items, and preferences between two rankings."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "judgments",
        sa.Column("collection", sa.String(63), nullable=False),
        sa.Column("query_id", sa.String(16), nullable=False),
        sa.Column("item", sa.String(512), nullable=False),
        sa.Column("judge", sa.String(60), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("grade", sa.SmallInteger(), nullable=False),
        sa.Column("rankings", sa.JSON(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("collection", "query_id", "item", "judge", name="pk_judgments"),
    )
    op.create_table(
        "preferences",
        sa.Column("collection", sa.String(63), nullable=False),
        sa.Column("query_id", sa.String(16), nullable=False),
        sa.Column("pair", sa.String(16), nullable=False),
        sa.Column("judge", sa.String(60), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("first", sa.JSON(), nullable=False),
        sa.Column("second", sa.JSON(), nullable=False),
        sa.Column("preferred", sa.String(8), nullable=False),
        sa.Column("swapped", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("collection", "query_id", "pair", "judge", name="pk_preferences"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("preferences")
    op.drop_table("judgments")
