"""`python -m samples.faces.attempt --home PHONE DIR`: try a prepared capture, also a dishonest one.

The reference phone always keeps to the rules; this one does what the folder's `session.json` says:
sends frames or answers prompts of an earlier capture again, or waits until it is too late.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from samples.faces.prepared import Behaviour, read_session
from samples.phone import capture
from samples.phone.camera import Camera, FolderCamera
from samples.phone.challenge import FRONT, read_prompt
from samples.phone.errors import PhoneError
from samples.phone.handset import Phone
from samples.phone.screens import Screen
from samples.phone.store import Home

LATE_SECONDS: Final = 12.5
Wait = Callable[[float], None]


def attempt(phone: Phone, folder: Path, *, wait: Wait = time.sleep) -> dict[str, Any]:
    """Perform the prepared capture of ``folder``; return the status.

    Raises Problem where the service refuses. ``wait`` is given the seconds to let pass.
    """
    session = read_session(folder)
    camera = FolderCamera(folder, limit=phone.home.policy()["face"]["frame_max_bytes"])
    if session.behaviour == "honest":
        return capture.verify_face(phone, camera, tell=_nobody)
    try:
        return BEHAVIOURS[session.behaviour](phone, camera, wait)
    finally:
        phone.home.forget_capture()


def _replayed_digests(phone: Phone, camera: Camera, wait: Wait) -> dict[str, Any]:
    """Promise the same frame in two captures."""
    frame = camera.take(FRONT)
    for _ in range(2):
        opened = capture.open_capture(phone)
        wait(capture.PAUSE_SECONDS)
        _answer(phone, opened, frame)
    raise PhoneError("NOT_REFUSED")


def _replayed_prompt(phone: Phone, camera: Camera, wait: Wait) -> dict[str, Any]:
    """Answer with the first prompt of a capture that was abandoned since."""
    earlier = capture.open_capture(phone)
    opened = capture.open_capture(phone)
    wait(capture.PAUSE_SECONDS)
    digests = capture.promise(phone, [camera.take(FRONT)])
    capture.answer_prompt(phone, opened["capture"], earlier["prompt"]["token"], digests)
    raise PhoneError("NOT_REFUSED")


def _late(phone: Phone, camera: Camera, wait: Wait) -> dict[str, Any]:
    """Follow the first prompts in time and the third when its deadline is over."""
    opened = capture.open_capture(phone)
    for pause in (capture.PAUSE_SECONDS, capture.PAUSE_SECONDS, LATE_SECONDS):
        prompt = read_prompt(phone, opened)
        wait(pause)
        frames = [camera.take(turn) for turn in prompt.shots]
        opened = _answer(phone, opened, *frames)
    raise PhoneError("NOT_REFUSED")


def _frames_late(phone: Phone, camera: Camera, wait: Wait) -> dict[str, Any]:
    """Promise everything in time, and send it when the time to send is over."""
    opened = capture.open_capture(phone)
    frames: list[bytes] = []
    while opened["state"] == "open":
        taken = [camera.take(turn) for turn in read_prompt(phone, opened).shots]
        frames += taken
        wait(capture.PAUSE_SECONDS)
        opened = _answer(phone, opened, *taken)
    left = datetime.fromisoformat(opened["frames_by"]) - datetime.fromisoformat(
        opened["server_time"]
    )
    wait(left.total_seconds() + 1)
    capture.send_frame(phone, opened["capture"], frames[0])
    raise PhoneError("NOT_REFUSED")


BEHAVIOURS: Final[
    Mapping[Behaviour, Callable[[Phone, Camera, Wait], dict[str, Any]]]
] = {
    "replayed_digests": _replayed_digests,
    "replayed_prompt": _replayed_prompt,
    "late": _late,
    "frames_late": _frames_late,
}  # fmt: skip


def _answer(phone: Phone, opened: dict[str, Any], *frames: bytes) -> dict[str, Any]:
    digests = capture.promise(phone, frames)
    token = opened["prompt"]["token"]
    return capture.answer_prompt(phone, opened["capture"], token, digests)


def _nobody(_text: str) -> None:
    """Nobody reads the prompts."""


def main(arguments: list[str] | None = None) -> int:
    """Try, and print what the service said; 1 when it refused."""
    parser = argparse.ArgumentParser(prog="python -m samples.faces.attempt", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder of the phone")
    parser.add_argument("--lang", choices=("id", "en"), default="id")
    parser.add_argument("folder", type=Path, metavar="DIR")
    args = parser.parse_args(arguments)
    try:
        session = read_session(args.folder)
        print(f"{session.why} → {session.expect}")
        status = attempt(Phone.open(Home(args.home), language=args.lang), args.folder)
    except PhoneError as error:
        print(f"{error.code}: {error.explain(args.lang)}", file=sys.stderr)
        return 1
    Screen(args.lang).show_status(status)
    return 0


if __name__ == "__main__":
    sys.exit(main())
