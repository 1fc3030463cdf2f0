"""An evaluation's report and the calibration signed from it, by the product's own command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wallet_api import cli
from wallet_api.adapters.faces.calibration import packaged


def report() -> dict[str, Any]:
    """Return what `face calibrate` reads of a report.json."""
    held = packaged().model_dump(mode="json")
    return {
        "engine": held["model_id"],
        "models": held["models"],
        "data": held["measured_on"]["data"],
        "figures": held["measured_on"]["figures"],
    }


def write_report(path: Path, **changes: object) -> Path:
    """Write the report, some of it changed."""
    path.write_text(json.dumps(report() | changes))
    return path


def sign_calibration(keys: Path, *words: str) -> int:
    """Run `face calibrate` with the key in `keys`."""
    path = write_report(keys.parent / "report.json")
    return cli.main(["face", "calibrate", "--report", str(path), "--keys", str(keys), *words])
