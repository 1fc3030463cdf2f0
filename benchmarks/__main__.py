"""Runs the subjects, prints a table and writes var/bench.json; exit 1 when a limit is broken.

A subject is a module in `benchmarks/subjects/` with `measure() -> list[Figure]`; adding the file
is all it takes to register one.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import subjects
from benchmarks.figures import Figure

RESULT = Path("var/bench.json")


def main(chosen: Sequence[str]) -> int:
    """Measure the chosen subjects, or all; return the exit code."""
    names = [module.name for module in pkgutil.iter_modules(subjects.__path__)]
    unknown = sorted(set(chosen) - set(names))
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are: {', '.join(names)}", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    print(f"{'figure':<58}{'median':>12} {'unit':<8}{'ratio':>8}{'limit':>9}  holds")
    for name in names:
        if not chosen or name in chosen:
            found: list[Figure] = importlib.import_module(f"benchmarks.subjects.{name}").measure()
            for figure in found:
                print(_line(figure), flush=True)
            figures += found
    RESULT.parent.mkdir(exist_ok=True)
    text = json.dumps([figure.members() for figure in figures], indent=1, ensure_ascii=False)
    RESULT.write_text(text + "\n", encoding="utf-8")
    return 0 if all(figure.holds for figure in figures) else 1


def _line(figure: Figure) -> str:
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    limit = ""
    if figure.limit is not None:
        limit = f"{'≥' if figure.at_least else '≤'} {figure.limit:g}"
    mark = "yes" if figure.holds else "NO"
    median = f"{figure.median:.1f}" if figure.median >= 10 else f"{figure.median:.3f}"
    return f"{figure.name:<58}{median:>12} {figure.unit:<8}{ratio:>8}{limit:>9}  {mark}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
