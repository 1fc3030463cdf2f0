"""Draws a challenge as a QR code: an SVG that stays sharp on every screen."""

from __future__ import annotations

import io

import segno

QUIET_ZONE = 4  # modules, ISO/IEC 18004 section 6.3.8


def draw_svg(text: str) -> str:
    """Return an SVG element on a white ground, without a size of its own.

    Level M: it is short, and a screen on a counter has reflections.
    """
    code = segno.make(text, error="m", micro=False, boost_error=False)
    out = io.BytesIO()
    code.save(
        out,
        kind="svg",
        border=QUIET_ZONE,
        dark="#000",
        light="#fff",
        xmldecl=False,
        omitsize=True,
        svgclass=None,
        lineclass=None,
    )
    return out.getvalue().decode()
