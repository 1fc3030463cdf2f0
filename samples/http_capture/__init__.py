"""One request and one answer for every endpoint, taken from a real run: `samples/http/*.json`.

A recording proxy stands before the API while phone, kiosk and a browser's calls visit everything.
What differs from run to run (times, nonces, keys, signatures, ids) is replaced by its description,
so the files come out byte for byte the same; statements and proofs are shown opened.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from samples.http_capture.normalise import Example, choose
from samples.http_capture.tour import visit_everything

FOLDER = Path(__file__).parent.parent / "http"


def build(folder: Path = FOLDER) -> None:
    """Run the tour and write one file an endpoint, and one for every problem met on the way."""
    with tempfile.TemporaryDirectory(prefix="tour-") as place:
        exchanges, routes = visit_everything(Path(place))
    write(folder, choose(exchanges, routes))


def write(folder: Path, examples: dict[str, Example]) -> None:
    """Write the examples, and nothing else, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    for name, example in examples.items():
        text = json.dumps(example, indent=2, ensure_ascii=False) + "\n"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
