"""Rendered QRs in `samples/rendered/`: pictures to hold before a camera or to give to a decoder.

One for every vector that has to be valid, and the document cards that the phone draws for them.
Screens use error correction L, print uses Q (offline QR design, "Text").
"""

from __future__ import annotations

import json
from pathlib import Path

from credentials.errors import FormatError
from credentials.presentation import parse_presentation
from credentials.qr_text import PREFIX_PRESENTATION, PREFIX_PRINT, from_text
from samples import card, ink
from samples.client_vectors import frames

VECTORS = Path(__file__).parent / "vectors" / "valid"
FOLDER = Path(__file__).parent / "rendered"
MODULE = 4  # pixels
CARDS = {"family_card": "full", "id_card": "full", "vaccination_card": "full"}


def build(folder: Path = FOLDER) -> None:
    """Write every picture, and nothing else, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    wanted = dict(CARDS)
    for file in sorted(VECTORS.glob("*.json")):
        text = json.loads(file.read_text("utf-8"))["text"]
        draw_code(text, folder / f"{file.stem}.png")
        name = _document(text)
        if name and wanted.get(name[0]) == name[1]:
            del wanted[name[0]]
            card.draw_card(text, folder / f"card-{name[0].replace('_', '-')}.png")
    draw_code(frames.frame_text(), folder / "kiosk-frame.png", level="m")


def draw_code(text: str, file: Path, *, level: str = "") -> None:
    """Draw the bare QR of a text."""
    level = level or ("q" if text.startswith(PREFIX_PRINT) else "l")
    ink.save(ink.qr_image(text, MODULE, level=level).convert("1"), file)


def _document(text: str) -> tuple[str, str] | None:
    """Return (type, profile) of a presentation of our own catalogue."""
    if not text.startswith(PREFIX_PRESENTATION):
        return None
    _, data = from_text(text, prefixes=(PREFIX_PRESENTATION,))
    try:
        found = card.load_catalogue().profile(parse_presentation(data).credential.profile)
    except FormatError:
        return None
    return found[0].name, found[1].name
