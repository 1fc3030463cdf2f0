"""The portrait inside a credential: 64x80 colour WebP, cropped to the face, a few hundred bytes.

Made once from the registry's photo. A QR has no byte to spare, so what is around the face is
softened and the encoder's quality is searched for the best picture that fits.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import Image

from wallet_api.adapters.faces.intake import PictureRefused, read_picture
from wallet_api.ports.faces import PORTRAIT_BYTES, NoUsablePhoto

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wallet_api.adapters.faces.engines import Engine, Face

    Pixels = NDArray[np.uint8]

WIDTH: Final = 64
HEIGHT: Final = 80
FACE_SHARE: Final = 0.62
"""Height of the face box over the height of the portrait: room for hair, veil and chin."""
MAX_SECOND_FACE: Final = 0.25
MIN_EYE_DISTANCE: Final = 16.0
_SOFTENINGS: Final = (0.0, 0.8, 1.6)


def make_portrait(engine: Engine, photo: bytes, *, max_bytes: int = PORTRAIT_BYTES) -> bytes:
    """Return WebP bytes, at most ``max_bytes``, the same for the same photo.

    Raises NoUsablePhoto with a reason code of ``rules.face_reasons``.
    """
    try:
        picture = read_picture(photo)
    except PictureRefused as refusal:
        raise NoUsablePhoto(refusal.code) from refusal
    face = engine.find_face(picture)
    if face is None:
        raise NoUsablePhoto("NO_FACE")
    if face.measures.second_face > MAX_SECOND_FACE:
        raise NoUsablePhoto("SECOND_FACE")
    if face.measures.eye_distance < MIN_EYE_DISTANCE:
        raise NoUsablePhoto("FACE_TOO_SMALL")
    portrait = _soft_surroundings(_crop(picture.pixels, face))
    for softening in _SOFTENINGS:
        best = _best_fit(_soften(portrait, softening), max_bytes)
        if best is not None:
            return best
    raise NoUsablePhoto("FACE_UNCLEAR")


def _crop(pixels: Pixels, face: Face) -> Pixels:
    """Return 64x80 BGR pixels centred on the face; outside the photo its border is repeated."""
    x, y, wide, high = face.box
    height = max(high / FACE_SHARE, wide / FACE_SHARE * HEIGHT / WIDTH * 0.8)
    width = height * WIDTH / HEIGHT
    centre_x, centre_y = x + wide / 2, y + high * 0.47
    left, top = round(centre_x - width / 2), round(centre_y - height / 2)
    right, bottom = left + max(1, round(width)), top + max(1, round(height))
    pad = max(0, -left, -top, right - pixels.shape[1], bottom - pixels.shape[0])
    if pad:
        pixels = np.asarray(
            cv2.copyMakeBorder(pixels, pad, pad, pad, pad, cv2.BORDER_REPLICATE), np.uint8
        )
    part = pixels[top + pad : bottom + pad, left + pad : right + pad]
    return np.asarray(cv2.resize(part, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def _soft_surroundings(portrait: Pixels) -> Pixels:
    """Blur what lies outside an ellipse around the face: its bytes go to the face."""
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(mask, (WIDTH // 2, int(HEIGHT * 0.52)), (24, 34), 0, 0, 360, 1.0, -1)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 3.0), np.float32)[:, :, None]
    blurred = cv2.GaussianBlur(portrait, (0, 0), 4.0)
    mixed = portrait * mask + np.asarray(blurred, np.float32) * (1 - mask)
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)


def _soften(portrait: Pixels, sigma: float) -> Pixels:
    if not sigma:
        return portrait
    return np.asarray(cv2.GaussianBlur(portrait, (0, 0), sigma), np.uint8)


def _best_fit(portrait: Pixels, max_bytes: int) -> bytes | None:
    """Search the highest WebP quality whose file fits, None where even the lowest does not."""
    image = Image.fromarray(np.ascontiguousarray(portrait[:, :, ::-1]))
    best: bytes | None = None
    low, high = 0, 95
    while low <= high:
        quality = (low + high) // 2
        data = _encode(image, quality)
        if len(data) <= max_bytes:
            best, low = data, quality + 1
        else:
            high = quality - 1
    return best


def _encode(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=quality, method=6)
    return out.getvalue()
