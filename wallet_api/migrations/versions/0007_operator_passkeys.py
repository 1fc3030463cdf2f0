"""Operators' passkeys, offices that demand them, and the counts of what went wrong in a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wallet_api.db import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("office") as table:
        table.add_column(
            sa.Column("passkeys_demanded", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.create_table(
        "operator_passkey",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("operator_id", sa.String(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operator.id"], name=op.f("fk_operator_passkey_operator_id_operator")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_operator_passkey_credential_id")),
    )
    with op.batch_alter_table("operator_passkey") as table:
        table.create_index(op.f("ix_operator_passkey_operator_id"), ["operator_id"])
    op.create_table(
        "counter_tally",
        sa.Column("kiosk_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("counted_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["kiosk_id"], ["kiosk.id"], name=op.f("fk_counter_tally_kiosk_id_kiosk")
        ),
        sa.PrimaryKeyConstraint("kiosk_id", "day", "reason", name=op.f("pk_counter_tally")),
    )
    with op.batch_alter_table("counter_tally") as table:
        table.create_index(op.f("ix_counter_tally_counted_at"), ["counted_at"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("counter_tally")
    op.drop_table("operator_passkey")
    with op.batch_alter_table("office") as table:
        table.drop_column("passkeys_demanded")
