"""Likenesses of the items, to group near-duplicates by."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_BANDS = [f"band{at}" for at in range(5)]


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "likenesses",
        sa.Column("collection", sa.String(63), nullable=False),
        sa.Column("id", sa.String(512), nullable=False),
        sa.Column("leader", sa.String(540), nullable=False),
        sa.Column("leads", sa.Boolean(), nullable=False),
        sa.Column("phash", sa.LargeBinary(8), nullable=False),
        sa.Column("layout", sa.LargeBinary(108), nullable=False),
        sa.Column("aspect", sa.Float(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in _BANDS),
        sa.PrimaryKeyConstraint("collection", "id", name="pk_likenesses"),
        sqlite_with_rowid=False,
    )
    for name in [*_BANDS, "leader"]:
        op.create_index(f"ix_likenesses_collection_{name}", "likenesses", ["collection", name])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("likenesses")
