"""What a phone does in front of its camera: prompts, digests, frames; each step can be bent.

The frames are a few random bytes: what they show is the simulated matcher's business.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from credentials.jwk import b64url_encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.test import TestResponse

    from .handset import Handset

Told = dict[str, Any]


def new_frames(count: int, *, size: int = 16) -> list[bytes]:
    """Frames nobody has ever sent."""
    return [b"\xff\xd8\xff\xe0 a frame " + secrets.token_bytes(size) for _ in range(count)]


def digest_of(frame: bytes) -> str:
    return b64url_encode(hashlib.sha256(frame).digest())


def open_capture(phone: Handset, **bent: Any) -> TestResponse:
    return phone.post("face/captures", "face_capture", {}, **bent)


def opened(phone: Handset) -> Told:
    """Open a capture; returns what is told."""
    answered = open_capture(phone)
    assert answered.status_code == 201, answered.text
    told: Told = answered.get_json()
    return told


def refused(answered: TestResponse) -> str:
    """Return the code of a refusal."""
    assert answered.status_code >= 400, answered.text
    return str(answered.get_json()["code"])


def answer(
    phone: Handset, capture: str, token: str, frames: Sequence[bytes], **bent: Any
) -> TestResponse:
    """Answer one prompt with the digests of `frames`."""
    body = {"prompt": token, "digests": [digest_of(frame) for frame in frames]}
    return phone.post(f"face/captures/{capture}/digests", "face_digests", body, **bent)


def follow(
    phone: Handset, capture: Told, *, last: int = 4, size: int = 16
) -> tuple[Told, list[bytes]]:
    """Follow the prompts up to number `last`, a second each; returns what is told and taken."""
    taken: list[bytes] = []
    while capture["prompt"] is not None and capture["prompt"]["number"] <= last:
        phone.world.clock.advance(seconds=1)
        frames = new_frames(1 if capture["prompt"]["number"] == 0 else 2, size=size)
        answered = answer(phone, capture["capture"], capture["prompt"]["token"], frames)
        assert answered.status_code == 200, answered.text
        taken += frames
        capture = answered.get_json()
    return capture, taken


def send(phone: Handset, capture: str, frame: bytes, **bent: Any) -> TestResponse:
    """Send one frame's bytes."""
    bent = {"headers": {"Content-Type": "image/jpeg"}} | bent
    return phone.post(f"face/captures/{capture}/frames", "face_frame", None, raw=frame, **bent)


def perform(phone: Handset) -> Told:
    """Open a capture, follow its prompts and send its frames; returns what is told at the end."""
    capture, frames = follow(phone, opened(phone))
    for frame in frames:
        sent = send(phone, capture["capture"], frame)
        assert sent.status_code == 200, sent.text
        capture = sent.get_json()
    return capture


def read(phone: Handset, capture: str) -> TestResponse:
    path = f"/v1/enrolments/{phone.enrolment}/face/captures/{capture}"
    return phone.api.get(path, headers=phone.sign("face_capture_status", phone.enrolment, b""))


def compare(phone: Handset, capture: str, **bent: Any) -> TestResponse:
    return phone.post("face", "face", {"capture": capture}, **bent)
