"""The codes as pictures: for a phone, a printer, or to drop on the desk."""

from __future__ import annotations

import io

import segno
from PIL import Image, ImageDraw

from samples import ink
from samples.codes.cases import CASES, Case, find_case
from samples.codes.stick import Folder
from verifier.words import Language, Words

MODULE = 6
PRINT_LEVEL, SCREEN_LEVEL = "q", "l"
_HEAD = "| | Kode / Code | Yang harus terbaca | What must be read |\n|---|---|---|---|\n"


def code_image(text: str | None, *, module: int = MODULE) -> Image.Image:
    """Return the QR of a text; without one, a code that is torn beyond correction."""
    if text is None:
        return _torn(module)
    level = PRINT_LEVEL if text.startswith("IDS:") else SCREEN_LEVEL
    return ink.qr_image(text, module, level=level)


def png(image: Image.Image) -> bytes:
    """Return a picture's PNG bytes."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def svg(text: str | None) -> str:
    """Return the QR as SVG without a size of its own; the torn one as its modules."""
    if text is not None:
        level = PRINT_LEVEL if text.startswith("IDS:") else SCREEN_LEVEL
        code = segno.make(text, error=level, micro=False, boost_error=False)
        return str(code.svg_inline(border=ink.QUIET_ZONE, omitsize=True, light="#fff"))
    small = _torn(1)
    dark = [
        f"M{x} {y}h1v1h-1z"
        for y in range(small.height)
        for x in range(small.width)
        if small.getpixel((x, y)) == 0
    ]
    size = f"0 0 {small.width} {small.height}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{small.width}v{small.height}H0z"/>'
        f'<path d="{"".join(dark)}"/></svg>'
    )


def write_pictures(folder: Folder, now: int) -> None:
    """Write the codes that need no phone as PNG, and the table of what a desk must say."""
    for number, case in enumerate(CASES, 1):
        if case.key not in ("good", "challenge"):
            file = folder.codes / f"{number:02}-{case.key}.png"
            file.write_bytes(png(code_image(case.show(now, now))))
    (folder.codes / "README.md").write_text(table(), "utf-8")


def table() -> str:
    """Return the expected verdicts, in both languages."""
    return _HEAD + "".join(_row(number, case) for number, case in enumerate(CASES, 1))


def next_step(case: Case, language: Language) -> str:
    """Return what the desk says is to be done."""
    words = Words(language)
    known = {"NOTHING_READ": "QR_DAMAGED"}
    return words.error(known[case.code]) if case.code in known else words.next_step(case.code)


def _row(number: int, case: Case) -> str:
    name = f"{case.name['id']} / {case.name['en']}"
    said = [case.word[language] for language in ("id", "en")]
    if case.before is not None:
        said[0] = f"{said[0]} (sebelum sync: {case.before['id']})"
        said[1] = f"{said[1]} (before the sync: {case.before['en']})"
    return f"| {number} | {name} | {said[0]} | {said[1]} |\n"


def _torn(module: int) -> Image.Image:
    """Return a card's code with a strip torn off it: all three corners are there."""
    good = find_case("good")
    assert good is not None  # noqa: S101  it is in the list
    image = ink.qr_image(good.show(0x6A000000, 0x6A000000) or "", module)
    pen = ImageDraw.Draw(image)
    width, high = image.width, image.height
    rip = [(0.30, 0.36), (0.52, 0.30), (0.80, 0.42), (0.96, 0.40), (0.96, 0.62), (0.66, 0.72),
           (0.44, 0.60), (0.28, 0.66)]  # fmt: skip
    pen.polygon([(round(x * width), round(y * high)) for x, y in rip], fill=255)
    return image
