"""The display in a real browser: its frames are read back from screenshots and verified."""

from __future__ import annotations

import io
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import zxingcpp
from PIL import Image

from credentials.errors import SignatureError
from credentials.kiosk_frame import Frame, frame_nonce, parse_frame, verify_frame
from enrolment_kiosk.config import Home
from tests.enrolment_kiosk.counter_pc import CounterPc, running_kiosk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.enrolment_kiosk.api_simulator import ApiSimulator


def scan(page: Page) -> str:
    """Read the code off a screenshot of the whole page, as a phone would."""
    image = Image.open(io.BytesIO(page.screenshot()))
    results = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    assert len(results) == 1
    return results[0].text


def certified(sim: ApiSimulator, text: str) -> Frame:
    """Verify a frame as the API does: the certificate of its kid."""
    unverified = parse_frame(text)
    return verify_frame(unverified, sim.certificates[unverified.kid.hex()].public_key())


def open_shift(counter: CounterPc, sim: ApiSimulator, username: str = "rina") -> None:
    operator = sim.operators[username]
    counter.kiosk.console.sign_in(
        username=username, password=operator.password, totp=operator.code(), language="id"
    )


def test_a_frame_is_read_from_a_screenshot_and_verifies(
    counter: CounterPc, sim: ApiSimulator, home: Path, open_page: Callable[..., Page]
) -> None:
    open_shift(counter, sim)
    page = open_page(f"{counter.url}/display")
    page.locator("#qr svg").wait_for()
    asked = time.time()
    frame = certified(sim, scan(page))
    assert (frame.kiosk, frame.office) == (sim.kiosk, "3173")
    assert asked < frame.expires_at
    assert frame.issued_at <= time.time()
    assert frame.nonce == frame_nonce(Home(home).load_secret(), frame.seq)
    assert page.locator("#office").inner_text() == sim.office["name"]


NOTE_EVERY_TURN = """() => {
  const qr = document.getElementById("qr");
  window.turns = [];
  window.turnedTwice = new Promise((done) => new MutationObserver(() => {
    window.turns.push([Number(qr.dataset.seq), Date.now() / 1000]);
    if (window.turns.length === 2) done();
  }).observe(qr, { attributeFilter: ["data-seq"] }));
}"""


def test_the_frame_turns_and_the_seconds_count_down(
    counter: CounterPc, sim: ApiSimulator, open_page: Callable[..., Page]
) -> None:
    open_shift(counter, sim)
    page = open_page(f"{counter.url}/display")
    page.locator("#qr svg").wait_for()
    page.evaluate(NOTE_EVERY_TURN)
    page.evaluate("() => window.turnedTwice")
    frame = certified(sim, scan(page))
    turns: list[tuple[int, float]] = page.evaluate("window.turns")
    shown = [int(seq) for seq, _ in turns]
    assert shown == sorted(set(shown))
    assert frame.seq in shown
    period = frame.issued_at // frame.seq
    assert -0.5 < min(at - seq * period for seq, at in turns) < 1
    assert page.locator("#next .id").inner_text().startswith("Kode baru dalam")


def test_a_frame_of_the_product_turns_every_ten_seconds(home: Path, sim: ApiSimulator) -> None:
    with running_kiosk(home, tempo=None) as counter:
        open_shift(counter, sim)
        now = counter.kiosk.clock.now()
        drawn = counter.kiosk.display.find_frame()
        assert drawn is not None
        frame = certified(sim, drawn.text)
        assert frame.seq == int(now) // 10
        assert (frame.issued_at, frame.expires_at) == (frame.seq * 10, frame.seq * 10 + 20)
        assert drawn.next_at == frame.issued_at + 10


def test_the_display_goes_on_when_the_api_is_gone_and_says_so(
    counter: CounterPc, sim: ApiSimulator, open_page: Callable[..., Page]
) -> None:
    open_shift(counter, sim)
    page = open_page(f"{counter.url}/display")
    page.locator("#qr svg").wait_for()
    assert page.locator("#offline").is_hidden()
    sim.stop()
    page.locator("#offline").wait_for()
    first = page.locator("#qr").get_attribute("data-seq")
    page.locator(f"#qr:not([data-seq='{first}'])").wait_for()
    certified(sim, scan(page))
    sim.start()
    page.locator("#offline").wait_for(state="hidden")


def test_without_a_shift_the_counter_is_closed(
    counter: CounterPc, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{counter.url}/display")
    page.get_by_role("heading", name="Loket tutup").wait_for()
    assert page.locator("#qr svg").count() == 0


def test_the_display_closes_when_the_certificate_ends(
    counter: CounterPc, sim: ApiSimulator, home: Path, open_page: Callable[..., Page]
) -> None:
    sim.bend.shift_life = timedelta(seconds=5)
    page = open_page(f"{counter.url}/display")
    open_shift(counter, sim)
    page.locator("#qr svg").wait_for()
    page.get_by_role("heading", name="Loket tutup").wait_for()
    assert page.locator("#qr svg").count() == 0
    assert not (home / "shift.json").exists()


def test_a_restart_repeats_the_same_frame_without_a_sign_in(home: Path, sim: ApiSimulator) -> None:
    with running_kiosk(home, tempo=None) as counter:
        open_shift(counter, sim)
        first = counter.kiosk.display.find_frame()
    with running_kiosk(home, tempo=None) as counter:
        second = counter.kiosk.display.find_frame()
    assert first is not None
    assert second is not None
    before, after = certified(sim, first.text), certified(sim, second.text)
    assert after.seq - before.seq in {0, 1}
    if after.seq == before.seq:
        assert after == before
    assert after.nonce == frame_nonce(Home(home).load_secret(), after.seq)


def test_the_last_frame_leaves_the_screen_when_the_program_is_gone(
    home: Path, sim: ApiSimulator, open_page: Callable[..., Page]
) -> None:
    with running_kiosk(home) as counter:
        open_shift(counter, sim)
        page = open_page(f"{counter.url}/display")
        page.locator("#qr svg").wait_for()
    page.locator(".card .waiting").wait_for()
    assert page.locator("#qr svg").count() == 0


def test_a_frame_of_another_kiosk_key_does_not_verify(
    counter: CounterPc, sim: ApiSimulator
) -> None:
    open_shift(counter, sim)
    first = counter.kiosk.display.find_frame()
    open_shift(counter, sim)
    second = counter.kiosk.display.find_frame()
    assert first is not None
    assert second is not None
    key = sim.certificates[parse_frame(first.text).kid.hex()].public_key()
    with pytest.raises(SignatureError):
        verify_frame(parse_frame(second.text), key)
