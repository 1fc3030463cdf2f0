"""What the storage holds of pictures: every row of every table, and every file on the disk."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from wallet_api.models import Base, Enrolment, FaceFrame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.wallet_api.simulators import World

PICTURE_BYTES = 30_000
"""Frames of these tests; nothing else that is stored comes near, so that none can hide."""


def pictures(world: World, enrolment: str) -> set[str]:
    """Return which pictures of an enrolment are kept: frame, photo, selfie."""
    with world.deps.transaction() as db:
        row = db.get_one(Enrolment, enrolment)
        frames = db.scalar(select(func.count()).select_from(FaceFrame))
        held = {"frame": frames, "photo": row.photo_sealed, "selfie": row.selfie_sealed}
    return {name for name, there in held.items() if there}


def large_values(world: World) -> set[str]:
    """Return the columns that hold a value large enough to hide a frame in."""
    with world.deps.transaction() as db:
        return {
            f"{table.name}.{name}"
            for table in Base.metadata.sorted_tables
            for row in db.execute(select(table)).mappings()
            for name, value in row.items()
            if isinstance(value, str | bytes) and len(value) > PICTURE_BYTES // 2
        }


def everything(world: World, folder: Path) -> bytes:
    """Return every value of every row, and every file below `folder`: on SQLite the database's
    own file with its log, else what was sent, published and left lying about.
    """
    values = b"\n".join(_values(world))
    files = b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    return values + files


def traces(dumped: bytes, frames: list[bytes]) -> list[int]:
    """Return which of the frames show in a dump: their bytes, or a part, or in hex or base64."""
    lower = dumped.lower()
    return [
        number
        for number, frame in enumerate(frames)
        if frame[100:200] in dumped
        or frame[100:200].hex().encode() in lower
        or base64.b64encode(frame[99:201])[4:-4] in dumped
        or base64.urlsafe_b64encode(frame[99:201])[4:-4] in dumped
    ]


def _values(world: World) -> Iterator[bytes]:
    with world.deps.transaction() as db:
        for table in Base.metadata.sorted_tables:
            for row in db.execute(select(table)):
                for value in row:
                    yield value if isinstance(value, bytes) else str(value).encode()
