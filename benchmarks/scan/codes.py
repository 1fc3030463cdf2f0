"""What is photographed: presentations that are signed as a phone signs them, at chosen QR versions.

The portrait makes the size: it is encoded anew, smaller or larger, until the text has the version.
Issuing stops at version 25; what is larger is measured to know what lies behind that limit.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import segno
from numpy.typing import NDArray
from PIL import Image

from credentials.qr_text import qr_version
from samples.vectors_world import CARD, PERSON, catalogue, portrait

VERSIONS = (10, 15, 20, 25, 30)
QUIET_ZONE = 4  # modules, ISO/IEC 18004 section 6.3.8
_SIDES = ((32, 40), (48, 60), (64, 80), (96, 120), (128, 160))


@dataclass(frozen=True, slots=True)
class Code:
    """One presentation's code: its text, and its modules (True is dark) without quiet zone."""

    version: int
    text: str
    modules: NDArray[np.bool_]

    @property
    def side(self) -> int:
        """Modules a side."""
        return len(self.modules)


@cache
def code_of(text: str) -> Code:
    """Return the code a phone shows for a text: error correction L."""
    made = segno.make(text, error="l", micro=False, boost_error=False)
    modules = np.array([[bit & 1 for bit in row] for row in made.matrix], dtype=bool)
    return Code(int(made.version), text, modules)


@cache
def presentation(version: int) -> Code:
    """Return a resident's presentation whose code has this version (10 to 30)."""
    profile = catalogue().document_type("id_card").profile("full")
    fields = {field.name for field in catalogue().document_type("id_card").fields}
    assert "portrait" in fields, profile
    if version == 10:
        return code_of(CARD.but(document_type="tax_number", signer="issuer-tax").shown())
    for picture in _portraits():
        text = CARD.but(values={**PERSON, "portrait": picture}).shown()
        if qr_version(len(text)) == version:
            return code_of(text)
    raise LookupError(version)


def _portraits() -> Iterator[bytes]:
    """Yield ever larger encodings of the sample's portrait (WebP)."""
    with Image.open(io.BytesIO(portrait())) as drawn:
        face = drawn.convert("RGB")
    made = []
    for size in _SIDES:
        small = face.resize(size, Image.Resampling.LANCZOS)
        for quality in (1, 10, 25, 40, 55, 70, 80, 90):
            out = io.BytesIO()
            small.save(out, "WEBP", quality=quality, method=6)
            made.append(out.getvalue())
    yield from sorted(made, key=len)
