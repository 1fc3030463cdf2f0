"""Files that survive a power cut: written beside, flushed, then put in place in one step."""

from __future__ import annotations

import os
import tempfile
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
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError:
        raise StateError("STATE_NOT_WRITABLE", path.name) from None
