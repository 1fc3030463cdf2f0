"""Draws what a wallet app shows: the document with its portrait, and the QR to present it.

Made from the presentation's text alone, as the phone holds it; nothing here checks a signature.
Every picture is marked CONTOH / SAMPLE.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFilter

from credentials.catalogue import Catalogue, DocumentType, Profile
from credentials.document_types import Field, Labels
from credentials.presentation import parse_presentation
from credentials.qr_text import PREFIX_PRESENTATION, from_text
from samples import ink

ISSUER = Path(__file__).parent.parent / "wallet_api"
CARD = (1240, 780)
PRESENTATION = (900, 1120)
QR_SIDE = 372
PORTRAIT = (192, 240)
HIDDEN = {"portrait", "rt", "rw", "village_code"}
FOOT = {
    "id": "Gambar ini bukan bukti. Bukti adalah QR yang diperiksa, dan berganti tiap 15 detik.",
    "en": "This picture proves nothing. The QR, checked, does; it changes every 15 seconds.",
}
HOLD = {
    "id": "Tunjukkan kepada pemeriksa. Kode berganti setiap 15 detik.",
    "en": "Show this to the verifier. The code changes every 15 seconds.",
}


@dataclass(frozen=True, slots=True)
class Content:
    """What a presentation holds, as the catalogue names it."""

    document_type: DocumentType
    profile: Profile
    values: dict[str, Any]


@cache
def load_catalogue() -> Catalogue:
    """Return the document types as the app carries them."""
    files = sorted((ISSUER / "catalogue").glob("*.json"))
    return Catalogue.parse([json.loads(file.read_text("utf-8")) for file in files])


def read_presentation(text: str) -> Content:
    """Return what an `ID1:` text holds."""
    _, data = from_text(text, prefixes=(PREFIX_PRESENTATION,))
    claims = parse_presentation(data).credential.claims
    document_type, profile = load_catalogue().profile(claims.profile)
    return Content(document_type, profile, load_catalogue().decode(claims.identity))


def rows(content: Content, language: str) -> list[tuple[str, str]]:
    """Return (label, text) of every field of the document, in the catalogue's order."""
    shown: list[tuple[str, str]] = []
    for field in content.document_type.fields:
        if field.name == "rt_rw" and {"rt", "rw"} <= content.values.keys():
            shown.append(("RT/RW", f"{content.values['rt']}/{content.values['rw']}"))
        elif field.name == "village_code" and field.name in content.values:
            name = village_name(str(content.values[field.name]))
            shown.append((_of(field.labels, language), name))
        elif content.values.get(field.name) is not None and field.name not in HIDDEN:
            shown.append((_of(field.labels, language), _text(field, content.values, language)))
    return shown


def draw_card(text: str, file: Path, *, language: str = "id") -> None:
    """Draw the document of a presentation's text, with its QR, to `file` (PNG)."""
    content = read_presentation(text)
    image, pen = ink.sheet(*CARD)
    _ground(image)
    _head(pen, content, language, CARD[0])
    lines = rows(content, language)
    step = min(44.0, (CARD[1] - 200) / max(1, len(lines)))
    for number, (label, value) in enumerate(lines):
        y = 140 + number * step
        ink.write(pen, (48, y + 4), label, 19, ink.SOFT)
        big = number < 2
        ink.write(pen, (268, y), value, 27 if big else 23, bold=big, width=CARD[0] - 720)
    right = CARD[0] - 48
    top = 126
    if "portrait" in content.values:
        _portrait(image, content.values["portrait"], (right - PORTRAIT[0], top))
        top += PORTRAIT[1] + 14
    code = ink.qr_to_fit(text, min(QR_SIDE, CARD[1] - top - 24))
    ink.mark_sample(image, box=(40, 150, 820, 700), size=72)
    _boxed(image, code, (right - code.width, top))
    ink.write(pen, (48, CARD[1] - 40), FOOT[language], 17, ink.SOFT, width=CARD[0] - 480)
    ink.save(image, file)


def draw_presentation(text: str, file: Path, *, language: str = "id") -> None:
    """Draw the QR of a presentation large enough for any camera, to `file` (PNG)."""
    content = read_presentation(text)
    image, pen = ink.sheet(*PRESENTATION)
    _head(pen, content, language, PRESENTATION[0])
    code = ink.qr_to_fit(text, PRESENTATION[0] - 80)
    _boxed(image, code, ((PRESENTATION[0] - code.width) // 2, 132))
    below = 132 + code.height + 28
    middle = PRESENTATION[0] / 2
    profile = _of(content.profile.labels, language)
    ink.write(pen, (middle, below), profile, 34, bold=True, anchor="ma")
    ink.write(pen, (middle, below + 52), HOLD[language], 23, ink.SOFT, anchor="ma")
    ink.write(pen, (middle, below + 94), "CONTOH - SAMPLE", 24, ink.RED, bold=True, anchor="ma")
    ink.save(image.crop((0, 0, PRESENTATION[0], min(PRESENTATION[1], below + 140))), file)


@cache
def village_name(code: str) -> str:
    """Return the village's name with its code (10 digits); the code alone when it is unknown."""
    dotted = f"{code[:2]}.{code[2:4]}.{code[4:6]}.{code[6:]}"
    with gzip.open(ISSUER / "data" / "villages.csv.gz", "rt", encoding="utf-8") as file:
        for line in file:  # 83,762 lines: looking through them beats keeping them
            if line.startswith(dotted):
                return f"{next(csv.reader([line]))[1].upper()} ({code})"
    return code


def _text(field: Field, values: dict[str, Any], language: str) -> str:
    value = values[field.name]
    for code in field.codes:
        if code.value == value:
            return _of(code.labels, language)
    if isinstance(value, list):
        return str(len(value))
    if field.kind == "date":
        return "-".join(reversed(str(value).split("-")))  # as printed: day, month, year
    return str(value)


def _of(labels: Labels, language: str) -> str:
    return labels.en if language == "en" else labels.id


def _head(pen: ImageDraw.ImageDraw, content: Content, language: str, width: int) -> None:
    pen.rectangle((0, 0, width, 104), fill=ink.BLUE)
    pen.rectangle((0, 104, width, 110), fill=ink.RED)
    country = "REPUBLIK INDONESIA" if language == "id" else "REPUBLIC OF INDONESIA"
    ink.write(pen, (48, 16), country, 20, (205, 222, 242))
    title = _of(content.document_type.labels, language)
    ink.write(pen, (48, 44), title, 38, ink.PAPER, bold=True, width=width - 330)
    ink.write(pen, (width - 48, 32), "CONTOH", 26, ink.PAPER, bold=True, anchor="ra")
    ink.write(pen, (width - 48, 62), "SAMPLE", 20, (205, 222, 242), anchor="ra")


def _ground(image: Image.Image) -> None:
    """Lay soft waves over the ground, as printed cards have them."""
    lines = Image.new("L", image.size, 0)
    pen = ImageDraw.Draw(lines)
    width, height = image.size
    for number in range(-40, 80):
        left = number * 24
        pen.ellipse((left, 60, left + width, 3 * height), outline=34, width=2)
    soft = lines.filter(ImageFilter.GaussianBlur(0.7))
    image.paste(Image.new("RGB", image.size, (120, 160, 205)), mask=soft)


def _portrait(image: Image.Image, data: bytes, at: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(data), formats=("WEBP",)) as small:
        face = small.convert("RGB").resize(PORTRAIT, Image.Resampling.LANCZOS)
    _boxed(image, face, at)


def _boxed(image: Image.Image, inner: Image.Image, at: tuple[int, int]) -> None:
    pen = ImageDraw.Draw(image)
    box = (at[0] - 3, at[1] - 3, at[0] + inner.width + 2, at[1] + inner.height + 2)
    pen.rectangle(box, fill=ink.PAPER, outline=ink.LINE, width=2)
    image.paste(inner, at)
