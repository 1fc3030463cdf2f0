"""`python -m benchmarks.scan [frames] [film] [pictures]`: all three without a name.

`frames` photographs and reads; `film` measures the desk's page in Chromium; `pictures` draws those
of docs/scanning.md. Results go to var/scan/; exit 1 when a limit is broken.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.figures import Figure
from benchmarks.scan import pictures, report, trial
from benchmarks.scan.codes import presentation
from benchmarks.scan.counter_page import camera_page, running_desk, watch
from benchmarks.scan.film import shoot

RESULT = Path("var/scan")
FILM_VERSIONS = (10, 15, 18, 20, 21, 22, 23, 25)
IMAGES = Path("docs/images")


def frames() -> list[Figure]:
    """Photograph and read everything; print and keep the tables."""
    todo = list(trial.cases())
    readings = []
    for reading in trial.run(todo, processes=os.cpu_count() or 1):
        readings.append(reading)
        if len(readings) % 100 == 0:
            print(f"  {len(readings)} of {len(todo)}", file=sys.stderr, flush=True)
    report.write_csv(readings, RESULT / "readings.csv")
    told = report.tables(readings)
    (RESULT / "tables.md").write_text(told + "\n", encoding="utf-8")
    print(told)
    return report.figures(readings)


def film() -> list[Figure]:
    """Show a film to the desk's page and return how long each verdict took."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "film.mjpeg"
        seen, passes = shoot(presentation(version) for version in FILM_VERSIONS)
        file.write_bytes(seen)
        with running_desk() as (url, _), camera_page(playwright.chromium, url, file) as page:
            timings = watch(page, passes)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    kept = {"load": load, "passes": [asdict(one) for one in timings]}
    (RESULT / "film.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    read = [one for one in timings if one.code is not None]

    def median(times: Iterable[float | None]) -> float:
        return statistics.median(each for each in times if each is not None)

    return [
        Figure("passes with a verdict", len(read) / len(timings), "share", 1, at_least=True),
        Figure("camera to verdict", median(one.readable_ms for one in read), "ms", 150),
        Figure("… since the page took the frame", median(one.taken_ms for one in read), "ms"),
        Figure("… since the code was in view", median(one.whole_ms for one in read), "ms"),
        Figure("other programs that wanted a core", load, "load"),
    ]


def draw() -> list[Figure]:
    """Draw the pictures of the document."""
    pictures.draw_sheet(IMAGES / "scan-degradations.jpg")
    ends = pictures.draw_ends(IMAGES / "scan-ends.jpg")
    kept = [{"name": name, "read": last, "not_read": first} for name, last, first in ends]
    (RESULT / "ends.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return []


PARTS: dict[str, Callable[[], list[Figure]]] = {"frames": frames, "film": film, "pictures": draw}


def main(chosen: Sequence[str]) -> int:
    """Run the chosen parts; return the exit code."""
    unknown = sorted(set(chosen) - set(PARTS))
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    RESULT.mkdir(parents=True, exist_ok=True)
    found = [figure for name in PARTS if name in (chosen or PARTS) for figure in PARTS[name]()]
    for figure in found:
        limit = (
            "" if figure.limit is None else f"{'≥' if figure.at_least else '≤'} {figure.limit:g}"
        )
        mark = "yes" if figure.holds else "NO"
        print(f"{figure.name:<46}{figure.median:>10.3f} {figure.unit:<8}{limit:>8}  {mark}")
    return 0 if all(figure.holds for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
