"""Drawing for the sample pictures: type, colours, QR codes, and the mark that says SAMPLE.

Pillow's own font and nothing from the system, so that a picture is the same on every machine.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
INK: Colour = (23, 37, 56)
SOFT: Colour = (92, 108, 128)
PAPER: Colour = (255, 255, 255)
GROUND: Colour = (240, 245, 250)
BLUE: Colour = (28, 78, 138)
RED: Colour = (178, 34, 42)
GREEN: Colour = (22, 122, 72)
AMBER: Colour = (180, 110, 8)
LINE: Colour = (205, 215, 226)
QUIET_ZONE = 4  # modules, ISO/IEC 18004 section 6.3.8


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Return Pillow's built-in font at `size` pixels."""
    loaded = ImageFont.load_default(size)
    if not isinstance(loaded, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType")
    return loaded


def sheet(
    width: int, height: int, ground: Colour = GROUND
) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return an empty picture and its pen."""
    image = Image.new("RGB", (width, height), ground)
    return image, ImageDraw.Draw(image)


def write(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: int,
    colour: Colour = INK,
    *,
    bold: bool = False,
    width: float = 0,
    anchor: str = "la",
) -> float:
    """Write one line, shrunk to `width` if given; return its height in pixels."""
    plain = _writable(text)
    while width and size > 9 and pen.textlength(plain, font(size)) > width:
        size -= 1
    weight = size / 34 if bold else 0
    pen.text(at, plain, colour, font(size), anchor=anchor, stroke_width=weight, stroke_fill=colour)
    return size * 1.3


def write_lines(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: int,
    colour: Colour = INK,
    *,
    width: float,
) -> float:
    """Write a paragraph broken at `width`; return the y below it."""
    x, y = at
    line = ""
    for word in [*text.split(), ""]:
        longer = f"{line} {word}".strip()
        if word and pen.textlength(_writable(longer), font(size)) <= width:
            line = longer
            continue
        if line:
            y += write(pen, (x, y), line, size, colour)
        line = word
    return y


def qr_image(text: str, module: int, *, level: str = "l") -> Image.Image:
    """Return the QR of `text` with its quiet zone, `module` pixels a module."""
    code = segno.make(text, error=level, micro=False, boost_error=False)
    rows = [
        bytes(255 - 255 * (bit & 1) for bit in row) for row in code.matrix_iter(border=QUIET_ZONE)
    ]
    small = Image.frombytes("L", (len(rows[0]), len(rows)), b"".join(rows))
    return small.resize((small.width * module, small.height * module), Image.Resampling.NEAREST)


def qr_to_fit(text: str, side: int, *, level: str = "l") -> Image.Image:
    """Return the largest QR with whole-pixel modules inside a square of `side` pixels."""
    one = qr_image(text, 1, level=level)
    return qr_image(text, max(1, side // one.width), level=level)


def mark_sample(image: Image.Image, *, box: tuple[int, int, int, int], size: int) -> None:
    """Lay CONTOH - SAMPLE across `box`, so that nobody takes the picture for a document."""
    text = "CONTOH  -  SAMPLE"
    layer = Image.new("L", image.size, 0)
    length = int(font(size).getlength(text)) + 2 * size
    stamp = Image.new("L", (length, 2 * size), 0)
    ImageDraw.Draw(stamp).text(
        (length // 2, size), text, 46, font(size), anchor="mm", stroke_width=2
    )
    turned = stamp.rotate(16, expand=True, resample=Image.Resampling.BICUBIC)
    left, top, right, bottom = box
    layer.paste(turned, ((left + right - turned.width) // 2, (top + bottom - turned.height) // 2))
    image.paste(Image.new("RGB", image.size, RED), mask=layer)


def save(image: Image.Image, file: Path) -> None:
    """Write the picture as PNG without any metadata."""
    file.parent.mkdir(parents=True, exist_ok=True)
    image.save(file, format="PNG", optimize=True)


def _writable(text: str) -> str:
    """Replace what the built-in font cannot draw; sample texts are plain ASCII but for names."""
    return text.translate({0x2013: "-", 0x2014: "-", 0xA0: " "})
