"""What keeps several job workers from doing the same periodic work at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from wallet_api.models.tables import Base


class JobRun(Base):
    """One periodic job: when it is due, and until when somebody holds it."""

    __tablename__ = "job_run"

    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)  # in a row
