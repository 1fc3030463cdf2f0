"""A person at a desk on a machine whose network is cut: `python -m tests.journey.cut_off FOLDER`.

Started inside an empty network namespace, whose only interface is the loopback. Prepares the stick
and the codes, opens desks, syncs from the stick, holds the codes before a camera, drops them as
pictures, answers the challenge, and prints as JSON what stood on the page.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from fcntl import ioctl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from PIL import Image

from samples.codes.cases import TEN
from tests.conftest import CHROMIUM, FLAGS, WAIT_MS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserType, Page

ROOT = Path(__file__).parents[2]
IN_VIEW = ("good", "revoked", "screenshot", "forged", "print", "foreign")  # each its own verdict
PICTURES = 24  # of each code in the film: nearly a second
PATIENCE = 30.0  # seconds of a film; a busy machine then gets another one of what it missed
SIZE = (1024, 768)
SET_FLAGS, GET_FLAGS, UP = 0x8914, 0x8913, 0x1
READ = """() => Object.fromEntries([
  ["tone", document.getElementById("verdict").dataset.tone],
  ["code", document.getElementById("verdict").dataset.code],
  ["icon", document.getElementById("icon").getAttribute("href")],
  ...["word", "decision", "next", "short", "facts"].map(
    (id) => [id, document.getElementById(id).innerText])])"""
WATCH = f"""addEventListener("DOMContentLoaded", () => {{
  window.log = [];
  new MutationObserver(() => {{
    const place = document.getElementById("verdict");
    const last = window.log.at(-1);
    if (place.hidden || last?.number === place.dataset.number) return;
    window.log.push({{ number: place.dataset.number, ...({READ})() }});
  }}).observe(document.getElementById("verdict"), {{ attributes: true, subtree: true }});
}});"""


def raise_loopback() -> None:
    """Bring the loopback interface of a new namespace up; that takes no program."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        asked = struct.pack("16sH14s", b"lo", 0, b"")
        flags = struct.unpack("16sH14s", ioctl(one, GET_FLAGS, asked))[1]
        ioctl(one, SET_FLAGS, struct.pack("16sH14s", b"lo", flags | UP, b""))


def can_reach(address: tuple[str, int]) -> bool:
    """Tell whether anything but this machine answers."""
    try:
        with socket.create_connection(address, timeout=1):
            return True
    except OSError:
        return False


@contextmanager
def running(pattern: str, *arguments: str) -> Iterator[str]:
    """Run a program of ours until the block ends; yield the address that it prints."""
    command = [sys.executable, "-u", "-m", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if found := re.search(pattern, line):
                    yield found[0]
                    break
            else:
                raise RuntimeError(f"{arguments[0]} ended with {process.wait()}")
        finally:
            process.kill()


def film(codes: str, keys: list[str]) -> bytes:
    """Return a camera's film of the codes as the phone shows them at this moment (MJPEG)."""
    pictures = []
    for key in keys:
        data = requests.get(f"{codes}codes/{key}.png", timeout=30).content
        code = Image.open(io.BytesIO(data)).convert("L")
        code = code.rotate(4, Image.Resampling.BICUBIC, fillcolor=255)
        ground = Image.new("L", SIZE, 150)
        ground.paste(code, ((SIZE[0] - code.width) // 2, (SIZE[1] - code.height) // 2))
        out = io.BytesIO()
        ground.convert("RGB").save(out, "JPEG", quality=85)
        pictures.append(out.getvalue())
    return b"".join(picture * PICTURES for picture in pictures)


class Person:
    """Somebody with two windows: the desk's page and the phone's."""

    def __init__(self, browser: Browser, desk: str, codes: str, shots: Path | None) -> None:
        """Open both."""
        self.page = open_page(browser, desk)
        self._codes, self._shots = codes, shots
        self._phone: Page = browser.new_page(viewport={"width": 1100, "height": 820})
        self._phone.goto(f"{codes}#challenge")

    def drop(self, key: str) -> dict[str, Any]:
        """Drop a code's picture on the desk; return what the page says."""
        data = requests.get(f"{self._codes}codes/{key}.png", timeout=30).content
        return self._after(lambda: self._choose(data), key)

    def answer_challenge(self) -> dict[str, Any]:
        """Let the desk ask, hold its screen before the phone, drop the phone's answer."""
        self.page.locator("#challenge-start").click()
        self.page.locator("#challenge-qr svg").wait_for()
        screen = self.page.screenshot()
        with self._phone.expect_response("**/question"):
            self._phone.locator("#file").set_input_files(_png(screen))
        self._phone.locator("#code[data-key=challenge] svg").wait_for()
        answer = self._phone.locator("#code").screenshot()
        return self._after(lambda: self._choose(answer), "challenge")

    def _choose(self, data: bytes) -> None:
        self.page.locator("#file").set_input_files(_png(data))

    def _after(self, act: Callable[[], None], key: str) -> dict[str, Any]:
        self.page.keyboard.press("Escape")
        self.page.locator("#verdict").wait_for(state="hidden")
        act()
        self.page.locator("#verdict:not([hidden])").wait_for()
        if self._shots is not None:
            self.page.wait_for_timeout(300)
            self.page.screenshot(path=self._shots / f"{key}.png")
        told: dict[str, Any] = self.page.evaluate(READ)
        return told


def _png(data: bytes) -> Any:
    return {"name": "code.png", "mimeType": "image/png", "buffer": data}


def open_page(browser: Browser, address: str) -> Page:
    """Open a desk's page that keeps a log of its verdicts."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.set_default_timeout(WAIT_MS)
    page.add_init_script(WATCH)
    page.goto(address)
    page.locator("body[data-running=yes]").wait_for()
    return page


def before_camera(chromium: BrowserType, desk: str, codes: str, folder: Path) -> list[Any]:
    """Hold the codes before the camera until each had its verdict; return all verdicts."""
    log: list[Any] = []
    missed = list(IN_VIEW)
    while missed:
        file = folder / "film.mjpeg"
        file.write_bytes(film(codes, missed))
        log += play(chromium, desk, file, len(missed))
        seen = {one["code"] for one in log}
        missed = [case.key for case in TEN if case.key in missed and case.code not in seen]
    return log


def play(chromium: BrowserType, desk: str, file: Path, wanted: int) -> list[Any]:
    """Play a film of `wanted` codes before the desk's camera; return its verdicts."""
    camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
              f"--use-file-for-fake-video-capture={file}"]  # fmt: skip
    browser = chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *camera])
    page = open_page(browser, desk)
    page.locator("#camera").click()
    log: list[Any] = []
    until = time.monotonic() + PATIENCE
    while len({one["code"] for one in log}) < wanted and time.monotonic() < until:
        page.wait_for_timeout(100)
        log = page.evaluate("log")
    browser.close()
    return log


def walk(folder: Path, shots: Path | None) -> dict[str, Any]:
    """Do what a person would; return what was read."""
    from playwright.sync_api import sync_playwright

    told: dict[str, Any] = {"interfaces": [name for _, name in socket.if_nameindex()]}
    told["reached"] = can_reach(("1.1.1.1", 53))
    address = r"http://127\.0\.0\.1:\d+/"
    with ExitStack() as stack:
        codes = stack.enter_context(
            running(address, "samples.codes", "--folder", str(folder / "kit"), "--port", "0")
        )
        state = str(folder / "kit" / "terminal")
        desk = ("verifier", "desk", "--state", state, "--port", "0", "--name", "Loket 3")
        desks = {
            language: stack.enter_context(running(address, *desk, "--lang", language))
            for language in ("id", "en")
        }
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        english = Person(browser, desks["en"], codes, shots)
        told["before"] = english.drop("revoked")
        synced = subprocess.run(
            [sys.executable, "-m", "verifier", "sync", str(folder / "kit" / "stick"),
             "--state", state, "--json"],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        told["sync"] = json.loads(synced.stdout or "{}")
        told["camera"] = before_camera(playwright.chromium, desks["id"], codes, folder)
        told["en"] = {case.key: english.drop(case.key) for case in TEN if not case.asks}
        told["en"]["challenge"] = english.answer_challenge()
        indonesian = Person(browser, desks["id"], codes, None)
        told["id"] = {
            "damaged": indonesian.drop("damaged"),
            "challenge": indonesian.answer_challenge(),
        }
        browser.close()
    return told


def main() -> int:
    """Walk, and say what was read."""
    parser = argparse.ArgumentParser(prog="python -m tests.journey.cut_off", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shots", type=Path, help="keep a picture of each verdict here")
    args = parser.parse_args()
    raise_loopback()
    args.folder.mkdir(parents=True, exist_ok=True)
    sys.stdout.write(json.dumps(walk(args.folder.resolve(), args.shots)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
