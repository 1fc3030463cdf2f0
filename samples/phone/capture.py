"""The face step: a capture is opened, its prompts are followed one by one, its frames sent after.

Within 45 seconds only digests travel, two kilobytes a prompt with its proofs, so that a weak line
keeps up: they bind the pictures to the moment. The pictures follow within ten minutes and as often
as it takes: ask which are missing, send those. Whatever is promised is stored here first; a phone
that is killed, or a line that breaks, goes on with the same command.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from credentials.jwk import b64url_decode, b64url_encode
from samples.phone.camera import Camera
from samples.phone.challenge import Prompt, read_prompt
from samples.phone.enrolment import get_status
from samples.phone.errors import PhoneError, Problem
from samples.phone.handset import Phone
from samples.phone.proofs import prove_step

PAUSE_SECONDS: Final = 0.6
"""Nobody reads and follows a prompt faster; the server refuses under 0.3 s."""
UPLOAD_TRIES: Final = 8
LONGEST_PAUSE: Final = 8.0
OVER: Final = frozenset({"used", "failed", "abandoned"})

Tell = Callable[[str], None]


def verify_face(
    phone: Phone, camera: Camera, *, pause: float = PAUSE_SECONDS, tell: Tell = print
) -> dict[str, Any]:
    """Do step 3 with the camera, or finish what was begun; return the status.

    `tell` gets what the person has to do. Safe to call again after anything.

    Raises:
        Problem: what ended the capture (PROMPT_LATE, FRAME_SEEN, …), FACE_WAIT with
            `retry_after`, FACE_BUSY.
    """
    capture = _under_way(phone)
    if capture is None:
        camera.prepare()
        capture = open_capture(phone)
    try:
        while capture["state"] == "open":
            capture = _follow(phone, capture, camera, pause=pause, tell=tell)
        if capture["state"] in OVER:  # its last answer was lost on the way
            phone.home.forget_capture()
            return get_status(phone)
        _send_missing(phone, capture)
        status = settle(phone, capture["capture"])
    except Problem as problem:
        if not _may_go_on(problem):
            phone.home.forget_capture()
        raise
    phone.home.forget_capture()
    return status


def open_capture(phone: Phone) -> dict[str, Any]:
    """Open a capture; one under way is abandoned."""
    phone.home.forget_capture()
    capture = phone.post_part("face/captures", "face_capture", {})
    phone.home.save_capture(capture["capture"])
    return capture


def answer_prompt(
    phone: Phone, capture_id: str, token: str, digests: Sequence[bytes]
) -> dict[str, Any]:
    """Send the SHA-256 digests of the frames just taken; the answer reveals the next prompt."""
    body = {"prompt": token, "digests": [b64url_encode(digest) for digest in digests]}
    return phone.post_part(f"face/captures/{capture_id}/digests", "face_digests", body)


def get_capture(phone: Phone, capture_id: str) -> dict[str, Any]:
    """Ask where a capture stands: its prompt, or the digests of the missing frames."""
    enrolment = phone.state.enrolment
    prove = prove_step("face_capture_status", enrolment, clock=phone.clock, device=phone.device)
    path = f"/v1/enrolments/{enrolment}/face/captures/{capture_id}"
    return phone.api.get(path, prove).json()


def send_frame(phone: Phone, capture_id: str, data: bytes) -> dict[str, Any]:
    """Send the bytes of one frame that was promised."""
    return phone.post_part(f"face/captures/{capture_id}/frames", "face_frame", data)


def settle(phone: Phone, capture_id: str) -> dict[str, Any]:
    """Have the capture compared; return the status."""
    return phone.step("face", "face", {"capture": capture_id})


def promise(phone: Phone, frames: Sequence[bytes]) -> list[bytes]:
    """Store frames that are about to be promised; return their digests."""
    digests = [hashlib.sha256(frame).digest() for frame in frames]
    for digest, frame in zip(digests, frames, strict=True):
        phone.home.save_frame(b64url_encode(digest), frame)
    return digests


def promised(phone: Phone) -> set[bytes]:
    """Return the digests of the frames stored for the capture under way."""
    return {b64url_decode(name) for name in phone.home.frame_names()}


def _under_way(phone: Phone) -> dict[str, Any] | None:
    """Return the capture begun earlier if it can go on, or has been used and only that is news."""
    kept = phone.home.capture()
    if not kept:
        return None
    try:
        capture = get_capture(phone, kept)
    except Problem as problem:
        if problem.code != "CAPTURE_NOT_FOUND":
            raise
        return None
    missing = set(capture["missing"]) - phone.home.frame_names()
    return None if missing or capture["state"] in {"failed", "abandoned"} else capture


def _follow(
    phone: Phone, capture: dict[str, Any], camera: Camera, *, pause: float, tell: Tell
) -> dict[str, Any]:
    """Show one prompt, take its frames, promise them."""
    begin = time.monotonic()
    prompt = read_prompt(phone, capture)
    tell(prompt.message)
    digests = promise(phone, _take(camera, prompt))
    time.sleep(max(0.0, pause - (time.monotonic() - begin)))
    return answer_prompt(phone, capture["capture"], prompt.token, digests)


def _take(camera: Camera, prompt: Prompt) -> list[bytes]:
    return [camera.take(turn) for turn in prompt.shots]


def _send_missing(phone: Phone, capture: dict[str, Any]) -> None:
    """Send frames until none is missing; after a broken connection ask again what is."""
    for tries in range(UPLOAD_TRIES):
        try:
            if tries:
                capture = get_capture(phone, capture["capture"])
            for name in capture["missing"]:
                send_frame(phone, capture["capture"], phone.home.frame(name))
        except PhoneError as error:
            if error.code != "NETWORK" or tries == UPLOAD_TRIES - 1:
                raise
            time.sleep(min(0.5 * 2**tries, LONGEST_PAUSE))
        else:
            return


def _may_go_on(problem: Problem) -> bool:
    """Whether the same capture can still be finished: a busy server, or a cool-down."""
    return problem.retry_after is not None or problem.status >= 500
