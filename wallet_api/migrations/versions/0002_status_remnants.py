"""Status entries that outlive a restore."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wallet_api.db import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "status_remnant",
        sa.Column("list_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("list_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("until", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("list_number", "list_index", name=op.f("pk_status_remnant")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("status_remnant")
