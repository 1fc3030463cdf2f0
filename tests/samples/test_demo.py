"""The demo, as a person runs it: to the verdict, also again, and without anything left running."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

PICTURES = ("kiosk-display.png", "card.png", "presentation.png", "verdict.png")
REFUSALS = ("PIN_SEQUENCE", "FRAME_USED", "PIN_WRONG", "NUMBER_WRONG", "CANCELLED", "NOT_FRESH")


def run_demo(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "samples.demo", "--folder", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=170)


def processes_naming(text: str) -> list[str]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = file.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        found += [command] if text in command else []
    return found


def leave_remains(folder: Path) -> None:
    """Leave what an earlier run leaves, none of it of use: keys, databases, phones, kiosk."""
    for name in ("keys/ca.pem", "phones/budi/phone.json", "kiosk/kiosk.json", "outbox/1.json"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("of an earlier run")
    for name in ("wallet.db", "registry.db", "bundle.cose", "verdict.png", "site.json"):
        (folder / name).write_text("of an earlier run")


@pytest.mark.timeout(360)
def test_the_demo_ends_with_a_valid_verdict_where_it_ran_before(tmp_path: Path) -> None:
    leave_remains(tmp_path / "demo")
    done = run_demo(tmp_path / "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("VERDICT VALID id_card/full BUDI")
    assert [code for code in REFUSALS if code not in done.stdout] == []
    assert processes_naming(str(tmp_path / "demo")) == []
    for name in PICTURES:
        with Image.open(tmp_path / "demo" / name) as image:
            assert min(image.size) > 500, name
    with Image.open(tmp_path / "demo" / "card.png") as image:
        assert zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)[
            0
        ].text.startswith("ID1:")


def test_a_service_that_fails_is_shown_and_nothing_is_left(tmp_path: Path) -> None:
    blocked = tmp_path / "demo"
    blocked.write_text("a file where the folder has to be")
    done = run_demo(blocked)
    assert done.returncode == 1
    assert "DEMO FAILED" in done.stderr
    assert "Traceback" not in done.stderr
    assert processes_naming(str(blocked)) == []
