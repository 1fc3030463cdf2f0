"""Offers, authorization requests and grants of foreign wallets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wallet_api.db import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _wallet(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["wallet_id"], ["wallet.id"], name=op.f(f"fk_{table}_wallet_id_wallet")
    )


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "openid_offer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("wallet_id", sa.String(), nullable=False),
        sa.Column("grant_kind", sa.String(), nullable=False),
        sa.Column("configurations", sa.String(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tx_code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("tx_code_length", sa.Integer(), nullable=False),
        sa.Column("tx_code_failures", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", UtcDateTime(timezone=True), nullable=True),
        _wallet("openid_offer"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_openid_offer")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_openid_offer_code_hash")),
    )
    op.create_table(
        "openid_request",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("uri_hash", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("attested", sa.Boolean(), nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("client_state", sa.String(), nullable=True),
        sa.Column("code_challenge", sa.String(), nullable=False),
        sa.Column("jkt", sa.String(), nullable=True),
        sa.Column("configurations", sa.String(), nullable=False),
        sa.Column("with_details", sa.Boolean(), nullable=False),
        sa.Column("offer_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=True),
        sa.Column("wallet_id", sa.String(), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("code_expires_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("grant_id", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        _wallet("openid_request"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_openid_request")),
        sa.UniqueConstraint("uri_hash", name=op.f("uq_openid_request_uri_hash")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_openid_request_code_hash")),
    )
    op.create_table(
        "openid_grant",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("wallet_id", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("attested", sa.Boolean(), nullable=False),
        sa.Column("jkt", sa.String(), nullable=True),
        sa.Column("configurations", sa.String(), nullable=False),
        sa.Column("identifiers", sa.String(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        _wallet("openid_grant"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_openid_grant")),
    )
    for name in ("openid_offer", "openid_request", "openid_grant"):
        with op.batch_alter_table(name) as table:
            table.create_index(op.f(f"ix_{name}_wallet_id"), ["wallet_id"])
            table.create_index(op.f(f"ix_{name}_expires_at"), ["expires_at"])


def downgrade() -> None:
    """Take back."""
    for name in ("openid_grant", "openid_request", "openid_offer"):
        op.drop_table(name)
