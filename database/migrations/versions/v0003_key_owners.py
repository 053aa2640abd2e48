"""Owners of API keys: whose private items a key may read."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; keys made before belong to nobody."""
    op.add_column("api_keys", sa.Column("owner_id", sa.String(200), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("api_keys") as table:
        table.drop_column("owner_id")
