"""Draws a frame as a QR code: an SVG that stays sharp on every screen."""

from __future__ import annotations

import io

import segno

QUIET_ZONE = 4  # modules, ISO/IEC 18004 section 6.3.8
ERROR_LEVEL = "m"


def draw_svg(text: str) -> str:
    """Return an SVG element with a white ground, a quiet zone and no size of its own.

    Level M: a shop window's reflection costs modules, and a frame is short enough to afford it.
    """
    code = segno.make(text, error=ERROR_LEVEL, micro=False, boost_error=False)
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
