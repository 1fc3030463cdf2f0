"""What takes the pictures: the interface an app implements, and a folder that stands for a camera.

A folder holds `front-1.jpg …`, `left-1.jpg …`, `right-1.jpg …`; left and right are the resident's
own. `samples/faces/build.py` makes such folders. A folder serves for one capture: the server knows
every frame it has seen. The camera of this machine is in `coach.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import Final, Protocol

from samples.phone.challenge import FRONT, TURNS
from samples.phone.errors import PhoneError

KINDS: Final = (".jpg", ".jpeg", ".png", ".webp")


class Camera(Protocol):
    """Takes frames: JPEG, PNG or WebP, not mirrored, of the size that the policy allows."""

    def prepare(self) -> None:
        """Get the person into view; called before the time runs. PhoneError when hopeless."""

    def take(self, turn: str) -> bytes:
        """Return a frame of the head turned to "front", "left" or "right" (the person's own)."""


class FolderCamera:
    """Gives the pictures of a folder in their order, each once."""

    def __init__(self, folder: Path, *, limit: int, used: Collection[bytes] = ()) -> None:
        """Read the folder; `limit` bytes a frame; `used`: digests of frames promised already."""
        if not folder.is_dir():
            raise PhoneError("FILE_MISSING", file=folder)
        self._folder = folder
        self._limit = limit
        self._used = set(used)
        self._rolls = {turn: self._files(turn) for turn in TURNS}

    def prepare(self) -> None:
        """See that the pictures suffice, whatever will be asked."""
        for turn in TURNS:
            needed = 5 if turn == FRONT else 4
            if len(self._rolls[turn]) < needed:
                raise PhoneError("PICTURES_MISSING", folder=self._folder, turn=turn, count=needed)

    def take(self, turn: str) -> bytes:
        """Return the next picture of that side."""
        while self._rolls[turn]:
            file = self._rolls[turn].pop(0)
            data = file.read_bytes()
            if len(data) > self._limit:
                raise PhoneError("FRAME_TOO_LARGE", file=file, limit=self._limit)
            if hashlib.sha256(data).digest() not in self._used:
                return data
        raise PhoneError("PICTURES_MISSING", folder=self._folder, turn=turn, count=1)

    def _files(self, turn: str) -> list[Path]:
        files = [file for file in self._folder.glob(f"{turn}-*") if file.suffix.lower() in KINDS]
        return sorted(files, key=lambda file: (len(file.stem), file.stem))
