"""Engines that misbehave on request, loaded by real worker processes in the pool's tests."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import json
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
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
        if fault == "look":
            return _told(job, policy, answer=bool(LOOKS[rest]()))
        if fault == "odd":
            return dataclasses.replace(_match(job, policy), outcome="certainly")  # type: ignore[arg-type]
        if fault == "sleep":
            time.sleep(float(rest))
        elif fault:
            FAULTS[fault]()
        return _match(job, policy)

    def make(self, photo: bytes, *, max_bytes: int = 600) -> bytes:
        if photo == b"none":
            raise NoUsablePhoto("NO_FACE")
        return webp(max_bytes + 1 if photo == b"long" else max_bytes)


def _spin() -> None:
    while True:
        pass


def _starve() -> None:
    """Want the processor until others have kept it for 1.5 seconds."""

    def waited() -> float:
        return int(Path("/proc/self/schedstat").read_text().split()[1]) / 1e9

    began = waited()
    while waited() - began < 1.5:
        pass


def _raise() -> None:
    raise RuntimeError("a text that must not travel")


def _fork() -> None:
    """Leave a process behind that goes on reading jobs; where the limit does not hold: as root."""
    if os.fork() == 0:
        return


def _start_program() -> None:
    subprocess.Popen(["sleep", "600"])


def _open_many() -> None:
    held = [open("/dev/null", "rb") for _ in range(10_000)]  # noqa: SIM115, PTH123
    del held


def _swell() -> None:
    held = [bytes(1 << 20) for _ in range(4096)]
    del held


def _recurse() -> None:
    json.loads("[" * 100_000)


def _write() -> None:
    Path(tempfile.gettempdir(), "a-picture").write_bytes(b"a picture")


def _say(text: bytes) -> None:
    """Write to the pool past the worker, as one that was taken over could."""
    for number in range(3, 1024):  # it has the number that it had in the service
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                os.write(number, text)


FAULTS: dict[str, Callable[[], object]] = {
    "spin": _spin,
    "starve": _starve,
    "crash": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "leave": lambda: os._exit(0),
    "allocate": lambda: bytearray(4 * 1024**3),
    "swell": _swell,
    "raise": _raise,
    "recurse": _recurse,
    "fork": _fork,
    "program": _start_program,
    "files": _open_many,
    "write": _write,
    "garbage": lambda: _say(b"\xff" * 4000),
    "flood": lambda: _say((1 << 12).to_bytes(4, "big") + b'{"blobs": [2000000]}'.ljust(1 << 12)),
    "chatter": lambda: _say(b"\0\0\0\x0d" + b'{"blobs": []}'),
}


def _error_goes_nowhere() -> bool:
    return Path("/proc/self/fd/2").readlink() == Path("/dev/null")


LOOKS: dict[str, Any] = {
    "secrets": lambda: [name for name in os.environ if name.startswith("WALLET")],
    "path": lambda: "PYTHONPATH" in os.environ,
    "nowhere": _error_goes_nowhere,
    "nice": lambda: os.nice(0) > 0,
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


def load_in_two_seconds() -> Faulty:
    time.sleep(2)
    return Faulty()
