"""Credentials in the world's formats, the keys they are bound to, and those promised for later."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wallet_api.db import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("credential") as table:
        table.add_column(sa.Column("format", sa.String(), nullable=False, server_default="qr"))
        table.add_column(sa.Column("grant_id", sa.String(), nullable=True))
        table.add_column(sa.Column("signed_digest", sa.LargeBinary(), nullable=True))
    op.create_table(
        "foreign_key_held",
        sa.Column("jkt", sa.String(), nullable=False),
        sa.Column("wallet_id", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("first_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["wallet_id"], ["wallet.id"], name=op.f("fk_foreign_key_held_wallet_id_wallet")
        ),
        sa.PrimaryKeyConstraint("jkt", name=op.f("pk_foreign_key_held")),
    )
    with op.batch_alter_table("foreign_key_held") as table:
        table.create_index(op.f("ix_foreign_key_held_wallet_id"), ["wallet_id"])
    op.create_table(
        "openid_deferred",
        sa.Column("id_hash", sa.LargeBinary(), nullable=False),
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("order_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("ready_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["openid_grant.id"], name=op.f("fk_openid_deferred_grant_id_openid_grant")
        ),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_openid_deferred")),
    )
    with op.batch_alter_table("openid_deferred") as table:
        table.create_index(op.f("ix_openid_deferred_expires_at"), ["expires_at"])
        table.create_index(op.f("ix_openid_deferred_grant_id"), ["grant_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("openid_deferred")
    op.drop_table("foreign_key_held")
    with op.batch_alter_table("credential") as table:
        table.drop_column("signed_digest")
        table.drop_column("grant_id")
        table.drop_column("format")
