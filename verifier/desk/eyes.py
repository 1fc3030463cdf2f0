"""Reads the code in a picture, with a bound on how long that may take.

The first looks need milliseconds for anything. A third one, closer, reads what they cannot and may
take seconds: so it works beside, one picture at a time, and nobody waits longer for it than was
said.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from verifier import scan, sight
from verifier.errors import ScanError
from verifier.second_reader import SecondReader

CLOSING_SECONDS = 10.0
HELD_FRAMES = 4  # unread in a row: before that a phone is only coming, and the next will be sharper


class Busy(Exception):
    """Another picture is being read: one at a time."""


class Eyes:
    """What a desk sees with: one for the camera, one for pictures that somebody chose."""

    def __init__(self) -> None:
        """Have one second reader each: a hostile picture must not blind the camera."""
        self._camera, self._pictures = SecondReader(), SecondReader()
        self._reading_frame, self._reading_picture = Lock(), Lock()
        self._unread = 0

    def read_frame(self, data: bytes) -> str:
        """Return the text in a camera's frame; what the second reader found comes with a later one.

        ScanError as `scan.load_frame` and `scan.choose`, QR_DAMAGED; Busy.
        """
        with _alone(self._reading_frame):
            gray = scan.load_frame(data)
            seen = sight.look(gray)
            texts = seen.texts
            self._unread = 0 if texts or not seen.regions else self._unread + 1
            if not texts:
                texts = self._camera.take()
                if self._unread >= HELD_FRAMES:
                    self._camera.offer(gray, seen.regions)
            return _choose(texts, seen)

    def read_picture(self, data: bytes, *, patience: float = 5.0) -> str:
        """Return the text in a picture, within `patience` seconds beyond decoding it; as above."""
        with _alone(self._reading_picture):
            gray = scan.load_gray(data)
            seen = sight.look(gray)
            texts = seen.texts
            if not texts and seen.regions:
                done = self._pictures.offer(gray, seen.regions)
                if done is None or not done.wait(patience):
                    raise ScanError("QR_NOT_FOUND")
                texts = self._pictures.take()
            return _choose(texts, seen)

    def close(self) -> None:
        """Read no more, and wait for what is being read: a decoder must not outlive the program."""
        for lock in (self._reading_frame, self._reading_picture):
            lock.acquire(timeout=CLOSING_SECONDS)


@contextmanager
def _alone(lock: Lock) -> Iterator[None]:
    if not lock.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        lock.release()


def _choose(texts: list[str], seen: sight.Sight) -> str:
    if not texts and seen.located:
        raise ScanError("QR_DAMAGED")
    return scan.choose(texts)
