"""The ledger of loads, and what was written beside them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ledger_items",
        sa.Column("collection", sa.String(63), nullable=False),
        sa.Column("generation", sa.String(16), nullable=False),
        sa.Column("id", sa.String(512), nullable=False),
        sa.Column("item", sa.String(32), nullable=False),
        sa.Column("image", sa.String(32), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("collection", "generation", "id", name="pk_ledger_items"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_changes",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("collection", sa.String(63), nullable=False),
        sa.Column("generation", sa.String(16), nullable=False),
        sa.Column("id", sa.String(512), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_ledger_changes"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_ledger_changes_collection_generation_id",
        "ledger_changes",
        ["collection", "generation", "id"],
        unique=True,
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("ledger_changes")
    op.drop_table("ledger_items")
