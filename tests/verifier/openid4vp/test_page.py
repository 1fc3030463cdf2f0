"""The bank's page in a browser: both ways to the wallet, every end, two languages, any screen."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from playwright.sync_api import expect

from tests.enrolment_kiosk.counter_pc import draw_portrait
from tests.verifier.openid4vp.conftest import Party
from tests.verifier.openid4vp.wallet import Bends, answer, encrypt, fetch, post
from tests.verifier.openid4vp.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., "Page"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
# The pictures of the documents are made here as well: PICTURES=docs/images pytest …
PICTURES = os.environ.get("PICTURES")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def link_on(page: Page) -> str:
    """What a phone's camera would read from the QR code on the page."""
    import zxingcpp
    from PIL import Image

    shot = page.locator("#qr").screenshot()
    import io

    image = Image.open(io.BytesIO(shot))
    (found,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    return str(found.text)


def test_a_resident_scans_approves_and_the_page_goes_on(
    bank: Party, world: World, open_page: Open
) -> None:
    page = open_page(f"{bank.url}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Verifikasi identitas")
    expect(page.locator(".asked li")).to_have_count(13)
    expect(page.locator(".asked")).not_to_contain_text("Agama")
    picture(page, "relying-party-ask")
    page.get_by_role("button", name="Tampilkan kode QR").click()
    link = link_on(page)
    expect(page.locator("#standing")).to_have_text("Menunggu kode dipindai")
    picture(page, "relying-party")
    asked = fetch(link)
    expect(page.locator("#told")).to_contain_text("Setujui di sana")
    picture(page, "relying-party-fetched")
    from tests.verifier.openid4vp.wallet import make_form

    card = world.sd_jwt(picture=draw_portrait())
    got = post(asked, make_form(asked, card, world.holder))
    expect(page.get_by_role("heading", name="Terverifikasi")).to_be_focused()
    expect(page.locator("#rows")).to_contain_text("ZAINAL ROHIM")
    expect(page.locator("#rows")).to_contain_text("LAKI-LAKI")
    expect(page.locator("#rows")).to_contain_text("10 Januari 1998")
    expect(page.locator("#picture")).to_be_visible()
    picture(page, "relying-party-verified")
    phone = open_page(got.json()["redirect_uri"], **PHONE)
    expect(phone.get_by_role("heading", name="Selesai di ponsel ini")).to_be_visible()
    expect(phone.locator("body")).not_to_contain_text("ZAINAL")
    picture(phone, "relying-party-phone-done")
    page.get_by_role("button", name="Mulai lagi").click()
    expect(page.get_by_role("button", name="Tampilkan kode QR")).to_be_focused()


def test_on_one_device_the_wallet_leads_back_to_the_result(
    bank: Party, world: World, open_page: Open
) -> None:
    page = open_page(f"{bank.url}/?lang=en", **PHONE)
    picture(page, "relying-party-phone")
    link = start_here(page)
    got = answer(link, world.sd_jwt(), world.holder)
    expect(page.get_by_role("heading", name="Answered in the wallet")).to_be_visible()
    back = page.context.new_page()
    back.goto(got.json()["redirect_uri"])
    expect(back.get_by_role("heading", name="Verified")).to_be_visible()
    expect(back.locator("#rows")).to_contain_text("ZAINAL ROHIM")
    assert "response_code" not in back.url
    picture(back, "relying-party-phone-verified")
    back.goto(got.json()["redirect_uri"])
    expect(back.get_by_role("heading", name="The result was shown already")).to_be_visible()


def start_here(page: Page) -> str:
    """Press the button, and catch the link that would open the wallet."""
    with page.expect_response(lambda one: one.url.endswith("/requests")) as started:
        page.get_by_role("button", name="Open the wallet on this device").click()
    link: str = started.value.json()["link"]
    return link


def test_another_browser_gets_nothing_even_with_the_code(
    bank: Party, world: World, open_page: Open
) -> None:
    """A link sent to somebody else: whoever sent it sees no result, nor does who answered."""
    page = open_page(f"{bank.url}/?lang=en", **PHONE)
    link = start_here(page)
    got = answer(link, world.sd_jwt(), world.holder)
    expect(page.get_by_role("heading", name="Answered in the wallet")).to_be_visible()
    other = open_page(got.json()["redirect_uri"], **PHONE)
    expect(other.get_by_role("heading", name="Selesai di ponsel ini")).to_be_visible()
    for one in (page, other):
        expect(one.locator("body")).not_to_contain_text("ZAINAL")


@pytest.mark.parametrize("end", ["refused", "declined", "expired"])
def test_every_other_end_is_said_plainly(
    bank: Party, world: World, open_page: Open, end: str
) -> None:
    page = open_page(f"{bank.url}/")
    page.get_by_role("button", name="Tampilkan kode QR").click()
    link = link_on(page)
    asked = fetch(link)
    if end == "refused":
        answer(link, world.sd_jwt(), world.holder, Bends(nonce="of-another"))
        heading = "Tidak dapat diterima"
    elif end == "declined":
        said = {"error": "access_denied", "state": asked.claims["state"]}
        post(asked, {"response": encrypt(asked, said)})
        heading = "Permintaan ditolak di dompet"
    else:
        bank.clock.moved = 400
        heading = "Waktu habis"
    expect(page.get_by_role("heading", name=heading)).to_be_focused()
    picture(page, f"relying-party-{end}")


def test_the_page_works_by_keyboard_and_speaks_english(bank: Party, open_page: Open) -> None:
    page = open_page(f"{bank.url}/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Langsung ke isi")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Identity check")
    assert page.locator("html").get_attribute("lang") == "en"
    page.goto(f"{bank.url}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Identity check")
    page.get_by_role("button", name="Show the QR code").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Scan with your digital wallet")).to_be_focused()
    expect(page.get_by_role("img", name="QR code to scan")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(320, 640), (390, 844), (768, 1024), (1366, 768), (1920, 1080)])
def test_nothing_is_cut_off_on_any_screen(
    bank: Party, open_page: Open, size: tuple[int, int], scheme: str
) -> None:
    page = open_page(
        f"{bank.url}/", viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
    )
    assert width_beyond(page) <= 0
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box
        assert box["height"] >= 44
    page.get_by_role("button", name="Tampilkan kode QR").click()
    page.locator("#qr svg").wait_for()
    assert width_beyond(page) <= 0
    assert link_on(page).startswith("openid4vp://?")
    picture(page, f"relying-party-{size[0]}-{scheme}")


def width_beyond(page: Page) -> int:
    found: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found


def test_a_path_before_the_address_is_kept(
    start_bank: Callable[..., Party], world: World, open_page: Open
) -> None:
    bank = start_bank(path="/verifikasi", offers=[
        {"policy": "bank-kyc", "type": "id_card"},
        {"policy": "age-check", "type": "id_card", "format": "mso_mdoc"},
        {"policy": "bank-kyc", "type": "id_card", "format": "mso_mdoc"},
    ])  # fmt: skip
    page = open_page(f"{bank.url}/")
    expect(page.get_by_role("navigation").get_by_role("link")).to_have_text(
        [
            "Bank: mengenal nasabah · SD-JWT VC",
            "Batas umur 18 tahun",
            "Bank: mengenal nasabah · mdoc",
        ]
    )
    picture(page, "relying-party-checks")
    page.get_by_role("link", name="Batas umur 18 tahun").click()
    expect(page.locator(".asked li")).to_have_count(2)
    page.get_by_role("button", name="Tampilkan kode QR").click()
    assert fetch(link_on(page)).query["format"] == "mso_mdoc"


def test_where_codes_are_switched_off_there_is_the_button_only(
    start_bank: Callable[..., Party], open_page: Open
) -> None:
    bank = start_bank(cross_device=False)
    page = open_page(f"{bank.url}/")
    expect(page.get_by_role("button", name="Buka dompet di perangkat ini")).to_be_visible()
    expect(page.get_by_role("button", name="Tampilkan kode QR")).to_have_count(0)
    got = requests.post(f"{bank.url}/requests", json={"flow": "cross_device"}, timeout=10)
    assert (got.status_code, got.json()["code"]) == (400, "CROSS_DEVICE")


def test_every_answer_carries_the_pages_protection(bank: Party) -> None:
    for path in ("/", "/healthz", "/nowhere", "/static/page.js"):
        headers = requests.get(bank.url + path, timeout=10).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Origin": "https://evil.example", "Content-Type": "application/json"}, "{}"),
        ({"Content-Type": "text/plain"}, '{"flow": "cross_device"}'),
        ({"Content-Type": "application/json"}, "[]"),
        ({"Content-Type": "application/json"}, "[" * 100_000),
        ({"Content-Type": "application/json"}, '{"flow": "other"}'),
        ({"Content-Type": "application/json"}, '{"flow": "cross_device", "check": "9"}'),
        ({"Content-Type": "application/json"}, '{"flow": "cross_device", "check": "²"}'),
        ({"Content-Type": "application/json"}, '{"flow": ["cross_device"]}'),
    ],
)
def test_only_our_own_page_starts_requests(bank: Party, headers: dict[str, str], body: str) -> None:
    got = requests.post(f"{bank.url}/requests", data=body.encode(), headers=headers, timeout=10)
    assert 400 <= got.status_code < 500


def test_a_result_is_for_one_browser_and_once(bank: Party, world: World) -> None:
    session = requests.Session()
    started: Any = session.post(f"{bank.url}/requests", json={"flow": "cross_device"}, timeout=10)
    cookie = started.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    address = f"{bank.url}/requests/{started.json()['id']}"
    assert requests.get(address, timeout=10).status_code == 404
    answer(started.json()["link"], world.sd_jwt(), world.holder)
    code = session.get(address, timeout=10).json()["response_code"]
    for client, sent, status in (
        (requests, code, 404),
        (session, "wrong", 403),
        (session, 7, 400),
        (session, "\ud800", 400),
        (session, code, 200),
        (session, code, 409),
    ):
        got = client.post(f"{address}/result", json={"response_code": sent}, timeout=10)
        assert got.status_code == status, got.text
    assert "response_code" not in session.get(address, timeout=10).json()
