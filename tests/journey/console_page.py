"""The counter in Chromium: the officer's console and the residents' display."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pyotp
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from credentials.kiosk_frame import parse_frame

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


class ConsolePage:
    """An officer at the console, with the keyboard."""

    def __init__(self, page: Page) -> None:
        """Take the page on which the console is open."""
        self.page = page

    def sign_in(self, login: dict[str, str]) -> None:
        """Type user name, password and the code of this moment."""
        self.page.locator("#username").fill(login["username"])
        self.page.locator("#password").fill(login["password"])
        self.page.locator("#totp").fill(pyotp.TOTP(login["totp_secret"]).now())
        self.page.keyboard.press("Enter")
        expect(self.find("link-text")).to_have_text("Tersambung")

    def sign_out(self) -> None:
        """End the shift."""
        self.find("sign-out").click()
        self.page.locator("#signin-page").wait_for()

    def add_passkey(self, name: str, password: str) -> None:
        """Add a passkey to whoever is signed in, with the keyboard."""
        self.find("open-passkeys").click()
        self.page.keyboard.type(name)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(password)
        self.page.keyboard.press("Enter")
        expect(self.find("banner-done")).to_contain_text(name)

    def find(self, name: str) -> Locator:
        """Return an element by its id."""
        return self.page.locator(f"#{name}")

    def meet(self, masked_name: str) -> None:
        """Wait until this resident is on the screen and a decision is possible."""
        expect(self.find("name")).to_have_text(masked_name)
        expect(self.find("confirm")).to_be_enabled()

    def type_number(self, number: str) -> None:
        """Type the digits on the resident's phone."""
        expect(self.find("number")).to_be_focused()
        self.page.keyboard.type(number)
        self.page.keyboard.press("Enter")

    def approve(self, reason: str) -> None:
        """Choose a reason for taking the faces for one person's, and press the button."""
        self.page.locator(f"#approvals input[value={reason}]").check()
        self.find("confirm").click()

    def told(self) -> str:
        """Return why the machine left the face to officers."""
        return " ".join(self.page.locator("#reasons li").all_inner_texts())

    def pictures(self) -> list[str]:
        """Return which pictures can be seen: "photo" the registry's, "selfie" the phone's."""
        script = "all => all.filter(i => !i.hidden && i.naturalWidth > 100).map(i => i.id)"
        seen: list[str] = self.page.locator("#photo, #selfie").evaluate_all(script)
        return seen

    def ask_for(self, kind: str, enrolment: str) -> tuple[int, str]:
        """Fetch a picture as the page does; return status and the problem's code or the type."""
        script = """async path => { const answer = await fetch(path);
          const kind = answer.headers.get("Content-Type");
          return [answer.status, answer.ok ? kind : (await answer.json()).code]; }"""
        status, what = self.page.evaluate(script, f"/console/{kind}/{enrolment}")
        return int(status), str(what)

    def photo_width(self) -> int:
        """Return how many pixels wide the photo on the screen is; 0 when none is there."""
        script = "image => image.complete && !image.hidden ? image.naturalWidth : 0"
        return int(self.find("photo").evaluate(script))

    def counts(self) -> tuple[int, int]:
        """Return today's counts: confirmed, refused."""
        expect(self.find("confirmed")).not_to_have_text("–")
        return int(self.find("confirmed").inner_text()), int(self.find("refused").inner_text())


class DisplayPage:
    """The residents' screen."""

    def __init__(self, page: Page, seen: set[int]) -> None:
        """Take the page on which the display is open, and the frames photographed before."""
        self.page = page
        self._seen = seen

    def photograph(self) -> tuple[str, float]:
        """Read a frame that nobody has used yet from a screenshot.

        Returns its text and when it has ended for sure (unix seconds).
        """
        self.page.locator("#qr svg").wait_for()
        used = "".join(f":not([data-seq='{seq}'])" for seq in self._seen)
        self.page.locator(f"#qr{used}").wait_for()
        image = Image.open(io.BytesIO(self.page.screenshot()))
        seen = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
        assert [code.text[:4] for code in seen] == ["IDK:"]
        frame = parse_frame(seen[0].text).frame  # it may have turned just before the picture
        self._seen.add(frame.seq)
        return seen[0].text, frame.expires_at + 10.0
