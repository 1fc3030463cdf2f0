"""One face worker: a fresh Python process that does one job after another for a ``FacePool``.

Started with an almost empty environment (no secret of the service reaches the process that
decodes strangers' pictures). Order: load and warm the models, then take on the limits of
``confinement.py``, then say "ready". It ends when the pool closes its end of the socket, also when
the service was killed.
"""

from __future__ import annotations

import dataclasses
import importlib
import socket
import sys
from typing import Any, Protocol

from wallet_api.adapters.faces import confinement, wire
from wallet_api.ports.faces import PORTRAIT_BYTES, CaptureFrame, FaceJob, FaceResult, NoUsablePhoto
from wallet_api.rules.face_policy import FacePolicy


class Engine(Protocol):
    """What an entry point loads: ``LocalFaceMatcher`` or anything with its two methods."""

    def match(self, job: FaceJob, *, policy: FacePolicy) -> FaceResult:
        """See ``ports.faces.FaceMatcher``; ``policy`` comes with each job."""
        ...

    def make(self, photo: bytes, *, max_bytes: int = PORTRAIT_BYTES) -> bytes:
        """See ``ports.faces.PortraitMaker``."""
        ...


def main(arguments: list[str]) -> int:
    """Serve the pool: ``worker ENTRY FD START_WITHIN SECONDS``, ENTRY as ``module:function``."""
    entry, descriptor, start_within, seconds = arguments
    sock = socket.socket(fileno=int(descriptor))
    sock.set_inheritable(False)
    confinement.yield_to_requests()
    try:
        with confinement.watched(sock, float(start_within)):
            engine = _load(entry)
    except Exception as error:  # noqa: BLE001 - told to the pool, which tells the operator
        code = getattr(error, "code", "FACE_ENGINE_NOT_LOADED")
        wire.send(sock, {"fatal": str(code)}, [])
        return 1
    confinement.confine()
    wire.send(sock, {"ready": True}, [])
    return _serve(sock, engine, seconds=float(seconds))


def _load(entry: str) -> Engine:
    module, _, function = entry.partition(":")
    engine: Engine = getattr(importlib.import_module(module), function)()
    return engine


def _serve(sock: socket.socket, engine: Engine, *, seconds: float) -> int:
    while True:
        try:
            header, blobs = wire.receive(sock)
        except wire.WireError:
            return 0
        confinement.limit_processor(seconds)
        try:
            with confinement.watched(sock, confinement.STARVED * seconds):
                reply, out = _answer(engine, header, blobs)
        except MemoryError:
            wire.send(sock, {"fatal": "FACE_MEMORY"}, [])
            return 1
        except Exception:  # noqa: BLE001 - no text of it may travel: it may quote a picture
            wire.send(sock, {"fatal": "FACE_ENGINE_FAILED"}, [])
            return 1
        wire.send(sock, {**reply, "job": header["job"]}, out, seconds=seconds)


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
