"""The camera of this machine, and the coach beside it: says what to mend until a frame is good.

It measures with the same engine as the service and judges by the same limits, so that what it lets
through the service can use; the service judges again. A real app does the same with a small
detector on the phone. A video file serves as well, from the beginning again when it ends.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from samples.phone.challenge import FRONT
from samples.phone.errors import PhoneError
from wallet_api.adapters.faces.engine import FaceEngine
from wallet_api.adapters.faces.intake import read_picture
from wallet_api.rules.face_policy import POLICY, RESIDENT_GATE, TURNED_GATE, FaceMeasures, refusals
from wallet_api.rules.face_reasons import sentence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samples.phone.screens import Screen

READY_SECONDS: Final = 60.0
POSE_SECONDS: Final = 9.0
"""Under the 12 seconds of a prompt, so that the answer still arrives."""
LONGER_SIDE: Final = 960
QUALITIES: Final = (90, 80, 70, 55, 40, 25)
SAY_AGAIN_SECONDS: Final = 2.0
WRONG_WAY: Final = 10.0
TURN_MARGIN: Final = 3.0
"""Degrees more than the service asks, since two looks at one head never measure quite the same."""


class CoachingCamera:
    """A camera that speaks. `source`: the number of a webcam, or a video file."""

    def __init__(
        self, source: str, *, limit: int, used: Collection[bytes] = (), screen: Screen
    ) -> None:
        """Open the source; `limit` bytes a frame; `used`: digests of frames promised already."""
        self._source = source
        self._video = cv2.VideoCapture(int(source) if source.isdigit() else source)
        if not self._video.isOpened():
            raise PhoneError("CAMERA_FAILED", source=source)
        self._engine = FaceEngine()
        self._limit = limit
        self._used = set(used)
        self._screen = screen
        self._straight = 0.0  # the yaw of this head when it looks into this camera
        self._said = ("", 0.0)

    def prepare(self) -> None:
        """Coach until one frame from the front is good; only then the time begins to run."""
        self._wait_for(FRONT, READY_SECONDS)

    def take(self, turn: str) -> bytes:
        """Coach until a frame shows the head turned as asked; return it."""
        data = self._wait_for(turn, POSE_SECONDS)
        self._used.add(hashlib.sha256(data).digest())
        return data

    def _wait_for(self, turn: str, seconds: float) -> bytes:
        until, mend = time.monotonic() + seconds, "NO_FACE"
        while time.monotonic() < until:
            data = compress(self._read(), self._limit)
            mend = "FRAME_REPEATED"
            if hashlib.sha256(data).digest() in self._used:
                continue
            mend = self._mend(data, turn)
            if not mend:
                return data
            self._say(mend)
        raise PhoneError("POSE_NOT_SEEN", reason=sentence(mend, self._screen.language))

    def _mend(self, data: bytes, turn: str) -> str:
        """Return what to tell of this frame: a code of `face_reasons`, or nothing."""
        face = self._engine.find_face(read_picture(data))
        if face is None:
            return "NO_FACE"
        if turn == FRONT:
            refused = refusals(face.measures, RESIDENT_GATE)
            if not refused:
                self._straight = face.measures.yaw
            return refused[0] if refused else ""
        refused = refusals(face.measures, TURNED_GATE)
        return refused[0] if refused else judge_turn(face.measures, turn, self._straight)

    def _say(self, code: str) -> None:
        """Tell it when it is new, and again every two seconds."""
        code_before, at = self._said
        if code != code_before or time.monotonic() - at > SAY_AGAIN_SECONDS:
            self._screen.tell(sentence(code, self._screen.language))
            self._said = (code, time.monotonic())

    def _read(self) -> NDArray[np.uint8]:
        good, picture = self._video.read()
        if not good:  # a video file has ended; a webcam was unplugged
            self._video.set(cv2.CAP_PROP_POS_FRAMES, 0)
            good, picture = self._video.read()
        if not good:
            raise PhoneError("CAMERA_FAILED", source=self._source)
        return np.asarray(picture, np.uint8)


def judge_turn(measures: FaceMeasures, turn: str, straight: float) -> str:
    """Return what to tell of a head that shall be turned; nothing when it is turned enough."""
    away = (measures.yaw - straight) * (1 if turn == "left" else -1)
    if away >= POLICY.min_turn + TURN_MARGIN:
        return ""
    return "TURN_WRONG" if away <= -WRONG_WAY else "TURN_MORE"


def compress(picture: NDArray[np.uint8], limit: int) -> bytes:
    """Return a JPEG of at most `limit` bytes, as good as fits."""
    longer = max(picture.shape[:2])
    if longer > LONGER_SIDE:
        size = tuple(round(side * LONGER_SIDE / longer) for side in picture.shape[1::-1])
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    for quality in QUALITIES:
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if data.size <= limit:
            return data.tobytes()
    raise PhoneError("FRAME_TOO_LARGE", file="camera", limit=limit)
