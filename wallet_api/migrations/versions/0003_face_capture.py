"""Captures of a face under a challenge, and what an officer sees of a doubtful one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wallet_api.db import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UNDER_WAY = sa.text("state IN ('OPEN', 'COMMITTED')")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "face_capture",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("enrolment_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("prompt", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("prompted_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("frames_by", UtcDateTime(timezone=True), nullable=False),
        sa.Column("failure", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_face_capture_enrolment_id_enrolment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face_capture")),
    )
    with op.batch_alter_table("face_capture") as table:
        table.create_index(op.f("ix_face_capture_enrolment_id"), ["enrolment_id"])
        table.create_index(op.f("ix_face_capture_frames_by"), ["frames_by"])
        table.create_index(
            "uq_face_capture_under_way",
            ["enrolment_id"],
            unique=True,
            sqlite_where=_UNDER_WAY,
            postgresql_where=_UNDER_WAY,
        )
    op.create_table(
        "face_frame",
        sa.Column("capture_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("turn", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["face_capture.id"], name=op.f("fk_face_frame_capture_id_face_capture")
        ),
        sa.PrimaryKeyConstraint("capture_id", "position", name=op.f("pk_face_frame")),
        sa.UniqueConstraint("capture_id", "digest", name=op.f("uq_face_frame_capture_id_digest")),
    )
    with op.batch_alter_table("enrolment") as table:
        table.add_column(sa.Column("face_notes", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("face_retry_at", UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("selfie_sealed", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("face_decision_reason", sa.String(), nullable=True))
    with op.batch_alter_table("enrolment") as table:
        table.alter_column("face_notes", server_default=None)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("enrolment") as table:
        for name in ("face_decision_reason", "selfie_sealed", "face_retry_at", "face_notes"):
            table.drop_column(name)
    op.drop_table("face_frame")
    op.drop_table("face_capture")
