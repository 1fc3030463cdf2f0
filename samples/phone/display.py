"""Looking at a kiosk's display without a camera: fetch the page's frame and read the QR from it.

For trying things at a desk, and for the demo. The frame is drawn from the display's SVG to pixels
and then read by the same QR reader as a photo would be.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import requests
from PIL import Image, ImageDraw

from samples.phone.errors import PhoneError

SVG = "{http://www.w3.org/2000/svg}"
MODULE = 6  # pixels a module: more than any camera needs
STEP = re.compile(r"([Mmh])\s*(-?[\d.]+)(?:[\s,]*(-[\d.]+|[\d.]+))?")
TIMEOUT_SECONDS = 5


def fetch_frame(url: str) -> dict[str, Any]:
    """Return what `GET /display/frame` of the kiosk at `url` answers.

    `url` is the kiosk's address, with or without `/display`. PhoneError NETWORK, COUNTER_CLOSED.
    """
    address = url.rstrip("/").removesuffix("/frame").removesuffix("/display")
    try:
        answer = requests.get(f"{address}/display/frame", timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        frame: dict[str, Any] = answer.json()
    except requests.RequestException as error:
        raise PhoneError("NETWORK", url=address) from error
    if not frame["open"]:
        raise PhoneError("COUNTER_CLOSED")
    return frame


def draw_svg(svg: str) -> Image.Image:
    """Return the pixels of a display's QR: an SVG whose modules are horizontal strokes."""
    # The text comes from a local kiosk; entities are refused before the parser sees them.
    if "<!" in svg:
        raise PhoneError("NO_QR_IN_IMAGE", source="SVG")
    root = ET.fromstring(svg)  # noqa: S314
    side = int(float(root.attrib["viewBox"].split()[2]))
    image = Image.new("L", (side * MODULE, side * MODULE), 255)
    pen = ImageDraw.Draw(image)
    for path in root.iter(f"{SVG}path"):
        if "stroke" in path.attrib:
            _draw_strokes(pen, path.attrib["d"])
    return image


def _draw_strokes(pen: ImageDraw.ImageDraw, path: str) -> None:
    """Draw the runs of `M x y h n m dx dy h n …`; y is the middle of a row of modules."""
    x = y = 0.0
    for command, first, second in STEP.findall(path):
        if command == "M":
            x, y = float(first), float(second)
        elif command == "m":
            x, y = x + float(first), y + float(second)
        else:
            run, top = float(first), int(y) * MODULE
            pen.rectangle((x * MODULE, top, (x + run) * MODULE - 1, top + MODULE - 1), fill=0)
            x += run
