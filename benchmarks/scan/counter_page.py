"""The desk's own page in Chromium before such a film: from the camera's picture to the verdict.

Times are the page's own. A frame's moment is when the camera captured it, which Chromium tells with
each frame it presents; a verdict's is the first paint after it stood in the page.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.scan.film import FIELD, FIELDS, Pass
from samples.vectors_world import NOW
from verifier.clock import Clock
from verifier.desk.checking import Desk, Outcome
from verifier.desk.settings import PageSettings
from verifier.desk.terminal import Terminal
from verifier.desk.web.app import create_app, make_server
from verifier.policy import load_policy
from verifier.roots import load_root

if TYPE_CHECKING:
    from playwright.sync_api import BrowserType, Page

CHROMIUM = "/usr/bin/chromium"
BUNDLE = Path(__file__).parents[2] / "samples" / "vectors" / "bundles" / "current.cose"
_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

WATCH = """([field, fields]) => {
  const video = document.getElementById("video"), verdict = document.getElementById("verdict");
  const seen = window.seen = { frames: [], verdicts: [] };
  const pen = new OffscreenCanvas(field * fields, field).getContext("2d",
    { willReadFrequently: true });
  const look = (now, { captureTime }) => {
    pen.drawImage(video, 0, 0, field * fields, field, 0, 0, field * fields, field);
    const { data } = pen.getImageData(0, field / 2, field * fields, 1);
    let number = 0;
    for (let bit = 0; bit < fields; bit += 1) {
      if (data[4 * (bit * field + field / 2)] > 128) number |= 1 << bit;
    }
    seen.frames.push([number, captureTime ?? now]);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  new MutationObserver(() => {
    const stood = performance.now();
    const { number, code, took } = verdict.dataset;
    requestAnimationFrame(() => setTimeout(() => seen.verdicts.push(
      [Number(number), code, performance.now(), performance.now() - stood + Number(took)])));
  }).observe(verdict, { attributes: true, attributeFilter: ["data-number"] });
}"""


@dataclass(frozen=True, slots=True)
class Timing:
    """One pass: milliseconds until its verdict was painted.

    `whole_ms`: since the camera captured the first frame with the whole code in it, focused or
    not; `readable_ms`: since it captured the first that can be read; `taken_ms`: since the page
    took the frame that was read. None where no verdict came.
    """

    version: int
    code: str | None
    whole_ms: float | None = None
    readable_ms: float | None = None
    taken_ms: float | None = None


@contextmanager
def running_desk() -> Iterator[tuple[str, list[Outcome]]]:
    """Serve a desk whose clock starts at the samples' moment; yields its address and outcomes."""
    begun = time.monotonic()
    start = datetime.fromtimestamp(NOW, UTC)
    clock = Clock(lambda: start + timedelta(seconds=time.monotonic() - begun), time.monotonic)
    terminal = Terminal(
        root=load_root(), policy=load_policy("default"), state=None, bundle=BUNDLE, clock=clock
    )
    told: list[Outcome] = []
    desk = Desk(terminal, name="Bench", tell=told.append)
    server = make_server(create_app(desk, PageSettings()), port=0)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def camera_page(chromium: BrowserType, url: str, film: Path) -> Iterator[Page]:
    """Open a page whose camera plays a film."""
    camera = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    browser = chromium.launch(executable_path=CHROMIUM, args=[*_FLAGS, *camera])
    try:
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(60_000)
        page.goto(url)
        page.locator("body[data-running=yes]").wait_for()
        yield page
    finally:
        browser.close()


def start(page: Page) -> None:
    """Start the camera, and note in the page's `seen` which frames and verdicts come when."""
    page.evaluate(WATCH, [FIELD, FIELDS])
    page.locator("#camera").click()


def watch(page: Page, passes: list[Pass]) -> list[Timing]:
    """Start the camera, let the film run once, and return a timing for each pass."""
    start(page)
    last = passes[-1].gone_at
    page.wait_for_function(
        "last => seen.frames.some(([number]) => number >= last)", arg=last, polling=100
    )
    page.wait_for_timeout(300)
    seen = page.evaluate("seen")
    return [_timing(seen, one) for one in passes]


def _timing(seen: dict[str, list[list[Any]]], one: Pass) -> Timing:
    """Match a pass with the first verdict that was painted while it was before the camera."""
    within = [frame for frame in seen["frames"] if one.whole_at <= frame[0] <= one.gone_at]
    if not within:
        return Timing(one.code.version, None)
    start, end = within[0][1], within[-1][1] + 1000
    readable = next((at for number, at in within if number >= one.readable_at), start)
    for _, code, painted, taken in seen["verdicts"]:
        if start <= painted <= end:
            return Timing(one.code.version, code, painted - start, painted - readable, taken)
    return Timing(one.code.version, None)
