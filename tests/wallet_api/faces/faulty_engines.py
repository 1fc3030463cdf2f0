"""Engines that misbehave on request, loaded by real worker processes in the pool's tests."""

from __future__ import annotations

import ctypes
import os
import time

from wallet_api.ports.faces import FaceJob, FaceResult, NoUsablePhoto


class ModelGone(Exception):
    code = "FACE_MODEL_ALTERED"


class Faulty:
    """Does what the registry photo says; answers a match otherwise."""

    def match(self, job: FaceJob) -> FaceResult:
        fault = (job.reference or b"").decode()
        if fault.startswith("sleep"):
            time.sleep(float(fault.split()[1]))
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
            return FaceResult("certainly", 1.0, 0.0, "odd", (), 1)  # type: ignore[arg-type]
        elif fault == "environment":
            return FaceResult("match", 1.0, 0.0, " ".join(sorted(os.environ)), (), 1)
        return FaceResult("match", 1.0, 0.0, "faulty", (), len(job.frames))

    def make(self, photo: bytes, *, max_bytes: int = 600) -> bytes:
        if photo == b"none":
            raise NoUsablePhoto("NO_FACE")
        return b"x" * (max_bytes + 1 if photo == b"long" else max_bytes)


def load() -> Faulty:
    return Faulty()


def load_never() -> Faulty:
    raise ModelGone


def load_slowly() -> Faulty:
    time.sleep(30)
    return Faulty()
