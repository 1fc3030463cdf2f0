"""What was published, so that a version is never used twice and never goes back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from wallet_api.models.tables import Base


class Publication(Base):
    """One version of the verifier bundle with the lists of the same moment."""

    __tablename__ = "publication"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    created_at: Mapped[datetime]
    bundle_sha256: Mapped[str | None]
    completed_at: Mapped[datetime | None]
