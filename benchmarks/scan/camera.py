"""A webcam: projects a surface to its sensor, blurs, counts electrons, and compresses.

In the order of nature: geometry by a homography at twice the sensor's resolution; light that falls
on the glass; the lens and the movement during the exposure as convolutions in linear light; the
pixels' area; a Bayer sensor with shot and read noise that saturates; demosaicing, gamma, JPEG.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.scan import surface
from benchmarks.scan.codes import Code
from benchmarks.scan.conditions import Conditions
from benchmarks.scan.surface import MARGIN, Plane

FRAME = (1600, 900)  # what the desk's page reads at most
SUPER = 2  # samples a pixel and axis
LENS = 0.5  # pixels, sigma of a good lens
DESK = 0.2  # light of the desk around
_RED, _GREEN, _BLUE = 0, 1, 2
Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: grey as the readers get it, and colours (BGR) as a person sees it."""

    gray: Image
    colour: Image


def photograph(
    code: Code, told: Conditions, dice: np.random.Generator, *, pixels: float,
    frame: tuple[int, int] = FRAME, offset: tuple[float, float] = (0.0, 0.0),
) -> Shot:  # fmt: skip
    """Take a picture with `pixels` camera pixels a module when the code is held face on.

    `offset` moves the code from the frame's middle, in pixels.
    """
    drawn = surface.draw(code, told, dice, texels=1.25 * SUPER * pixels)
    light = _background(told, dice, frame)
    warp = _projection(code, told, pixels, frame, offset)
    part = _part(warp, code, frame, spread=told.defocus * pixels + told.motion * pixels)
    if part[2] > part[0] and part[3] > part[1]:
        _lay(light, drawn, warp, part, code=code, told=told, dice=dice, pixels=pixels)
    light = _barrel(light, told)
    return _expose(light, warp, told, dice)


def is_whole(
    code: Code, told: Conditions, *, pixels: float, frame: tuple[int, int] = FRAME,
    offset: tuple[float, float] = (0.0, 0.0),
) -> bool:  # fmt: skip
    """Tell whether the code and two modules of its quiet zone are within the frame."""
    half = code.side / 2 + 2
    corners = np.array([[x, y] for x in (-half, half) for y in (-half, half)])[None]
    warp = _projection(code, told, pixels, frame, offset)
    seen = cv2.perspectiveTransform(corners, warp)[0]
    return bool((seen >= 0).all() and (seen <= frame).all())


def _background(told: Conditions, dice: np.random.Generator, frame: tuple[int, int]) -> Plane:
    """Return the desk: plain, or printed on."""
    width, height = frame
    light = np.full((height, width), DESK, dtype=np.float32)
    if told.clutter:
        words = int(told.clutter * width * height / 500)
        for _ in range(words):
            x, y = int(dice.integers(0, width)), int(dice.integers(0, height) // 14 * 14)
            long, high = int(dice.integers(6, 60)), int(dice.integers(2, 9))
            tone = float(dice.choice([0.02, 0.05, 0.6, 0.8]))
            step = int(dice.integers(2, 6))
            for left in range(x, x + long, step):
                cv2.rectangle(light, (left, y), (left + step // 2, y + high), tone, -1)
    return light


def _projection(
    code: Code, told: Conditions, pixels: float, frame: tuple[int, int],
    offset: tuple[float, float],
) -> NDArray[np.float64]:  # fmt: skip
    """Return the homography from modules (from the code's middle) to pixels."""
    yaw, pitch, turn = np.radians([told.yaw, told.pitch, told.turn])
    about_y = np.array([[np.cos(yaw), 0, 0], [0, 1, 0], [np.sin(yaw), 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), 0], [0, np.sin(pitch), 1]])
    flat = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    away = 4 * code.side
    # The columns are the images of x, y and of the middle; depth is in the third row.
    lens = np.diag([pixels * away, pixels * away, 1.0])
    pose = about_y @ about_x @ flat
    pose[2, 2] = away
    width, height = frame
    reach = max(0.0, min(width, height) / 2 - pixels * (code.side / 2 + 6))
    side = max(0.0, width / 2 - pixels * (code.side / 2 + 6))
    x = width / 2 + offset[0] + told.corner * side
    y = height / 2 + offset[1] + told.corner * reach
    move = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
    whole: NDArray[np.float64] = move @ lens @ pose
    return whole / whole[2, 2]


def _part(
    warp: NDArray[np.float64], code: Code, frame: tuple[int, int], *, spread: float
) -> tuple[int, int, int, int]:
    """Return the part of the frame that the phone can touch: left, top, right, bottom."""
    half = code.side / 2 + MARGIN
    corners = np.array([[x, y] for x in (-half, half) for y in (-half, half)])[None]
    seen = cv2.perspectiveTransform(corners, warp)[0]
    wide = 4 + spread
    low = np.maximum(np.floor(seen.min(axis=0) - wide), 0).astype(int)
    high = np.minimum(np.ceil(seen.max(axis=0) + wide), frame).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _lay(
    light: Plane, drawn: surface.Surface, warp: NDArray[np.float64],
    part: tuple[int, int, int, int], *, code: Code, told: Conditions,
    dice: np.random.Generator, pixels: float,
) -> None:  # fmt: skip
    """Put the phone into the light that reaches the sensor."""
    left, top, right, bottom = part
    half = code.side / 2 + MARGIN
    to_modules = np.array(
        [[1 / drawn.texels, 0, -half], [0, 1 / drawn.texels, -half], [0, 0, 1.0]]
    ) @ np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])  # fmt: skip
    to_part = np.array([[SUPER, 0, -SUPER * left], [0, SUPER, -SUPER * top], [0, 0, 1.0]])
    size = (SUPER * (right - left), SUPER * (bottom - top))
    whole = to_part @ warp @ to_modules
    seen = cv2.warpPerspective(drawn.light, whole, size, flags=cv2.INTER_LINEAR, borderValue=-1.0)
    around = cv2.resize(light[top:bottom, left:right], size, interpolation=cv2.INTER_LINEAR)
    seen = np.where(seen < 0, around, seen)
    seen = _light_on_glass(seen, told, dice, SUPER * pixels * code.side)
    for kernel in _blurs(told, dice, SUPER * pixels):
        seen = cv2.filter2D(seen, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    light[top:bottom, left:right] = cv2.resize(
        seen, (right - left, bottom - top), interpolation=cv2.INTER_AREA
    )


def _light_on_glass(seen: Plane, told: Conditions, dice: np.random.Generator, side: float) -> Plane:
    """Add what the glass reflects, and take what a hand shades. `side`: of the code, samples."""
    height, width = seen.shape
    rows, columns = np.ogrid[:height, :width]
    seen = seen + np.float32(told.veil)
    if told.glare:
        x = width / 2 + dice.uniform(-0.4, 0.4) * side
        y = height / 2 + dice.uniform(-0.4, 0.4) * side
        far = ((columns - x) ** 2 + (1.5 * (rows - y)) ** 2) / (told.glare * side / 2) ** 2
        seen = seen + (40 * np.exp(-2.2 * far) + 0.15 * np.exp(-far / 12)).astype(np.float32)
    if told.window or told.shadow:
        heading = dice.uniform(0, 2 * np.pi)
        line = (columns - width / 2) * np.cos(heading) + (rows - height / 2) * np.sin(heading)
        half = 1 / (1 + np.exp(-np.clip(line / (0.004 * side), -60, 60)))
        seen = seen + (told.window * half).astype(np.float32)
        seen = seen * (1 - told.shadow * half).astype(np.float32)
    return seen.astype(np.float32)


def _blurs(told: Conditions, dice: np.random.Generator, module: float) -> list[Plane]:
    """Return the kernels of lens, defocus and movement. `module`: its samples."""
    sigma = LENS * SUPER
    reach = np.arange(-4, 5, dtype=np.float32)
    bell = np.exp(-(reach**2) / (2 * sigma**2))
    kernels = [np.outer(bell, bell)]
    if told.defocus:
        kernels.append(_disc(told.defocus * module / 2))
    if told.motion:
        heading = dice.uniform(0, np.pi)
        way = np.array([np.cos(heading), np.sin(heading)]) * told.motion * module / 2
        kernels.append(_path(np.linspace(-way, way, 200)))
    if told.shake:
        steps = np.cumsum(dice.normal(size=(400, 2)), axis=0)
        smooth = cv2.GaussianBlur(steps, (1, 0), sigmaX=0.1, sigmaY=40)
        smooth -= smooth.mean(axis=0)
        size = np.sqrt((smooth**2).sum(axis=1).mean())
        kernels.append(_path(smooth * (told.shake * module / size)))
    return [(kernel / kernel.sum()).astype(np.float32) for kernel in kernels]


def _disc(radius: float) -> Plane:
    reach = int(np.ceil(radius))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    inside: Plane = np.clip(radius + 0.5 - np.hypot(rows, columns), 0, 1).astype(np.float32)
    return inside


def _path(points: NDArray[np.float64]) -> Plane:
    """Return a kernel that spends the exposure along these points."""
    reach = int(np.ceil(np.abs(points).max())) + 1
    kernel = np.zeros((2 * reach + 1,) * 2, dtype=np.float32)
    whole = np.floor(points).astype(int)
    rest = points - whole
    for dx in (0, 1):
        for dy in (0, 1):
            weight = np.abs(1 - dx - rest[:, 0]) * np.abs(1 - dy - rest[:, 1])
            np.add.at(kernel, (whole[:, 1] + dy + reach, whole[:, 0] + dx + reach), weight)
    return kernel


def _barrel(light: Plane, told: Conditions) -> Plane:
    """Draw the corners in, as a wide lens does, and darken them."""
    if not told.barrel:
        return light
    height, width = light.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    x, y = columns - width / 2, rows - height / 2
    far = (x**2 + y**2) / (width**2 + height**2) * 4
    reach = 1 + told.barrel * far
    seen = cv2.remap(
        light, x * reach + width / 2, y * reach + height / 2, cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT, borderValue=DESK,
    )  # fmt: skip
    darker: Plane = np.maximum(seen, 0) * (1 - 0.4 * far * min(1.0, 5 * told.barrel))
    return darker.astype(np.float32)


def _expose(
    light: Plane, warp: NDArray[np.float64], told: Conditions, dice: np.random.Generator
) -> Shot:
    """Count electrons under a Bayer mosaic, and make of them what a webcam sends."""
    height, width = light.shape
    raw = light * np.float32(told.exposure)
    for row, column, colour in ((0, 0, _RED), (0, 1, _GREEN), (1, 0, _GREEN), (1, 1, _BLUE)):
        view = raw[row::2, column::2]
        view *= told.tint[colour]
        if told.screen_pixels:
            view *= _screen_grid(warp, view.shape, (row, column), colour, told.screen_pixels)
    if told.bands:
        rows = np.arange(height) / height
        phase, count = dice.uniform(0, 2 * np.pi), dice.uniform(3, 7)
        wave = np.clip(0.5 + 1.5 * np.sin(2 * np.pi * count * rows + phase), 0, 1)
        raw *= (1 - told.bands * wave).astype(np.float32)[:, None]
    counted = raw * told.electrons
    noise = np.sqrt(np.maximum(counted, 0) + told.read_noise**2) * _noise(dice, height, width)
    full = np.clip((counted + noise) / told.electrons, 0, 1)
    mosaic = (full * 65535).astype(np.uint16)
    linear = cv2.cvtColor(mosaic, cv2.COLOR_BayerBG2BGR)
    colour_picture = _gamma()[linear]
    _, packed = cv2.imencode(".jpg", colour_picture, [cv2.IMWRITE_JPEG_QUALITY, told.jpeg])
    seen = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    gray = cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY)
    return Shot(gray.astype(np.uint8), seen.astype(np.uint8))


def _screen_grid(
    warp: NDArray[np.float64], shape: tuple[int, ...], at: tuple[int, int], colour: int,
    per_module: float,
) -> Plane:  # fmt: skip
    """Return what the screen's own stripes do to the pixels of one colour of the sensor.

    Each colour is lit on a third of a screen pixel's width and 0.8 of its height: a Fourier series
    along the screen. The lens and the pixel's area weaken each wave as they do at its frequency in
    the picture; sampling it at the pixels' centres makes the moiré by itself.
    """
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    x, y = 2 * columns + at[1], 2 * rows + at[0]
    back = np.linalg.inv(warp)
    w = back[2, 0] * x + back[2, 1] * y + back[2, 2]
    u = (back[0, 0] * x + back[0, 1] * y + back[0, 2]) / w * per_module
    v = (back[1, 0] * x + back[1, 1] * y + back[1, 2]) / w * per_module
    middle = shape[0] // 2, shape[1] // 2
    lit = np.ones(shape)
    for wave, share in ((u, 1 / 3), (v, 0.8)):
        across = float(np.hypot(*(np.gradient(wave, axis=a)[middle] / 2 for a in (0, 1))))
        for harmonic in (1, 2, 3):
            often = harmonic * across  # cycles a pixel
            passed = np.sinc(often) * np.exp(-2 * (np.pi * LENS * often) ** 2)
            if passed < 0.002:
                continue
            shift = colour / 3 if wave is u else 0.0
            turned = np.cos(2 * np.pi * harmonic * (wave - shift))
            lit += 2 * np.sinc(harmonic * share) * passed * turned
    return np.maximum(lit, 0).astype(np.float32)


@cache
def _noise_field() -> Plane:
    dice = np.random.default_rng(1600)
    return dice.standard_normal((1400, 2400), dtype=np.float32)


def _noise(dice: np.random.Generator, height: int, width: int) -> Plane:
    """Return a piece of one large field of noise: as good as new, and much faster."""
    field = _noise_field()
    top = int(dice.integers(0, field.shape[0] - height))
    left = int(dice.integers(0, field.shape[1] - width))
    return field[top : top + height, left : left + width]


@cache
def _gamma() -> Image:
    linear = np.arange(65536) / 65535
    curve = np.where(linear < 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return (255 * curve + 0.5).astype(np.uint8)
