"""The surface of the phone or the paper, drawn in texels before any camera sees it.

Everything is in modules from the code's top left corner; a texture holds linear light.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.scan.codes import QUIET_ZONE, Code
from benchmarks.scan.conditions import Conditions

SHEET = 3  # modules of the app's own white around the quiet zone
BEZEL = 4
MARGIN = QUIET_ZONE + SHEET + BEZEL
TEXELS = 8  # a module
_SKIN = 0.25
_DESK = 0.2
Plane = NDArray[Any]  # of float32


@dataclass(frozen=True, slots=True)
class Surface:
    """A texture of linear light, and the texels a module has."""

    light: Plane
    texels: float


def draw(code: Code, told: Conditions, dice: np.random.Generator, *, texels: float) -> Surface:
    """Return what lies before the camera, at a resolution that suits the projection."""
    light = _code_on_phone(code, told)
    _cover(light, code, told, dice)
    _crack(light, code, told, dice)
    light = _smudge(light, told, dice)
    light = _bend(light, code, told)
    scale = min(1.0, texels / TEXELS)
    if scale < 1:
        light = cv2.resize(light, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return Surface(light, light.shape[0] / (code.side + 2 * MARGIN))


def _code_on_phone(code: Code, told: Conditions) -> Plane:
    dark, bright = (1.0, told.black) if told.inverted else (told.black, 1.0)
    sheet = np.full((code.side + 2 * MARGIN,) * 2, 0.02, dtype=np.float32)
    inner = slice(BEZEL, -BEZEL)
    sheet[inner, inner] = bright
    middle = slice(MARGIN, -MARGIN)
    sheet[middle, middle] = np.where(code.modules, np.float32(dark), np.float32(bright))
    return np.repeat(np.repeat(sheet, TEXELS, axis=0), TEXELS, axis=1)


def _cover(light: Plane, code: Code, told: Conditions, dice: np.random.Generator) -> None:
    """Lay a sticker on the data, and a finger across the quiet zone."""
    if told.covered:
        area = told.covered * code.side**2
        wide = float(np.sqrt(area * dice.uniform(0.6, 1.6)))
        left = MARGIN + dice.uniform(8, code.side - 8 - wide)
        top = MARGIN + dice.uniform(8, code.side - 12 - area / wide)
        box = np.array([left, top, left + wide, top + area / wide]) * TEXELS
        x0, y0, x1, y1 = box.astype(int)
        light[y0:y1, x0:x1] = _SKIN
    if told.finger:
        edge = (MARGIN - QUIET_ZONE + told.finger) * TEXELS
        rows = np.arange(light.shape[0]) / TEXELS
        middle = MARGIN + dice.uniform(0.3, 0.7) * code.side
        width = 0.3 * code.side  # a fingertip is 16 mm wide, a code 55
        reach = edge - TEXELS * 6 * np.abs((rows - middle) / width) ** 3
        for row, end in enumerate(reach):
            if end > 0:
                light[row, : int(end)] = _SKIN


def _crack(light: Plane, code: Code, told: Conditions, dice: np.random.Generator) -> None:
    """Draw cracks: lines of 0.1 to 0.3 mm that scatter, from one point, each with two branches."""
    if not told.cracks:
        return
    whole = light.shape[0]
    start = dice.uniform(0.15, 0.85, 2) * whole
    for _ in range(told.cracks):
        at, heading = start.copy(), dice.uniform(0, 2 * np.pi)
        bright = float(dice.choice([0.05, 0.5, 0.9]))
        thick = max(1, round(float(dice.uniform(0.2, 0.6)) * TEXELS))
        for _ in range(int(dice.integers(4, 9))):
            heading += dice.normal(0, 0.25)
            step = dice.uniform(0.06, 0.14) * code.side * TEXELS
            end = at + step * np.array([np.cos(heading), np.sin(heading)])
            points = [(int(x), int(y)) for x, y in (at, end)]
            cv2.line(light, points[0], points[1], bright, thick, cv2.LINE_AA)
            at = end


def _smudge(light: Plane, told: Conditions, dice: np.random.Generator) -> Plane:
    """Smear grease over a share of the code: half of the light is scattered over two modules."""
    if not told.smudge:
        return light
    side = light.shape[0]
    spots = dice.normal(size=(12, 12)).astype(np.float32)
    field = cv2.resize(spots, (side, side), interpolation=cv2.INTER_CUBIC)
    inside = field[MARGIN * TEXELS : -MARGIN * TEXELS, MARGIN * TEXELS : -MARGIN * TEXELS]
    limit = float(np.quantile(inside, 1 - told.smudge))
    under = cv2.GaussianBlur((field > limit).astype(np.float32), (0, 0), TEXELS / 2)
    scattered = cv2.GaussianBlur(light, (0, 0), 1.2 * TEXELS)
    greasy = 0.45 * light + 0.5 * scattered + 0.05
    return light * (1 - under) + greasy * under


def _bend(light: Plane, code: Code, told: Conditions) -> Plane:
    """Bend the sheet round a cylinder or crease it; seen from four code widths away."""
    if not told.bend and not told.fold:
        return light
    side = light.shape[0]
    away = 4 * code.side * TEXELS
    middle = side / 2
    across = np.arange(side, dtype=np.float32) - middle
    if told.bend:
        radius = code.side * TEXELS / np.radians(told.bend)
        angle = np.arcsin(np.clip(across / radius, -0.999, 0.999))
        along, depth = radius * angle, radius * (1 - np.cos(angle))
        shade = np.cos(angle)
    else:
        crease = 0.12 * side
        angle = np.radians(told.fold)
        beyond = np.maximum(across - crease, 0)
        along = np.where(beyond > 0, crease + beyond / np.cos(angle), across)
        depth = beyond * np.tan(angle)
        shade = np.where(beyond > 0, np.cos(angle + 0.6) / np.cos(0.6), 1.0)
    nearer = 1 + depth / away
    down = np.arange(side, dtype=np.float32)[:, None] - middle
    columns = np.broadcast_to((along * nearer + middle)[None, :], (side, side))
    rows = down * nearer[None, :] + middle
    seen = cv2.remap(
        light, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=_DESK,
    )  # fmt: skip
    return (seen * shade[None, :]).astype(np.float32)
