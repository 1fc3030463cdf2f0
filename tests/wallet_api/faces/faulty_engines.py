"""Engines that misbehave on request, loaded by real worker processes in the pool's tests."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from wallet_api.adapters.faces.model_files import EMBEDDER, FOLDER
from wallet_api.ports.faces import FaceJob, FaceResult, NoUsablePhoto
from wallet_api.rules.face_policy import FacePolicy


def webp(size: int) -> bytes:
    """Return bytes with the frame of a WebP file, of that size."""
    return b"RIFF" + (size - 8).to_bytes(4, "little") + b"WEBP" + bytes(size - 12)


class Faulty:
    """Does what the registry photo says; answers a match otherwise."""

    def match(self, job: FaceJob, *, policy: FacePolicy) -> FaceResult:
        fault, _, rest = (job.reference or b"").decode().partition(" ")
        if fault == "sleep":
            time.sleep(float(rest))
        elif fault == "spin":
            while True:
                pass
        elif fault == "crash":
            ctypes.string_at(0)
        elif fault == "leave":
            os._exit(0)
        elif fault == "allocate":
            bytearray(4 * 1024**3)
        elif fault == "raise":
            raise RuntimeError("a text that must not travel")
        elif fault == "odd":
            return dataclasses.replace(_match(job, policy), outcome="certainly")  # type: ignore[arg-type]
        elif fault == "look":
            return _told(job, policy, answer=bool(LOOKS[rest]()))
        return _match(job, policy)

    def make(self, photo: bytes, *, max_bytes: int = 600) -> bytes:
        if photo == b"none":
            raise NoUsablePhoto("NO_FACE")
        return webp(max_bytes + 1 if photo == b"long" else max_bytes)


LOOKS: dict[str, Any] = {
    "secrets": lambda: [name for name in os.environ if name.startswith("WALLET")],
    "path": lambda: "PYTHONPATH" in os.environ,
}
"""Questions about the process that a test may ask: the answer is a quality flag."""


def _match(job: FaceJob, policy: FacePolicy) -> FaceResult:
    return FaceResult("match", 1.0, policy.match, policy.model_id, (), len(job.frames))


def _told(job: FaceJob, policy: FacePolicy, *, answer: bool) -> FaceResult:
    return dataclasses.replace(_match(job, policy), quality={"TOO_DARK": answer})


def load() -> Faulty:
    return Faulty()


def load_altered() -> object:
    """Load the real engine from a copy of the models in which one bit is not as it was."""
    from wallet_api.adapters.faces.engine import FaceEngine

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "models"
        shutil.copytree(FOLDER, folder)
        data = bytearray((folder / EMBEDDER).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / EMBEDDER).write_bytes(data)
        return FaceEngine(folder)


def load_slowly() -> Faulty:
    time.sleep(30)
    return Faulty()
