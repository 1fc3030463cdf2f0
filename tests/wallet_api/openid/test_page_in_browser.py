"""The page in a real browser: it shows, waits, and leads back; the phone reads its QR code."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

import cv2
import numpy as np
import pytest
import zxingcpp
from playwright.sync_api import expect
from werkzeug.serving import make_server

from samples.phone.approval import read_link
from tests.wallet_api.handset import with_wallet
from wallet_api.app import create_app

from .foreign_wallet import CLIENT, ForeignWallet, decide, look_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from tests.wallet_api.simulators import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


class _WalletSite(BaseHTTPRequestHandler):
    """The page of the wallet that the browser comes back to."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>back</title>back in the wallet"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def back() -> Iterator[str]:
    """Where the foreign wallet lives."""
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), _WalletSite)) as url:
        yield f"{url}/back"


@pytest.fixture
def served(world: World) -> Iterator[World]:
    """The world behind a real port, which is its public address."""
    server = make_server("127.0.0.1", 0, create_app(deps=world.deps), threaded=True)
    there = world.with_settings(public_url=f"http://127.0.0.1:{server.server_port}")
    server.app = create_app(deps=there.deps)
    with serving(server):
        yield there


@pytest.fixture
def page(served: World, back: str, open_page: Callable[..., Page]) -> Callable[..., Page]:
    def open_request(**options: object) -> Page:
        foreign = ForeignWallet(served)
        query = {"client_id": CLIENT, "request_uri": foreign.request_uri(redirect_uri=back)}
        address = f"{served.deps.settings.public_url}/openid/authorize?{urlencode(query)}"
        return open_page(address, **options)

    return open_request


def request_of(page: Page) -> str:
    return read_link(str(page.locator("#open").get_attribute("href")))


def test_the_phone_reads_the_code_and_the_browser_goes_back(
    served: World, page: Callable[..., Page]
) -> None:
    phone, shown = with_wallet(served), page()
    expect(shown.locator("h1")).to_have_text("Setujui di aplikasi IKD Anda")
    picture = cv2.imdecode(np.frombuffer(shown.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    (read,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    request = read_link(read.text)
    assert request == request_of(shown)
    number = look_at(phone, request).get_json()["number"]
    expect(shown.locator(".number")).to_have_text(number)
    expect(shown.locator("#words")).to_have_text("Menunggu keputusan Anda di aplikasi…")
    assert decide(phone, request, number).status_code == 200
    shown.wait_for_url("**/back?**")
    answer = dict(parse_qsl(urlsplit(shown.url).query))
    assert set(answer) == {"code", "state", "iss"}


def test_a_refusal_goes_back_as_well(served: World, page: Callable[..., Page]) -> None:
    phone, shown = with_wallet(served), page(locale="en-GB", color_scheme="dark")
    expect(shown.locator("h1")).to_have_text("Approve in your IKD app")
    number = shown.locator(".number").inner_text()
    decide(phone, request_of(shown), number, decision="refuse", pin=None)
    shown.wait_for_url("**/back?**")
    assert "error=access_denied" in shown.url


def test_on_a_phone_the_app_is_a_tap_away(served: World, page: Callable[..., Page]) -> None:
    shown = page(**PHONE)
    expect(shown.locator("#open")).to_be_visible()
    expect(shown.locator(".qr")).to_be_hidden()
    wide = shown.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not wide
    box = shown.locator("#open").bounding_box()
    assert box is not None
    assert box["height"] >= 48


def test_the_language_can_be_changed_on_the_page(page: Callable[..., Page]) -> None:
    shown = page()
    shown.get_by_role("link", name="English").click()
    expect(shown.locator("h1")).to_have_text("Approve in your IKD app")
    expect(shown.locator("html")).to_have_attribute("lang", "en")


def test_when_the_time_is_over_it_says_so(served: World, page: Callable[..., Page]) -> None:
    shown = page()
    served.clock.advance(minutes=5)
    expect(shown.locator("#words")).to_have_text("Waktunya habis.")
    shown.locator("#back").click()
    shown.wait_for_url("**/back?**")
    assert "error=access_denied" in shown.url


def test_the_colours_can_be_read(page: Callable[..., Page]) -> None:
    """WCAG AA: 4.5 to 1 for every text, in light and dark."""
    for scheme in ("light", "dark"):
        shown = page(color_scheme=scheme)
        found = shown.evaluate(CONTRASTS)
        assert len(found) > 8
        assert {text: ratio for text, ratio in found if ratio < 4.5} == {}


CONTRASTS = """() => {
  const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number)
    .map((one) => one / 255)
    .map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!colour.endsWith(", 0)") && colour !== "transparent") return colour;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.querySelectorAll("body *")]
    .filter((node) => [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim()))
    .filter((node) => node.checkVisibility() && !["SCRIPT", "STYLE"].includes(node.tagName))
    .map((node) => {
      const pair = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => b - a);
      return [node.textContent.trim().slice(0, 30), (pair[0] + 0.05) / (pair[1] + 0.05)];
    });
}"""
