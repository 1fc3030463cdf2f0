"""Reads photographs with each decoder and with the chain the desk runs, and keeps what came out."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import zxingcpp

from benchmarks.scan.camera import Shot, is_whole, photograph
from benchmarks.scan.codes import VERSIONS, Code, presentation
from benchmarks.scan.degradations import DEGRADATIONS, Degradation
from verifier import sight
from verifier.scan import load_frame

PIXELS = (2.3, 3.0, 3.5, 4.0, 6.0)  # camera pixels a module
WECHAT_PIXELS, WECHAT_VERSIONS = 3.5, (15, 25)  # where WeChat is measured alone: it is slow
SEVERITY_COUNT = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One photograph to take: `severity` counts from 0."""

    version: int
    pixels: float
    degradation: str
    severity: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one photograph.

    `look` is the number of the look that read it, 0 for none. `first_ms` is what a frame costs the
    desk, `closely_ms` the third look, taken beside; processor time. `wechat` is None where it was
    not asked alone.
    """

    case: Case
    zxing: bool
    wechat: bool | None
    look: int
    wrong: int
    first_ms: float
    closely_ms: float


def cases(versions: Iterable[int] = VERSIONS, pixels: Iterable[float] = PIXELS) -> Iterator[Case]:
    """Yield every photograph whose code fits into the frame."""
    for version in versions:
        code = presentation(version)
        for each in pixels:
            for one in DEGRADATIONS:
                for severity, strength in enumerate(one.strengths):
                    if one.name == "clean" and severity:
                        continue
                    if is_whole(code, one.conditions(strength), pixels=each):
                        yield Case(version, each, one.name, severity)


def run(todo: Iterable[Case], *, processes: int) -> Iterator[Reading]:
    """Take and read the photographs; each has its own fixed randomness, whatever the order."""
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(read, todo, chunksize=8)


def read(case: Case) -> Reading:
    """Take one photograph and read it in every way."""
    cv2.setNumThreads(1)
    code = presentation(case.version)
    gray = take(case).gray
    wanted = [code.text]
    zxing, _ = _timed(lambda: _zxing_alone(gray))
    wechat = None
    if case.pixels == WECHAT_PIXELS and case.version in WECHAT_VERSIONS:
        wechat = sight.second_opinion(_around(gray, code, case.pixels))
    frame = b"P5\n%d\n%d\n255\n" % (gray.shape[1], gray.shape[0]) + gray.tobytes()
    seen, first_ms = _timed(lambda: sight.look(load_frame(frame)))
    texts, closely_ms, by = seen.texts, 0.0, 0
    if texts:
        by = 1 if sight.first_opinion(gray) else 2
    else:
        texts, closely_ms = _timed(lambda: sight.look_closely(gray, seen.regions))
        by = 3 if texts else 0
    everything = [*texts, *zxing, *(wechat or [])]
    wrong = sum(text != code.text for text in everything)
    alone = None if wechat is None else wechat == wanted
    return Reading(
        case, zxing == wanted, alone, by if texts == wanted else 0, wrong, first_ms, closely_ms
    )


def take(case: Case) -> Shot:
    """Take the photograph of a case: the same every time."""
    one = by_name(case.degradation)
    return take_at(case, one, one.strengths[case.severity])


def take_at(case: Case, one: Degradation, strength: float) -> Shot:
    """Take it at another strength of its degradation, with the same dice."""
    told = one.conditions(strength)
    seed = (case.version, round(case.pixels * 10), zlib.crc32(one.name.encode()), case.severity)
    dice = np.random.default_rng(seed)
    return photograph(presentation(case.version), told, dice, pixels=case.pixels)


def by_name(name: str) -> Degradation:
    """Return a degradation."""
    return next(one for one in DEGRADATIONS if one.name == name)


def is_read(shot: Shot, code: Code) -> bool:
    """Tell whether the chain reads a picture, and rightly."""
    seen = sight.look(shot.gray)
    return (seen.texts or sight.look_closely(shot.gray, seen.regions)) == [code.text]


def _zxing_alone(gray: Any) -> list[str]:
    """Read with zxing-cpp as it comes, all its trying harder included."""
    formats: Any = zxingcpp.BarcodeFormat.QRCode
    plain = zxingcpp.TextMode.Plain
    found = zxingcpp.read_barcodes(gray, formats=formats, text_mode=plain)
    return [one.text for one in found if one.valid]


def _around(gray: Any, code: Code, pixels: float) -> Any:
    """Cut the code out generously: WeChat alone takes up to half a minute for a whole frame."""
    height, width = gray.shape
    half = round(0.8 * pixels * (code.side + 8))
    middle = height // 2, width // 2
    if min(middle) <= half:
        return gray
    busy = cv2.boxFilter(cv2.absdiff(gray, cv2.blur(gray, (15, 15))), cv2.CV_32F, (half, half))
    _, _, _, (x, y) = cv2.minMaxLoc(busy)
    top, left = max(0, y - half), max(0, x - half)
    return np.ascontiguousarray(gray[top : y + half, left : x + half])


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.thread_time()
    done = work()
    return done, 1000 * (time.thread_time() - began)
