"""Two pictures of the demo, drawn without a browser: the kiosk's display, and the verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image

from samples import card, ink
from samples.phone.display import draw_svg

TEXTS = Path(__file__).parents[2] / "enrolment_kiosk" / "texts.json"
STEPS = ("step1", "step2", "step3")
DISPLAY = (1280, 760)
VERDICT = (1080, 760)
HEADLINES = {True: ("SAH", "VALID", ink.GREEN), False: ("TIDAK SAH", "NOT VALID", ink.RED)}
SHOWN = 7


def draw_display(frame: dict[str, Any], file: Path) -> None:
    """Draw what the kiosk's display shows now, in its style, from its own frame."""
    texts = json.loads(TEXTS.read_text("utf-8"))
    image, pen = ink.sheet(*DISPLAY)
    pen.rectangle((0, 0, DISPLAY[0], 92), fill=ink.BLUE)
    ink.write(pen, (48, 28), frame["office"], 36, ink.PAPER, bold=True, width=900)
    ink.write(pen, (DISPLAY[0] - 48, 30), frame["counter"], 32, ink.PAPER, anchor="ra")
    code = draw_svg(frame["svg"])
    side = 500
    code = code.resize((side, side), Image.Resampling.NEAREST).convert("RGB")
    pen.rounded_rectangle((40, 130, 60 + side + 20, 150 + side + 20), 18, ink.PAPER, ink.LINE, 2)
    left = float(frame["seconds_left"]) / float(frame["period"])
    pen.rounded_rectangle((40, 690, 60 + side + 20, 704), 7, ink.LINE)
    pen.rounded_rectangle((40, 690, 54 + int(left * (side + 26)), 704), 7, ink.BLUE)
    image.paste(code, (60, 150))
    y = 140.0
    title = texts["display_title"]
    y += ink.write(pen, (640, y), title["id"], 38, bold=True, width=590)
    y += ink.write(pen, (640, y), title["en"], 24, ink.SOFT) + 18
    for number, step in enumerate(STEPS, 1):
        text = texts[f"display_{step}"]
        ink.write(pen, (640, y), f"{number}", 34, ink.BLUE, bold=True)
        y = ink.write_lines(pen, (690, y), text["id"], 24, width=540)
        y = ink.write_lines(pen, (690, y), text["en"], 18, ink.SOFT, width=540) + 14
    warning = texts["display_warning"]
    pen.rectangle((640, y, 646, y + 140), fill=ink.AMBER)
    y = ink.write_lines(pen, (664, y), warning["id"], 21, ink.AMBER, width=560)
    ink.write_lines(pen, (664, y), warning["en"], 18, ink.SOFT, width=560)
    ink.save(image, file)


def draw_verdict(report: dict[str, Any], portrait: Path | None, file: Path) -> None:
    """Draw the verifier's JSON as a teller's screen would show it."""
    image, pen = ink.sheet(*VERDICT)
    indonesian, english, colour = HEADLINES[bool(report["valid"])]
    pen.rectangle((0, 0, VERDICT[0], 120), fill=colour)
    ink.write(pen, (48, 24), f"{indonesian} / {english}", 52, ink.PAPER, bold=True)
    ink.write(pen, (VERDICT[0] - 48, 46), str(report["code"]), 26, ink.PAPER, anchor="ra")
    y = 146.0
    for label, value in _facts(report):
        ink.write(pen, (48, y + 3), label, 20, ink.SOFT)
        ink.write(pen, (330, y), value, 23, width=450)
        y += 38
    pen.line((48, y + 4, 760, y + 4), fill=ink.LINE, width=2)
    y += 18
    for label, value in _claims(report)[:SHOWN]:
        ink.write(pen, (48, y + 3), label, 20, ink.SOFT)
        ink.write(pen, (330, y), value, 23, width=450)
        y += 38
    if portrait is not None and portrait.exists():
        with Image.open(portrait) as small:
            face = small.convert("RGB").resize((230, 288), Image.Resampling.LANCZOS)
        pen.rectangle((799, 145, 1032, 436), fill=ink.PAPER, outline=ink.LINE, width=2)
        image.paste(face, (801, 147))
        ink.write(pen, (915, 446), "Bandingkan wajah", 21, bold=True, anchor="ma")
        ink.write(pen, (915, 474), "Compare the face", 18, ink.SOFT, anchor="ma")
    note = (
        "DEVELOPMENT TRUST - CONTOH - SAMPLE" if report["development_trust"] else "CONTOH - SAMPLE"
    )
    ink.write(pen, (VERDICT[0] - 48, VERDICT[1] - 44), note, 20, ink.RED, bold=True, anchor="ra")
    ink.save(image, file)


def _claims(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the claims with the catalogue's labels and words, as the app shows them."""
    if report["document_type"] is None:
        return []
    document_type = card.load_catalogue().document_type(report["document_type"])
    profile = document_type.profile(report["profile"])
    return card.rows(card.Content(document_type, profile, report["claims"]), "id")


def _facts(report: dict[str, Any]) -> list[tuple[str, str]]:
    as_of = f" ({report['status_as_of']})" if report["status_as_of"] else ""
    return [
        ("Asli / authentic", "ya / yes" if report["authentic"] else "tidak / no"),
        ("Penerbit / issuer", str(report["issuer"] or "-")),
        ("Pemegang / possession", str(report["possession"])),
        ("Status", f"{report['status']}{as_of}"),
        ("Dokumen / document", f"{report['document_type']} / {report['profile']}"),
        ("Aturan / policy", str(report["policy"])),
    ]
