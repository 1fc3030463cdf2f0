"""Pictures for docs/scanning.md: every degradation on one sheet, and where reading ends."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.scan.camera import Shot
from benchmarks.scan.codes import Code, presentation
from benchmarks.scan.degradations import DEGRADATIONS, Degradation
from benchmarks.scan.trial import Case, by_name, is_read, take_at
from samples import ink

VERSION, PIXELS = 20, 3.5
BAD = 2
TILE = (200, 190)
COLUMNS = 6
ENDS = (
    "defocus",
    "motion",
    "tilt back",
    "low light",
    "dim phone",
    "overexposed",
    "glare",
    "curved print",
)
_STEP = 1.25
_QUALITY = 82


def draw_sheet(file: Path) -> None:
    """Draw the worst severity of each degradation, and whether it was read."""
    tiles = [_tile(one, one.strengths[BAD]) for one in DEGRADATIONS]
    _join(tiles, COLUMNS, file)


def draw_ends(file: Path) -> list[tuple[str, float, float]]:
    """Draw, for some degradations, the worst that reads beside the first that does not.

    Returns (name, last strength that was read, first that was not).
    """
    tiles, found = [], []
    for name in ENDS:
        one = by_name(name)
        last, first = find_end(one)
        found.append((name, last, first))
        tiles += [_tile(one, last), _tile(one, first)]
    _join(tiles, 4, file)
    return found


def find_end(one: Degradation) -> tuple[float, float]:
    """Return the worst strength that is read and the first that is not, in steps of a quarter."""
    code = presentation(VERSION)
    strength = one.strengths[BAD]
    if is_read(_take(one, strength), code):
        while strength < one.most:
            more = min(one.most, strength * _STEP)
            if not is_read(_take(one, more), code):
                return strength, more
            strength = more
        raise LookupError(one.name)  # nothing of it is too much
    while not is_read(_take(one, strength / _STEP), code):
        strength /= _STEP
    return strength / _STEP, strength


def _take(one: Degradation, strength: float) -> Shot:
    return take_at(Case(VERSION, PIXELS, one.name, BAD), one, strength)


def _tile(one: Degradation, strength: float) -> Image.Image:
    """Cut the code out of the picture and write below it what it is."""
    code = presentation(VERSION)
    shot = _take(one, strength)
    part = _middle(shot, code) if one.conditions(strength).corner == 0 else _busiest(shot, code)
    seen = Image.fromarray(cv2.cvtColor(part, cv2.COLOR_BGR2RGB))
    tile = Image.new("RGB", (TILE[0], TILE[1] + 38), ink.PAPER)
    tile.paste(seen.resize(TILE, Image.Resampling.LANCZOS), (0, 0))
    pen = ImageDraw.Draw(tile)
    read = is_read(shot, code)
    ink.write(
        pen,
        (4, TILE[1] + 1),
        one.name.replace("é", "e"),
        15,
        ink.INK,
        bold=True,
        width=TILE[0] - 60,
    )
    told = "read" if read else "not read"
    ink.write(
        pen, (TILE[0] - 4, TILE[1] + 2), told, 13, ink.GREEN if read else ink.RED, anchor="ra"
    )
    unit = "" if one.unit == "–" else f"{strength:.3g} {one.unit}"
    ink.write(pen, (4, TILE[1] + 19), unit, 12, ink.SOFT, width=TILE[0] - 8)
    return tile


def _middle(shot: Shot, code: Code) -> NDArray[np.uint8]:
    height, width = shot.gray.shape
    wide, high = round(1.7 * PIXELS * code.side), round(1.615 * PIXELS * code.side)
    top, left = (height - high) // 2, (width - wide) // 2
    return shot.colour[top : top + high, left : left + wide]


def _busiest(shot: Shot, code: Code) -> NDArray[np.uint8]:
    """Return the part with the code: where the picture differs most from the desk around."""
    height, width = shot.gray.shape
    wide, high = round(1.7 * PIXELS * code.side), round(1.615 * PIXELS * code.side)
    busy = cv2.absdiff(shot.gray, cv2.blur(shot.gray, (9, 9))).astype(np.float32)
    share = cv2.boxFilter(busy, -1, (round(PIXELS * code.side),) * 2)
    _, _, _, (x, y) = cv2.minMaxLoc(share)
    left = min(max(0, x - wide // 2), width - wide)
    top = min(max(0, y - high // 2), height - high)
    return shot.colour[top : top + high, left : left + wide]


def _join(tiles: list[Image.Image], columns: int, file: Path) -> None:
    rows = -(-len(tiles) // columns)
    width, height = tiles[0].width + 6, tiles[0].height + 6
    sheet = Image.new("RGB", (columns * width + 6, rows * height + 6), ink.PAPER)
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (6 + number % columns * width, 6 + number // columns * height))
    file.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(file, quality=_QUALITY, optimize=True)
