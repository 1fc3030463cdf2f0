"""Photographs for the sample registry: real free ones for a few residents, drawings for the rest.

The registry keeps JPEG. The grey research photographs are enlarged three times and tinted, so
that everything behind the registry meets a colour photograph of a usual size.
"""

from __future__ import annotations

import colorsys
import io
import zlib
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance, ImageOps

SAMPLES = Path(__file__).parent.parent
ENLARGE = 3
LARGEST = (600, 800)
AVATAR = (240, 320)
QUALITY = 90
CROP = 0.92
CAMERA_WIDTH = 640
SHADOW, LIGHT = (28, 18, 14), (255, 246, 236)


def registry_photo(source: str, *, nik: str, sex: str) -> bytes:
    """Return the JPEG for `source`: a path below `samples/`, or "avatar" for a drawing."""
    if source == "avatar":
        return _jpeg(draw_avatar(nik, sex))
    return _jpeg(load_face(source))


def load_face(source: str) -> Image.Image:
    """Return a photograph below `samples/` as the camera of a demo would give it (RGB)."""
    with Image.open(SAMPLES / source) as image:
        image.load()
        if image.mode == "L":
            size = (image.width * ENLARGE, image.height * ENLARGE)
            enlarged = image.resize(size, Image.Resampling.LANCZOS)
            return ImageOps.colorize(enlarged, SHADOW, LIGHT)
        colour = image.convert("RGB")
    colour.thumbnail(LARGEST, Image.Resampling.LANCZOS)
    return colour


def camera_frames(sources: list[str], count: int = 3) -> list[bytes]:
    """Return what the camera of a demo sends (JPEG): the photographs in turn, each held a little
    differently and in a little other light, so that no two frames are the same.

    `sources` are the paths of a resident's `face.frames` or `face.turns`.
    """
    return [_frame(load_face(sources[at % len(sources)]), at) for at in range(count)]


def _frame(image: Image.Image, at: int) -> bytes:
    width, height = round(image.width * CROP), round(image.height * CROP)
    left = (image.width - width) * (1 + at % 3) // 4
    top = (image.height - height) * (1 + at % 2) // 3
    cut = image.crop((left, top, left + width, top + height))
    size = (CAMERA_WIDTH, round(CAMERA_WIDTH * height / width))
    held = cut.resize(size, Image.Resampling.LANCZOS)
    return _jpeg(ImageEnhance.Brightness(held).enhance(1 + 0.02 * (at % 5)))


def draw_avatar(nik: str, sex: str) -> Image.Image:
    """Draw somebody who does not exist; the number decides colours and headscarf."""
    seed = zlib.crc32(nik.encode())
    skin = _colour(0.06 + (seed % 5) / 100, 0.45, 0.6 + (seed >> 4) % 30 / 100)
    cloth = _colour((seed >> 8) % 100 / 100, 0.5, 0.65)
    image = Image.new("RGB", AVATAR, (180, 30, 35) if int(nik[11]) % 2 else (35, 70, 160))
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 235, 220, 420), fill=cloth)
    if sex == "F" and seed % 3:
        draw.ellipse((52, 40, 188, 270), fill=cloth)
    else:
        draw.ellipse((62, 48, 178, 190), fill=(25, 20, 18))
        draw.rectangle((100, 200, 140, 260), fill=skin)
    draw.ellipse((70, 70, 170, 225), fill=skin)
    for eye in (98, 142):
        draw.ellipse((eye - 9, 132, eye + 9, 143), fill="white")
        draw.ellipse((eye - 4, 133, eye + 4, 142), fill=(30, 20, 15))
    draw.line((120, 145, 114, 172, 124, 174), fill=(90, 55, 40), width=3)
    draw.arc((100, 178, 140, 202), 20, 160, fill=(150, 60, 60), width=4)
    return image


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def _jpeg(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=QUALITY)
    return data.getvalue()
