"""What the readings come to: figures with their limits, and tables for docs/scanning.md."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.scan.codes import VERSIONS
from benchmarks.scan.degradations import DEGRADATIONS, SEVERITIES
from benchmarks.scan.trial import PIXELS, Reading

LEAST_PIXELS, LARGEST_VERSION = 3.5, 25  # what the limits are for
Chosen = Callable[[Reading], bool]


def figures(readings: Sequence[Reading]) -> list[Figure]:
    """Return the figures, the three with limits first."""
    bound = [one for one in readings if _is_bound(one)]
    times = sorted(one.first_ms for one in bound)
    made = [
        Figure("frames read, ≥ 3.5 px, ≤ version 25", _share(bound), "share", 0.99, at_least=True),
        Figure("processor time of a frame", statistics.median(times), "ms", 8),
        Figure("wrong texts", sum(one.wrong for one in readings), "frames", 0),
        Figure("processor time of a frame, 95 of 100", _at(times, 0.95), "ms"),
    ]
    for number, name in enumerate(SEVERITIES):
        part = [one for one in bound if one.case.severity == number]
        made.append(Figure(f"frames read, {name}", _share(part), "share"))
    made.append(Figure("frames read by zxing-cpp alone", _share(bound, _zxing), "share"))
    asked = [one for one in bound if one.wechat is not None]
    made.append(Figure("frames read by WeChatQRCode alone", _share(asked, _wechat), "share"))
    closely = sorted(one.closely_ms for one in bound if one.closely_ms)
    if closely:
        made.append(Figure("third look, beside the camera", statistics.median(closely), "ms"))
        made.append(Figure("third look, 95 of 100", _at(closely, 0.95), "ms"))
    return made


def tables(readings: Sequence[Reading]) -> str:
    """Return the tables as Markdown."""
    return "\n\n".join((_by_pixels(readings), _by_severity(readings), _by_degradation(readings)))


def write_csv(readings: Iterable[Reading], file: Path) -> None:
    """Write every reading as a row."""
    rows = [{**asdict(one.case), **asdict(one)} for one in readings]
    for row in rows:
        del row["case"]
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _by_pixels(readings: Sequence[Reading]) -> str:
    lines = ["| read by the chain (by zxing-cpp alone) |" + "".join(f" {p} px |" for p in PIXELS)]
    lines.append("|---|" + "---|" * len(PIXELS))
    for version in VERSIONS:
        cells = []
        for pixels in PIXELS:
            part = [
                one for one in readings if one.case.version == version and one.case.pixels == pixels
            ]
            cells.append(f" {_percent(part)} ({_percent(part, _zxing)}) |" if part else " – |")
        lines.append(f"| version {version} |" + "".join(cells))
    return "\n".join(lines)


def _by_severity(readings: Sequence[Reading]) -> str:
    bound = [one for one in readings if _is_bound(one)]
    lines = [
        "| ≥ 3.5 px, ≤ version 25 | frames | zxing-cpp alone | two looks | all three |",
        "|---|---|---|---|---|",
    ]
    for number, name in (*enumerate(SEVERITIES), (None, "all")):
        part = [one for one in bound if number is None or one.case.severity == number]
        two = _percent(part, lambda one: one.look in (1, 2))
        lines.append(
            f"| {name} | {len(part)} | {_percent(part, _zxing)} | {two} | {_percent(part)} |"
        )
    return "\n".join(lines)


def _by_degradation(readings: Sequence[Reading]) -> str:
    head = "".join(f" {pixels} px |" for pixels in PIXELS)
    lines = [f"| degradation | severities |{head} zxing | WeChat |"]
    lines.append("|---|---|" + "---|" * (len(PIXELS) + 2))
    for one in DEGRADATIONS:
        mine = [each for each in readings if each.case.degradation == one.name]
        cells = ""
        for pixels in PIXELS:
            counts = []
            for version in VERSIONS:
                part = [
                    each
                    for each in mine
                    if each.case.pixels == pixels and each.case.version == version
                ]
                counts.append(str(sum(map(_chain, part))) if part else "–")
            cells += " " + "·".join(counts) + " |"
        bound = [each for each in mine if _is_bound(each)]
        asked = [each for each in mine if each.wechat is not None]
        strengths = ", ".join(f"{strength:.3g}" for strength in one.strengths)
        told = "–" if one.name == "clean" else f"{strengths} {one.unit}"
        lines.append(
            f"| {one.name} | {told} |{cells} {_percent(bound, _zxing)} |"
            f" {_percent(asked, _wechat)} |"
        )
    return "\n".join(lines)


def _is_bound(one: Reading) -> bool:
    return one.case.pixels >= LEAST_PIXELS and one.case.version <= LARGEST_VERSION


def _chain(one: Reading) -> bool:
    return one.look > 0


def _zxing(one: Reading) -> bool:
    return one.zxing


def _wechat(one: Reading) -> bool:
    return bool(one.wechat)


def _share(readings: Sequence[Reading], read: Chosen = _chain) -> float:
    return sum(map(read, readings)) / len(readings) if readings else 0.0


def _percent(readings: Sequence[Reading], read: Chosen = _chain) -> str:
    return f"{100 * _share(readings, read):.1f}" if readings else "–"


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
