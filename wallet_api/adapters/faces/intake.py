"""From bytes that anybody may have sent to pixels, within stated limits.

The header is read first and everything that would cost memory is refused from it: a PNG of
109 KB can announce 30,000 x 30,000 pixels. Only then is the picture decoded (JPEG already reduced
while decoding), turned upright once and stripped of everything but its pixels.
"""

from __future__ import annotations

import io
import math
import struct
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, UnidentifiedImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_BYTES: Final = 1_500_000
MAX_PIXELS: Final = 16_000_000
MAX_PNG_PIXELS: Final = 12_000_000
MIN_SIDE: Final = 96
MAX_ASPECT: Final = 4.0
WORKING_SIDE: Final = 1280
"""Longer side, in pixels, that a larger picture is reduced to before anything looks at it."""
QUICK_SIDE: Final = 480
"""Longer side that is enough for a face that fills its part of a selfie (``at_least``)."""

_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_MODES: Final = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX"})
_DEEP_MODES: Final = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
_ALPHA_MODES: Final = frozenset({"LA", "PA", "RGBA"})
_OTHER_KINDS: Final = (
    (0, b"GIF8", "GIF_NOT_ACCEPTED"),
    (0, b"II*\0", "TIFF_NOT_ACCEPTED"),
    (0, b"MM\0*", "TIFF_NOT_ACCEPTED"),
    (0, b"BM", "BMP_NOT_ACCEPTED"),
    (0, b"%PDF", "DOCUMENT_NOT_ACCEPTED"),
    (0, b"<svg", "DOCUMENT_NOT_ACCEPTED"),
    (0, b"<?xml", "DOCUMENT_NOT_ACCEPTED"),
    (4, b"ftypavif", "AVIF_NOT_ACCEPTED"),
    (4, b"ftypavis", "AVIF_NOT_ACCEPTED"),
    *(
        (4, b"ftyp" + brand, "HEIC_NOT_ACCEPTED")
        for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
    ),
)
"""Kinds of files that people send by mistake: where their mark stands, and what they are told."""
_ORIENTATION_TAG: Final = 0x0112
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_DECODER_FAULTS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    struct.error,
)
"""What Pillow's decoders are known to raise on damaged input. MemoryError is left to the pool."""


class PictureRefused(Exception):
    """The bytes are not a picture we accept. ``code`` is a reason of ``rules.face_reasons``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Picture:
    """Upright pixels, BGR, uint8, shape (height, width, 3).

    ``scale`` is pixels here over pixels as sent (at most 1), so that a size can be told in the
    sender's pixels.
    """

    pixels: NDArray[np.uint8]
    scale: float


def read_picture(data: bytes, *, at_least: int = WORKING_SIDE) -> Picture:
    """Decode ``data`` or raise PictureRefused. Never raises another error but MemoryError.

    A JPEG whose longer side is twice ``at_least`` or more is reduced while decoding, by the
    largest of the factors 2, 4 and 8 that leaves that many pixels: a quarter of the time.
    """
    if not data:
        raise PictureRefused("FILE_EMPTY")
    if len(data) > MAX_BYTES:
        raise PictureRefused("FILE_TOO_LARGE")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about metadata, which is dropped anyway
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with _open(data) as image:
            _check_header(image, data)
            return _decode(image, at_least)


def _open(data: bytes) -> Image.Image:
    for place, mark, code in _OTHER_KINDS:
        if data.startswith(mark, place):
            raise PictureRefused(code)
    if _is_cut_webp(data):
        raise PictureRefused("TRUNCATED")
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused("PICTURE_TOO_LARGE") from error
    except UnidentifiedImageError as error:
        raise PictureRefused("FORMAT_NOT_ACCEPTED") from error
    except _DECODER_FAULTS as error:
        raise PictureRefused("BROKEN") from error


def _check_header(image: Image.Image, data: bytes) -> None:
    """Refuse, before decoding, what is too large, too small or of the wrong kind."""
    width, height = image.size
    limit = MAX_PNG_PIXELS if image.format == "PNG" else MAX_PIXELS
    # A phone's JPEG may carry a second, smaller picture (MPO); its first is the photo.
    moving = image.format in {"PNG", "WEBP"} and getattr(image, "n_frames", 1) > 1
    checks = (
        (width * height > limit, "PICTURE_TOO_LARGE"),
        (moving, "ANIMATED"),
        (image.mode in _DEEP_MODES or _is_deep_png(image, data), "DEPTH_NOT_ACCEPTED"),
        (image.mode not in _MODES | _DEEP_MODES, "COLOURS_NOT_ACCEPTED"),
        (min(width, height) < MIN_SIDE, "PICTURE_TOO_SMALL"),
        (max(width, height) > MAX_ASPECT * min(width, height), "PICTURE_STRETCHED"),
    )
    for refused, code in checks:
        if refused:
            raise PictureRefused(code)


def _is_deep_png(image: Image.Image, data: bytes) -> bool:
    """Say whether the PNG header (RFC 2083, 4.1.1) announces 16 bits, which Pillow may hide."""
    return image.format == "PNG" and data[24:25] == b"\x10"


def _is_cut_webp(data: bytes) -> bool:
    """Say whether the RIFF container announces more bytes than came."""
    is_webp = data.startswith(b"RIFF") and data[8:12] == b"WEBP"
    return is_webp and len(data) < 8 + int.from_bytes(data[4:8], "little")


def _decode(image: Image.Image, at_least: int) -> Picture:
    sent_side = max(image.size)
    orientation = _orientation(image)
    try:
        _draft(image, at_least)
        image.load()
        upright = _over_white(image)
    except _DECODER_FAULTS as error:
        code = "TRUNCATED" if "truncated" in str(error) else "BROKEN"
        raise PictureRefused(code) from error
    if orientation in _UPRIGHT:
        upright = upright.transpose(_UPRIGHT[orientation])
    if max(upright.size) > WORKING_SIDE:
        upright.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BOX)
    pixels = np.ascontiguousarray(np.asarray(upright, dtype=np.uint8)[:, :, ::-1])
    return Picture(pixels=pixels, scale=max(upright.size) / sent_side)


def _draft(image: Image.Image, at_least: int) -> None:
    """Tell the JPEG decoder to leave out what is not needed; the others decode everything."""
    width, height = image.size
    share = min(1.0, at_least / max(width, height))
    image.draft("RGB", (math.ceil(width * share), math.ceil(height * share)))


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 where there is none or the EXIF block is damaged."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except _DECODER_FAULTS:
        return 1
    return value if isinstance(value, int) else 1


def _over_white(image: Image.Image) -> Image.Image:
    if image.mode in _ALPHA_MODES or "transparency" in image.info:
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image.convert("RGBA"))
        return white.convert("RGB")
    return image.convert("RGB")
