"""Files that survive a power cut: written beside, flushed, then put in place in one step.

Then the folder is flushed as well. Without that a name that was given later could be on the disk
before this one: a memory of a bundle that is not there, and a terminal that refuses everything.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from verifier.errors import StateError


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` so that readers see the old file or the new one, never a part; StateError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
            flush_folder(path.parent)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError:
        raise StateError("STATE_NOT_WRITABLE", path.name) from None


def flush_folder(folder: Path) -> None:
    """Have the names in a folder on the disk before anything that comes after.

    Windows opens no folder; its file system writes names down in their order by itself.
    """
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
