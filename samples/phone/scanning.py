"""Reads a desk's challenge from its screen: by webcam, or from a picture or video in a file."""

from __future__ import annotations

import time

from credentials.qr_text import PREFIX_CHALLENGE
from samples.phone.errors import PhoneError

PATIENCE_SECONDS = 30.0


def scan_challenge(source: str) -> str:
    """Return the `IDC:` text that is seen first; PhoneError CAMERA_FAILED, NO_CHALLENGE_IN_IMAGE.

    `source` is the number of a webcam or the name of a file.
    """
    import cv2
    import zxingcpp

    video = cv2.VideoCapture(int(source) if source.isdigit() else source)
    try:
        if not video.isOpened():
            raise PhoneError("CAMERA_FAILED", source=source)
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            ok, frame = video.read()
            if not ok:
                break
            grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
            for code in zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormat.QRCode):
                if code.text.startswith(PREFIX_CHALLENGE):
                    return str(code.text)
    finally:
        video.release()
    raise PhoneError("NO_CHALLENGE_IN_IMAGE", source=source)
