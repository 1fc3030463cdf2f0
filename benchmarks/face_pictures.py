"""Pictures as phones take them, made of the photographs in samples/faces: 1200 pixels, JPEG."""

from __future__ import annotations

import io

from PIL import Image

from samples.faces import sessions
from wallet_api.ports.faces import CaptureFrame, FaceJob, Turn

PERSON = "mitchell"
SIDE = 1200
QUALITY = 80
LARGEST = 100_000
TURNS: tuple[Turn, ...] = (
    *("front", "left", "front", "right", "front", "left", "front", "right", "front"),
)


def selfie() -> bytes:
    """Return one selfie."""
    return _as_a_phone(sessions.selfie(PERSON))


def one_against_one() -> FaceJob:
    """Return the smallest job: a selfie and the registry's photo."""
    return FaceJob.of_fronts((selfie(),), sessions.registry_photo(PERSON))


def whole_capture() -> FaceJob:
    """Return the nine frames of a capture under a challenge, no two alike."""
    straight = _burst(sessions.selfie(PERSON), TURNS.count("front"))
    left = _burst(sessions.turned(PERSON, "left"), TURNS.count("left"))
    right = _burst(sessions.turned(PERSON, "right"), TURNS.count("right"))
    taken = {"front": iter(straight), "left": iter(left), "right": iter(right)}
    frames = tuple(CaptureFrame(next(taken[turn]), turn) for turn in TURNS)
    return FaceJob(frames, sessions.registry_photo(PERSON), "benchmark")


def _burst(photo: bytes, count: int) -> list[bytes]:
    with Image.open(io.BytesIO(photo)) as image:
        frames = sessions.burst(image.convert("RGB"), frames=count, seed=PERSON)
    return [_as_a_phone(frame) for frame in frames]


def _as_a_phone(photo: bytes) -> bytes:
    with Image.open(io.BytesIO(photo)) as image:
        scale = SIDE / max(image.size)
        size = (round(image.width * scale), round(image.height * scale))
        large = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    large.save(out, "JPEG", quality=QUALITY)
    assert len(out.getvalue()) <= LARGEST
    return out.getvalue()
