"""Desks, and a browser in front of them whose camera plays a film."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import segno
from PIL import Image

from tests.conftest import CHROMIUM, FLAGS, WAIT_MS
from tests.verifier.desk.desk_pc import DeskPc, running_desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASTE = """text => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  window.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
}"""


@pytest.fixture
def pc() -> Iterator[DeskPc]:
    """A desk with the default policy at the vectors' moment."""
    with running_desk() as desk:
        yield desk


@pytest.fixture(scope="module")
def lasting_pc() -> Iterator[DeskPc]:
    """A desk for all tests of a file; `arrange` gives it a new world each time."""
    with running_desk() as desk:
        yield desk


@pytest.fixture
def desk_page(open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Open a desk's page and wait until its program runs and knows how things stand."""

    def open_one(pc: DeskPc, query: str = "", **options: Any) -> Page:
        page = open_page(f"{pc.url}/{query}", **options)
        page.locator("body[data-running=yes]").wait_for()
        page.locator("#age[data-state]").wait_for()
        return page

    return open_one


def paste(page: Page, text: str) -> None:
    """Paste a text, and wait for its verdict."""
    before = page.locator("#verdict").get_attribute("data-number") or ""
    page.evaluate(PASTE, text)
    page.locator(f"#verdict:not([hidden]):not([data-number='{before}'])").wait_for()


def verdict(page: Page) -> tuple[str | None, str | None]:
    """Return tone and code of the verdict on the screen."""
    place = page.locator("#verdict:not([hidden])")
    place.wait_for()
    return place.get_attribute("data-tone"), place.get_attribute("data-code")


def picture(text: str | None, *, kind: str = "JPEG", scale: int = 5) -> bytes:
    """A camera's picture of 1280 × 720 with a code in it, or with none."""
    ground = Image.new("L", (1280, 720), 150)
    if text is not None:
        drawn = io.BytesIO()
        segno.make(text, error="l", boost_error=False).save(drawn, kind="png", scale=scale)
        code = Image.open(drawn).convert("L")
        ground.paste(code, ((1280 - code.width) // 2, (720 - code.height) // 2))
    out = io.BytesIO()
    ground.convert("RGB").save(out, kind, quality=85)
    return out.getvalue()


@pytest.fixture
def film_page(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Open a desk's page in a Chromium of its own whose camera plays these pictures, over again."""
    opened: list[Browser] = []

    def open_one(pc: DeskPc, pictures: list[bytes]) -> Page:
        film = tmp_path / "film.mjpeg"
        film.write_bytes(b"".join(pictures))
        camera = [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ]
        own = browser.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, *camera])
        opened.append(own)
        page = own.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(WAIT_MS)
        page.goto(pc.url)
        page.locator("body[data-running=yes]").wait_for()
        return page

    yield open_one
    for one in opened:
        one.close()
