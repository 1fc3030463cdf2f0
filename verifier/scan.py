"""From a picture or a camera to the text of one QR code.

A picture is hostile until shown otherwise: its header is measured before a single pixel is decoded,
and only three formats are let near a decoder. `verifier.sight` reads what is in it. Needs the extra
`scan`.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credentials.qr_text import PREFIX_PRESENTATION, PREFIX_PRINT
from verifier.errors import ScanError
from verifier.second_reader import SecondReader
from verifier.sight import Region, look, look_closely

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_IMAGE_BYTES = 16 * 1024 * 1024
MAX_PIXELS = 24_000_000  # a 24-megapixel photo; a 23 KB PNG can claim 190
MAX_SIDE = 12_000
MAX_FRAME_PIXELS = 4_000_000
_PGM = re.compile(rb"P5\n([1-9]\d{0,3})\n([1-9]\d{0,3})\n255\n")
_FORMATS = ("PNG", "JPEG", "WEBP")
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
_OURS = (PREFIX_PRESENTATION, PREFIX_PRINT)
_MAX_FAILED_FRAMES = 30
_PATIENCE = 5.0  # seconds for the closest look at a picture


def looks_like_image(head: bytes) -> bool:
    """Tell by its first bytes whether a file is one of the three formats we would open."""
    return head.startswith(_MAGIC)


def scan_file(path: str | Path) -> str:
    """Return the text of the one QR code in an image file; see `scan_bytes`."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_IMAGE_BYTES + 1)
    except (OSError, ValueError):
        raise ScanError("INPUT_NOT_READABLE") from None
    return scan_bytes(data)


def scan_bytes(data: bytes) -> str:
    """Return the text of the one QR code in a PNG, JPEG or WebP image.

    Raises ScanError: SCAN_NOT_INSTALLED, IMAGE_INVALID, IMAGE_TOO_LARGE (over 16 MiB or 24
    megapixels), QR_NOT_FOUND, QR_SEVERAL.
    """
    gray = load_gray(data)
    seen = look(gray)
    return choose(seen.texts or _patiently(gray, seen.regions))


def _patiently(gray: NDArray[Any], regions: tuple[Region, ...]) -> list[str]:
    reader = SecondReader()
    done = reader.offer(gray, regions) if regions else None
    if done is None or not done.wait(_PATIENCE):
        return []
    return reader.take()


def load_gray(data: bytes) -> NDArray[Any]:
    """Decode an image to a grey array (rows, columns) of uint8, within the limits; ScanError."""
    try:
        import numpy as np
        from PIL import Image
    except ImportError:
        raise ScanError("SCAN_NOT_INSTALLED") from None
    if len(data) > MAX_IMAGE_BYTES:
        raise ScanError("IMAGE_TOO_LARGE")
    if not looks_like_image(data):
        raise ScanError("IMAGE_INVALID")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of bombs; our limit is below its own
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                width, height = image.size  # from the header: nothing is decoded yet
                if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
                    raise ScanError("IMAGE_TOO_LARGE")
                image.draft("L", image.size)  # a JPEG need not decode its colours
                return np.asarray(_on_white(image).convert("L"))
    except Image.DecompressionBombError:
        raise ScanError("IMAGE_TOO_LARGE") from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, MemoryError):
        raise ScanError("IMAGE_INVALID") from None


def load_frame(data: bytes) -> NDArray[Any]:
    """Return a camera's frame: a binary PGM of at most 4 megapixels, else as `load_gray`.

    A page that has the camera's luminance sends it as it is: nothing is compressed, nothing has to
    be decoded. The header is `P5`, width, height and 255, one line each.
    """
    header = _PGM.match(data)
    if header is None:
        return load_gray(data)
    import numpy as np

    width, height = int(header[1]), int(header[2])
    if width * height > MAX_FRAME_PIXELS or len(data) != header.end() + width * height:
        raise ScanError("IMAGE_INVALID")
    pixels = np.frombuffer(data, dtype=np.uint8, offset=header.end())
    return pixels.reshape(height, width)


def _on_white(image: Any) -> Any:
    """Lay transparent pictures on white, or black modules on nothing would be black on black."""
    from PIL import Image

    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        return image
    picture = image.convert("RGBA")
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture)
    return ground


def read_codes(gray: NDArray[Any]) -> list[str]:
    """Return the distinct texts of all QR codes seen, possibly none; ScanError if not installed.

    All three looks of `verifier.sight`: milliseconds, or seconds at worst.
    """
    seen = look(gray)
    return seen.texts or look_closely(gray, seen.regions)


def choose(texts: list[str]) -> str:
    """Return the one text to check: ours, where others stand beside it on a poster; ScanError."""
    ours = [text for text in texts if text.startswith(_OURS)]
    candidates = ours or texts
    if not candidates:
        raise ScanError("QR_NOT_FOUND")
    if len(candidates) > 1:  # whose of them is meant is not ours to guess
        raise ScanError("QR_SEVERAL")
    return candidates[0]


def camera_texts(device: int | str = 0) -> Iterator[str]:
    """Yield each newly seen text from a camera number or a video file, until it ends.

    A code that stays in view is yielded once; it is yielded again when another came between.
    Raises ScanError: SCAN_NOT_INSTALLED, CAMERA_NOT_FOUND.
    """
    try:
        import cv2
    except ImportError:
        raise ScanError("SCAN_NOT_INSTALLED") from None
    capture = cv2.VideoCapture(device)
    try:
        if not capture.isOpened():
            raise ScanError("CAMERA_NOT_FOUND")
        yield from _new_texts(capture, cv2)
    finally:
        capture.release()


def _new_texts(capture: Any, cv2: Any) -> Iterator[str]:
    last = ""
    for texts in _seen(capture, cv2):
        try:
            text = choose(texts)
        except ScanError:
            continue
        if text != last:
            last = text
            yield text


def _seen(capture: Any, cv2: Any) -> Iterator[list[str]]:
    """Yield what each frame shows; what needed a closer look comes with a later one."""
    reader, done, failed = SecondReader(), None, 0
    while failed < _MAX_FAILED_FRAMES:
        taken, frame = capture.read()
        if not taken:  # a camera drops frames; a video ends
            failed += 1
            continue
        failed = 0
        gray = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        seen = look(gray)
        if not seen.texts and seen.regions:
            done = reader.offer(gray, seen.regions) or done
        yield seen.texts or reader.take()
    if done is not None:
        done.wait(_PATIENCE)
    yield reader.take()
