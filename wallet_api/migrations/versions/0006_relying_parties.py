"""Relying parties whose desks sign what they ask: codes to register with, certificates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wallet_api.db import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "relying_party",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("profiles", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relying_party")),
        sa.UniqueConstraint("name_key", name=op.f("uq_relying_party_name_key")),
    )
    _offers()
    _certificates()


def _offers() -> None:
    op.create_table(
        "relying_party_offer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("relying_party_id", sa.String(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["relying_party_id"],
            ["relying_party.id"],
            name=op.f("fk_relying_party_offer_relying_party_id_relying_party"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relying_party_offer")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_relying_party_offer_code_hash")),
    )
    with op.batch_alter_table("relying_party_offer") as table:
        table.create_index(op.f("ix_relying_party_offer_relying_party_id"), ["relying_party_id"])


def _certificates() -> None:
    op.create_table(
        "relying_party_certificate",
        sa.Column("serial", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("relying_party_id", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("signed", sa.LargeBinary(), nullable=True),
        sa.Column("not_before", UtcDateTime(timezone=True), nullable=False),
        sa.Column("not_after", UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("renewed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["relying_party_id"],
            ["relying_party.id"],
            name=op.f("fk_relying_party_certificate_relying_party_id_relying_party"),
        ),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_relying_party_certificate")),
        sa.UniqueConstraint("public_key", name=op.f("uq_relying_party_certificate_public_key")),
    )
    with op.batch_alter_table("relying_party_certificate") as table:
        table.create_index(op.f("ix_relying_party_certificate_not_after"), ["not_after"])
        table.create_index(
            op.f("ix_relying_party_certificate_relying_party_id"), ["relying_party_id"]
        )


def downgrade() -> None:
    """Take back."""
    op.drop_table("relying_party_certificate")
    op.drop_table("relying_party_offer")
    op.drop_table("relying_party")
