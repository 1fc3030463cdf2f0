"""Finds and reads QR codes in a grey picture: quickly where that is enough, closely where not.

Three looks, each dearer than the one before and only taken when that one read nothing:

1. zxing-cpp over the whole picture, milliseconds;
2. zxing-cpp again over the part in which a code seems to be, with its contrast evened out and
   enlarged: most of what is blurred, tilted, overexposed or greasy;
3. the same part sharpened and bent straight, then OpenCV's WeChatQRCode, the second opinion.

Only the first is for whole pictures: WeChatQRCode takes half a minute for the noise of an empty
room. Where nothing looks like a code, nothing is looked at twice. Needs the extra `scan`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from verifier.errors import ScanError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Region = tuple[int, int, int, int]  # left, top, right, bottom, in pixels
Gray = Any  # an array (rows, columns) of uint8

LONGEST_SIDE = 1400  # of an enlarged part
_WECHAT_SIDE = 700  # of what WeChatQRCode is given: its time grows with the area, and faster
_LEAST_SIDE = 40  # pixels: the smallest code of ours is 65 modules with its quiet zone
_MARGIN = 0.12  # of a located code's size: the quiet zone, and what tilt hides
_ARCS = (80.0, 120.0)  # degrees that a bent code takes up
_BEYOND = 1.15  # of the code's own arc: the part that is looked at
_AWAY = 4.0  # code widths to the camera


@dataclass(frozen=True, slots=True)
class Sight:
    """What looking at a picture came to.

    `regions` are where to look more closely when `texts` is empty; `located`: a code's corners
    were seen there, although it could not be read.
    """

    texts: list[str]
    regions: tuple[Region, ...] = ()
    located: bool = False


def look(gray: Gray) -> Sight:
    """Take the first two looks: at most some tens of milliseconds; ScanError if not installed."""
    texts = first_opinion(gray)
    if texts:
        return Sight(texts)
    texts, found = _locate(gray)
    if texts:
        return Sight(texts)
    textured = _textured(gray)
    regions = tuple(_distinct([*textured, *found]))
    for region in regions:
        texts = _read(_enlarged(_even(_cut(gray, region))))
        if texts:
            return Sight(texts)
    return Sight([], regions, located=bool(found))


def look_closely(gray: Gray, regions: tuple[Region, ...]) -> list[str]:
    """Take the third look at these parts: up to some seconds. Returns the texts, possibly none."""
    for region in regions:
        part = _cut(gray, region)
        for seen in (_sharpened(part), *_straightened(part)):
            texts = _read(_enlarged(seen))
            if texts:
                return texts
    for region in regions:
        texts = second_opinion(_cut(gray, region))
        if texts:
            return texts
    return []


def first_opinion(gray: Gray) -> list[str]:
    """Return what zxing-cpp reads at once, dark on light: milliseconds for any picture."""
    return _read(gray, try_invert=False)


def second_opinion(gray: Gray) -> list[str]:
    """Return what WeChatQRCode alone reads; the picture is made smaller where it is large."""
    detector = _wechat()
    if detector is None:
        return []
    import cv2

    scale = _WECHAT_SIDE / max(gray.shape)
    if scale < 1:
        gray = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    try:
        texts, _ = detector.detectAndDecode(gray)
    except (cv2.error, UnicodeDecodeError):  # it gives up on odd sizes and on bytes with an error
        return []
    return list(dict.fromkeys(text for text in texts if text))


@cache
def _wechat() -> Any:
    try:
        import cv2
    except ImportError:
        return None
    return cv2.wechat_qrcode.WeChatQRCode()


def _found(gray: Gray, how: dict[str, Any]) -> list[Any]:
    try:
        import zxingcpp
    except ImportError:
        raise ScanError("SCAN_NOT_INSTALLED") from None
    formats: Any = zxingcpp.BarcodeFormat.QRCode
    plain = zxingcpp.TextMode.Plain
    return zxingcpp.read_barcodes(gray, formats=formats, text_mode=plain, **how)


def _read(gray: Gray, *, try_invert: bool = True) -> list[str]:
    found = _found(gray, {"try_invert": try_invert, "try_downscale": False})
    return list(dict.fromkeys(code.text for code in found if code.valid and code.text))


def _locate(gray: Gray) -> tuple[list[str], list[Region]]:
    """Look also inverted and from afar: return the texts, else where a code's corners were seen."""
    found = _found(gray, {"return_errors": True})
    texts = [code.text for code in found if code.valid and code.text]
    regions = []
    for code in found:
        at = code.position
        corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
        across, down = [one.x for one in corners], [one.y for one in corners]
        side = max(max(across) - min(across), max(down) - min(down))
        if side >= _LEAST_SIDE:
            wide = int(_MARGIN * side) + 8
            box = (min(across) - wide, min(down) - wide, max(across) + wide, max(down) + wide)
            regions.append(_inside(box, gray))
    return list(dict.fromkeys(texts)), regions[:1]


def _textured(gray: Gray) -> list[Region]:
    """Return the part that alternates as a code does, whatever its corners look like; or none."""
    import cv2
    import numpy as np

    if min(gray.shape) < 8 * _LEAST_SIDE // 4:
        return []
    quarter = cv2.resize(gray, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small = quarter.astype(np.float32)
    mean = cv2.boxFilter(small, -1, (9, 9))
    spread = cv2.boxFilter(small * small, -1, (9, 9)) - mean * mean
    above = (spread > max(36.0, 0.25 * float(spread.max()))).astype(np.uint8)
    busy = cv2.morphologyEx(above, cv2.MORPH_OPEN, np.ones((5, 5), dtype=np.uint8))
    count, _, parts, _ = cv2.connectedComponentsWithStats(busy)
    if count < 2:
        return []
    largest = int(parts[1:, cv2.CC_STAT_AREA].max())
    boxes = [part for part in parts[1:] if part[cv2.CC_STAT_AREA] >= largest // 5]
    left, top = (min(int(box[side]) for box in boxes) for side in (0, 1))
    right = max(int(box[0] + box[2]) for box in boxes)
    bottom = max(int(box[1] + box[3]) for box in boxes)
    region = _inside((4 * left - 16, 4 * top - 16, 4 * right + 16, 4 * bottom + 16), gray)
    return [region] if min(_size(region)) >= _LEAST_SIDE else []


def _distinct(regions: list[Region]) -> Iterator[Region]:
    """Leave out a region that shares most of its area with one before it."""
    kept: list[Region] = []
    for one in regions:
        if all(_shared(one, other) < 0.75 for other in kept):
            kept.append(one)
            yield one


def _shared(one: Region, other: Region) -> float:
    """Return the area of both over the area of either."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    common = max(0, wide) * max(0, high)
    areas = [width * height for width, height in map(_size, (one, other))]
    return common / (sum(areas) - common)


def _size(region: Region) -> tuple[int, int]:
    return region[2] - region[0], region[3] - region[1]


def _inside(box: Region, gray: Gray) -> Region:
    height, width = gray.shape
    return max(0, box[0]), max(0, box[1]), min(width, box[2]), min(height, box[3])


def _cut(gray: Gray, region: Region) -> NDArray[Any]:
    import numpy as np

    left, top, right, bottom = region
    part: NDArray[Any] = np.ascontiguousarray(gray[top:bottom, left:right])
    return part


def _enlarged(part: Gray) -> Gray:
    import cv2

    scale = min(2.0, LONGEST_SIDE / max(part.shape))
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return cv2.resize(part, None, fx=scale, fy=scale, interpolation=how)


def _even(part: Gray) -> Gray:
    """Even out light and contrast from place to place (CLAHE)."""
    import cv2

    return cv2.createCLAHE(4.0, (8, 8)).apply(part)


def _sharpened(part: Gray) -> Gray:
    import cv2

    return cv2.addWeighted(part, 5.0, cv2.GaussianBlur(part, (0, 0), 2.0), -4.0, 0.0)


def _straightened(part: Gray) -> Iterator[Gray]:
    """Yield the part as if it were bent round an upright or a lying cylinder, and now flat."""
    even = _even(part)
    for arc in _ARCS:
        yield _unrolled(even, arc)
        yield _unrolled(even.T, arc)


def _unrolled(bent: Gray, arc: float) -> Gray:
    """Return the flat sheet of an upright cylinder; what curves away looks smaller, too."""
    import cv2
    import numpy as np

    height, width = bent.shape
    half = np.radians(arc) / 2
    angle = np.linspace(-_BEYOND * half, _BEYOND * half, int(width * half / np.sin(half)))
    smaller = 1 + (1 - np.cos(angle)) / (2 * half) / _AWAY
    across = np.sin(angle) / smaller
    columns = (across / abs(across).max() + 1) * width / 2
    rows = (np.arange(height)[:, None] - height / 2) / smaller[None, :] + height / 2
    flat = np.broadcast_to(columns[None, :], rows.shape).astype(np.float32)
    source = np.ascontiguousarray(bent)
    return cv2.remap(source, flat, rows.astype(np.float32), cv2.INTER_CUBIC)
