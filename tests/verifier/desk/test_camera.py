"""The camera in a real browser: a film of codes before it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import expect

from samples.vectors_world import CARD, KYC, NOW
from tests.verifier.desk.conftest import picture, verdict
from tests.verifier.desk.desk_pc import DeskPc, running_desk
from verifier.desk.settings import PageSettings

if TYPE_CHECKING:
    from playwright.sync_api import Page

    OpenFilm = Callable[..., Page]


def test_a_code_before_the_camera_is_checked_once_while_it_stays(
    pc: DeskPc, film_page: OpenFilm
) -> None:
    page = film_page(pc, [picture(CARD.shown())])
    asked, kinds = [], set()
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.on("request", lambda request: kinds.add(request.headers.get("content-type")))
    page.locator("#camera").click()
    assert verdict(page) == ("good", "VALID")
    page.wait_for_function("performance.now() > 0")
    while sum(url.endswith("/frames") for url in asked) < 12:
        page.wait_for_timeout(50)
    assert [(one.source, one.accepted) for one in pc.told] == [("camera", True)]
    assert verdict(page) == ("good", "VALID")
    assert "image/x-portable-graymap" in kinds  # the camera's luminance, not compressed anew
    assert "image/jpeg" not in kinds


def test_only_one_picture_is_on_its_way_at_a_time(pc: DeskPc, film_page: OpenFilm) -> None:
    page = film_page(pc, [picture(None)])
    under_way, most = 0, 0

    def begin(url: str) -> None:
        nonlocal under_way, most
        if url.endswith("/frames"):
            under_way += 1
            most = max(most, under_way)

    def end(url: str) -> None:
        nonlocal under_way
        under_way -= url.endswith("/frames")

    seen = []
    page.on("request", lambda request: begin(request.url))
    page.on("requestfinished", lambda request: (end(request.url), seen.append(request.url)))
    page.locator("#camera").click()
    while len(seen) < 8:
        page.wait_for_timeout(50)
    assert most == 1
    assert pc.told == []
    page.locator("#camera").click()
    expect(page.locator("#camera-state")).to_have_text("Kamera mati")


def test_the_next_proof_of_a_phone_held_up_is_no_new_check(pc: DeskPc) -> None:
    first = pc.desk.look(picture(CARD.shown(at=NOW)))
    pc.time.pass_by(2)
    assert pc.desk.look(picture(CARD.shown(at=NOW + 2))) is first
    pc.time.pass_by(2)
    assert pc.desk.look(picture(CARD.shown(at=NOW + 4))) is first
    pc.time.pass_by(4)
    again = pc.desk.look(picture(CARD.shown(at=NOW + 8)))
    assert again is not None
    assert again.seen_seconds == 8
    assert len(pc.told) == 2


def test_a_refused_screenshot_makes_way_for_the_live_code_at_once(pc: DeskPc) -> None:
    old = pc.desk.look(picture(CARD.shown(at=NOW - 300)))
    live = pc.desk.look(picture(CARD.shown(at=NOW)))
    assert old is not None
    assert live is not None
    assert (old.accepted, live.accepted) == (False, True)


def test_a_code_that_comes_back_is_checked_again(pc: DeskPc) -> None:
    frame = picture(CARD.shown())
    pc.desk.look(frame)
    pc.time.pass_by(5)
    again = pc.desk.look(frame)
    assert again is not None
    assert str(again.verdict.code) == "REPLAYED"  # type: ignore[union-attr]


def test_a_gate_starts_its_camera_and_clears_itself(film_page: OpenFilm) -> None:
    with running_desk(settings=PageSettings(gate=True)) as pc:
        film = [picture(KYC.shown())] * 10 + [picture(None)] * 290
        page = film_page(pc, film)
        assert verdict(page) == ("good", "VALID")
        expect(page.locator("#verdict")).to_be_hidden()
        page.get_by_role("heading", name="Tunjukkan kode QR ke kamera").wait_for()


def test_a_browser_that_gives_no_camera_says_so(pc: DeskPc, desk_page: Callable[..., Page]) -> None:
    page = desk_page(pc)
    page.locator("#camera").click()
    expect(page.locator("#camera-state")).to_contain_text("kamera", ignore_case=True)
    expect(page.locator("#camera-state")).not_to_have_text("Kamera mati")
    assert page.locator("#video").is_hidden()


def torn(scale: int = 5) -> bytes:
    """A camera's picture of a code with a piece torn out, beyond what can be corrected."""
    with Image.open(io.BytesIO(picture(CARD.shown(), kind="PNG", scale=scale))) as whole:
        hole = whole.convert("RGB")
    hole.paste((150, 150, 150), (600, 300, 820, 480))
    out = io.BytesIO()
    hole.save(out, "JPEG", quality=85)
    return out.getvalue()


def test_a_code_that_stays_illegible_is_said_once_and_a_moments_blur_is_not(pc: DeskPc) -> None:
    frame, live = torn(), picture(CARD.shown())
    for _ in range(3):
        assert pc.desk.look(frame) is None
        pc.time.pass_by(1)
    found = pc.desk.look(frame)
    assert found is not None
    assert str(found.verdict.code) == "QR_DAMAGED"  # type: ignore[union-attr]
    pc.time.pass_by(1)
    assert pc.desk.look(frame) is found
    assert len(pc.told) == 1
    good = pc.desk.look(live)
    assert good is not None
    assert good.accepted
    pc.time.pass_by(1)
    assert pc.desk.look(frame) is None  # the phone moved: the verdict stays
    assert pc.desk.look(live) is good


def test_two_glimpses_far_apart_are_not_one_that_stayed(pc: DeskPc) -> None:
    for _ in range(4):
        assert pc.desk.look(torn()) is None
        pc.time.pass_by(2)
    assert pc.told == []
