"""Writes what the packaged calibrations were measured on, from docs/face-evaluation/report.json.

Thresholds stay as they are: they are decided by people. To be run when the report is made anew:
``python scripts/write_calibration.py``.
"""  # noqa: INP001 - scripts are no package

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "docs" / "face-evaluation" / "report.json"
FOLDER = ROOT / "wallet_api" / "adapters" / "faces"
FILES = {"sface": "calibration.json", "face-recognition": "calibration-face-recognition.json"}
TRIALS = {
    "fused_plain": "photos as they are",
    "fused_veiled": "simulated headscarf on both",
    "single_plain": "photos as they are",
    "single_veiled": "simulated headscarf on both",
}
GROUPS = ("all", "same sex", "women", "asian, same sex")


def pages() -> Iterator[tuple[Path, str]]:
    """Return each packaged file with the text it should have."""
    written = REPORT.read_bytes()
    report = json.loads(written)
    for engine in report["engines"]:
        path = FOLDER / FILES[engine["name"]]
        held = json.loads(path.read_text(encoding="utf-8"))
        held["date"] = report["date"]
        held["measured_on"] = {
            "data": report["data"],
            "figures": list(_figures(engine, held["thresholds"]["match"], report["fused"])),
            "report": hashlib.sha256(written).hexdigest(),
        }
        yield path, json.dumps(held, indent=2, ensure_ascii=False) + "\n"


def _figures(engine: dict[str, Any], match: float, fused: int) -> Iterator[dict[str, Any]]:
    for trial, condition in TRIALS.items():
        groups = engine["trials"][trial]["groups"]
        for name in GROUPS:
            for kind, rates, count in (
                ("fmr", "false_match", "pairs_of_photos"),
                ("fnmr", "false_non_match", "genuine_comparisons"),
            ):
                for rate in groups[name][rates]:
                    if rate["threshold"] == match:
                        yield {
                            "kind": kind,
                            "group": f"{name} ({condition})",
                            "fused": fused if trial.startswith("fused") else 1,
                            "threshold": match,
                            **{key: rate[key] for key in ("value", "low", "high")},
                            "of": groups[name][count],
                        }


if __name__ == "__main__":
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
