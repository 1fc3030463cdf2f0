"""Small facts the service itself keeps: cursors and marks of its jobs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from wallet_api.models.tables import Base


class Parameter(Base):
    """A named value; jobs move it with a conditional UPDATE."""

    __tablename__ = "parameter"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    changed_at: Mapped[datetime]
