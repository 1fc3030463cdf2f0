"""Writes scripts/wheels/dlib-….whl: a package without code that says "dlib-bin is dlib".

face-recognition asks for a package named dlib, which is published as source code: ten minutes of
compiling. dlib-bin is the same library, built, under another name. With this alias the installer
takes it. There is nothing in it but the lines below.
"""  # noqa: INP001 - scripts are no package

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from pathlib import Path

VERSION = "20.0.1"
PATH = Path(__file__).parent / "wheels" / f"dlib-{VERSION}-py3-none-any.whl"
METADATA = f"""\
Metadata-Version: 2.1
Name: dlib
Version: {VERSION}
Summary: An alias: the code is that of dlib-bin
Requires-Dist: dlib-bin
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: alias\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def make_wheel() -> bytes:
    """Return the file, the same bytes each time."""
    folder = f"dlib-{VERSION}.dist-info"
    held = {f"{folder}/METADATA": METADATA, f"{folder}/WHEEL": WHEEL}
    held[f"{folder}/RECORD"] = "".join(
        f"{name},sha256={_hash(text)},{len(text)}\n" for name, text in held.items()
    ) + (f"{folder}/RECORD,,\n")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, text in held.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    return out.getvalue()


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_bytes(make_wheel())
