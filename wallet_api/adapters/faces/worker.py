"""One face worker: a fresh Python process that does one job after another for a ``FacePool``.

Started with an almost empty environment (no secret of the service reaches the process that
decodes strangers' pictures). Order: load and warm the models, then take on limits of address
space and processor time, then say "ready". It ends when the pool closes its end of the socket,
also when the service was killed.
"""

from __future__ import annotations

import dataclasses
import importlib
import resource
import socket
import sys
from pathlib import Path
from typing import Any, Final, Protocol

from wallet_api.adapters.faces import wire
from wallet_api.ports.faces import PORTRAIT_BYTES, CaptureFrame, FaceJob, FaceResult, NoUsablePhoto
from wallet_api.rules.face_policy import FacePolicy

HEADROOM_BYTES: Final = 640 * 1024 * 1024
"""Address space a job may take beyond the warmed models: a 16-megapixel photo needs a third."""


class Engine(Protocol):
    """What an entry point loads: ``LocalFaceMatcher`` or anything with its two methods."""

    def match(self, job: FaceJob, *, policy: FacePolicy) -> FaceResult:
        """See ``ports.faces.FaceMatcher``; ``policy`` comes with each job."""
        ...

    def make(self, photo: bytes, *, max_bytes: int = PORTRAIT_BYTES) -> bytes:
        """See ``ports.faces.PortraitMaker``."""
        ...


def main(arguments: list[str]) -> int:
    """Serve the pool: ``worker FD ENTRY CPU_SECONDS``, ENTRY as ``module:function``."""
    sock = socket.socket(fileno=int(arguments[0]))
    try:
        engine = _load(arguments[1])
    except Exception as error:  # noqa: BLE001 - told to the pool, which tells the operator
        code = getattr(error, "code", "FACE_ENGINE_NOT_LOADED")
        wire.send(sock, {"fatal": str(code)}, [])
        return 1
    _limit_memory()
    wire.send(sock, {"ready": True}, [])
    return _serve(sock, engine, cpu_seconds=int(arguments[2]))


def _load(entry: str) -> Engine:
    module, _, function = entry.partition(":")
    engine: Engine = getattr(importlib.import_module(module), function)()
    return engine


def _serve(sock: socket.socket, engine: Engine, *, cpu_seconds: int) -> int:
    while True:
        try:
            header, blobs = wire.receive(sock)
        except wire.WireError:
            return 0
        _limit_processor(cpu_seconds)
        try:
            reply, out = _answer(engine, header, blobs)
        except MemoryError:
            wire.send(sock, {"fatal": "FACE_MEMORY"}, [])
            return 1
        except Exception:  # noqa: BLE001 - no text of it may travel: it may quote a picture
            wire.send(sock, {"fatal": "FACE_ENGINE_FAILED"}, [])
            return 1
        wire.send(sock, reply, out)


def _answer(
    engine: Engine, header: dict[str, Any], blobs: list[bytes]
) -> tuple[dict[str, Any], list[bytes]]:
    if header["kind"] == "portrait":
        try:
            portrait = engine.make(blobs[0], max_bytes=header["max_bytes"])
        except NoUsablePhoto as refusal:
            return {"no_usable_photo": refusal.reason}, []
        return {"portrait": True}, [portrait]
    reference = blobs.pop() if header["has_reference"] else None
    frames = tuple(map(CaptureFrame, blobs, header["turns"]))
    job = FaceJob(frames, reference, header["challenge_id"])
    result = engine.match(job, policy=FacePolicy(**header["policy"]))
    return {"result": dataclasses.asdict(result)}, []


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + HEADROOM_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold faces


def _limit_processor(seconds: int) -> None:
    """Allow ``seconds`` more of processor time; past it the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
