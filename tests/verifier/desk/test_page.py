"""The desk's page in a real browser: every verdict, every way in, both languages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from credentials.presentation import parse_challenge
from samples.vectors_world import CARD, HOUR, KYC, NOW
from tests.verifier.conftest import bundle_bytes
from tests.verifier.desk.conftest import paste, picture, verdict
from tests.verifier.desk.desk_pc import DeskPc, arrange, running_desk, terminal, vectors
from verifier.codes import Code
from verifier.desk.settings import PageSettings
from verifier.desk.short_codes import SHORT_CODES
from verifier.scan import scan_bytes
from verifier.verdict import Verified

if TYPE_CHECKING:
    from playwright.sync_api import Page

    OpenDesk = Callable[..., Page]

SMALL = CARD.but(profile="age-only")
TEXTS = Path(__file__).parents[3] / "verifier" / "texts.json"
WORDS: dict[str, Any] = json.loads(TEXTS.read_text("utf-8"))["verdicts"]
NO_SIDEWAYS = "document.documentElement.scrollWidth <= innerWidth"
CONTRAST = """() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map((one) => {
      const part = one / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const head = getComputedStyle(document.querySelector(".head"));
  const pair = [light(head.color), light(head.backgroundColor)].sort((a, b) => b - a);
  return (pair[0] + 0.05) / (pair[1] + 0.05);
}"""
TYPE = """([keys, enter]) => {
  for (const [key, code, shiftKey] of [...keys, ...(enter ? [["Enter", "Enter", false]] : [])])
    document.activeElement.dispatchEvent(
      new KeyboardEvent("keydown", { key, code, shiftKey, bubbles: true, cancelable: true }));
}"""
LISTEN = """
window.heard = [];
const Real = window.OscillatorNode;
window.OscillatorNode = class extends Real {
  constructor(context, options) { super(context, options); window.heard.push(options.frequency); }
};"""


def test_every_verdict_is_seen_read_and_announced(pc: DeskPc, desk_page: OpenDesk) -> None:
    page = desk_page(pc)
    seen: dict[str, str | None] = {}
    for number, (code, (vector, folder)) in enumerate(vectors().items()):
        language = ("id", "en")[number % 2]  # the page switches by a link; here by its cookie
        page.context.add_cookies([{"name": "desk_language", "value": language, "url": pc.url}])
        arrange(pc, vector, folder)
        paste(page, vector["text"])
        tone, shown = verdict(page)
        assert shown == code
        word = page.locator("#word").inner_text()
        assert word.startswith(WORDS[code]["word"][language])
        assert page.locator("#icon").get_attribute("href") == f"#icon-{tone}"
        assert page.locator("#short").inner_text() == SHORT_CODES[code]
        assert page.locator("#next").inner_text() == WORDS[code]["next"][language]
        assert (page.locator("#announce").text_content() or "").startswith(
            WORDS[code]["word"][language]
        )
        portrait = isinstance(pc.told[-1].verdict, Verified) and pc.told[-1].verdict.portrait
        assert page.locator("#portrait").is_visible() is bool(portrait)
        seen[code] = tone
    assert set(seen) == {str(code) for code in Code}
    assert {code for code, tone in seen.items() if tone == "good"} == {"VALID"}
    assert set(seen.values()) == {"good", "care", "stop", "again", "device"}


def test_the_portrait_and_allowed_claims_are_there_and_leave_with_the_verdict(
    pc: DeskPc, desk_page: OpenDesk
) -> None:
    pc.desk.terminal = terminal(pc.time, policy="airport")
    page = desk_page(pc)
    paste(page, CARD.but(profile="boarding").shown())
    expect(page.locator("#portrait")).to_be_visible()
    page.wait_for_function("document.getElementById('portrait').naturalWidth === 64")
    names = page.locator("#claims > div").evaluate_all("all => all.map(one => one.dataset.field)")
    assert set(names) == {"name", "birth_date"}
    assert "10 Januari 1998" in page.locator("#claims").inner_text()
    address = page.locator("#portrait").get_attribute("src")
    page.keyboard.press("Escape")
    expect(page.locator("#verdict")).to_be_hidden()
    assert "ZAINAL" not in page.content()
    gone = "a => new Promise(say => { const i = new Image(); i.onload = () => say(false);"
    assert page.evaluate(gone + " i.onerror = () => say(true); i.src = a; })", address)


def us_keys(text: str) -> list[tuple[str, str, bool]]:
    """Return the keys of a US scanner for a text: what is typed, which key, with Shift or not."""
    shifted = dict(zip(")!@#$%^&*(", "0123456789", strict=True))
    named = {":": ("Semicolon", True), "-": ("Minus", False), "+": ("Equal", True),
             "/": ("Slash", False), ".": ("Period", False), " ": ("Space", False)}  # fmt: skip
    keys: list[tuple[str, str, bool]] = []
    for one in text:
        if one.isalpha():
            keys.append((one, f"Key{one}", True))
        elif one.isdigit():
            keys.append((one, f"Digit{one}", False))
        elif one in shifted:
            keys.append((one, f"Digit{shifted[one]}", True))
        else:
            keys.append((one, *named[one]))
    return keys


@pytest.mark.parametrize("focus", ["#picture", "#text"])
def test_a_scanner_types_wherever_the_focus_is(pc: DeskPc, desk_page: OpenDesk, focus: str) -> None:
    page = desk_page(pc)
    page.evaluate("document.getElementById('by-text').open = true")
    page.locator(focus).focus()
    page.keyboard.type(SMALL.shown())
    page.keyboard.press("Enter")
    assert verdict(page) == ("good", "VALID")
    assert [one.source for one in pc.told] == ["scanner"]
    assert page.locator("#text").input_value() == ""
    assert page.locator("#challenge").is_hidden()


@pytest.mark.parametrize("layout", ["french", "german", "caps lock", "no Enter"])
def test_a_scanner_under_a_strange_layout_is_understood(
    pc: DeskPc, desk_page: OpenDesk, layout: str
) -> None:
    page = desk_page(pc)
    keys = us_keys(SMALL.shown())
    if layout == "french":
        table = str.maketrans("1234567890AQWZM:./-*$%", "&é\"'(-è_çàQAZW?M:!)845")
        keys = [(key.translate(table), code, shift) for key, code, shift in keys]
    if layout == "german":  # and + is a dead key there
        keys = [("Dead" if key == "+" else key.translate(str.maketrans("YZ:-/*", "ZYÖß-(")), code,
                 shift) for key, code, shift in keys]  # fmt: skip
    if layout == "caps lock":
        keys = [(key.swapcase(), code, shift) for key, code, shift in keys]
    page.evaluate(TYPE, [keys, layout != "no Enter"])
    assert verdict(page) == ("good", "VALID")


def test_a_person_who_types_is_no_scanner(pc: DeskPc, desk_page: OpenDesk) -> None:
    page = desk_page(pc)
    page.keyboard.type("halo selamat pagi", delay=60)
    page.keyboard.press("Enter")
    page.locator("#by-text summary").click()
    page.locator("#text").fill(SMALL.shown())
    page.locator("#check-text").press("Enter")
    assert verdict(page) == ("good", "VALID")
    assert [one.source for one in pc.told] == ["text"]


def test_a_picture_is_dropped_or_chosen(pc: DeskPc, desk_page: OpenDesk) -> None:
    page = desk_page(pc)
    data, mime = picture(SMALL.shown(), kind="PNG"), "image/png"
    page.locator("#file").set_input_files({"name": "x", "mimeType": mime, "buffer": data})
    assert verdict(page) == ("good", "VALID")
    page.keyboard.press("Escape")
    drop = """([bytes, type]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], "card", { type }));
      window.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
    }"""
    page.evaluate(drop, [list(data), mime])
    assert verdict(page) == ("again", "REPLAYED")


def test_a_picture_without_a_code_is_unreadable_and_says_why(
    pc: DeskPc, desk_page: OpenDesk
) -> None:
    page = desk_page(pc)
    for data, why in ((picture(None), "Tidak ada kode QR"), (b"%PDF-1.7", "bukan gambar")):
        file: Any = {"name": "x", "mimeType": "image/png", "buffer": data}
        page.locator("#file").set_input_files(file)
        expect(page.locator("#next")).to_contain_text(why)
        assert verdict(page) == ("again", "NOTHING_READ")
        assert page.locator("#word").inner_text() == "TIDAK TERBACA"


def test_a_challenge_is_read_off_the_screen_and_answered(pc: DeskPc, desk_page: OpenDesk) -> None:
    pc.desk.terminal = terminal(pc.time, policy="bank-high-value")
    page = desk_page(pc)
    page.locator("#challenge-qr svg").wait_for()
    challenge = parse_challenge(scan_bytes(page.screenshot()))
    assert page.locator("#challenge-name").inner_text() == "Teller 3, Bank Contoh"
    assert page.locator("#challenge-purpose").inner_text() == "Transaksi besar"
    assert "tidak ditandatangani" in page.locator("#challenge").inner_text()
    paste(page, KYC.shown())
    assert verdict(page) == ("again", "CHALLENGE_MISMATCH")
    page.keyboard.press("Escape")
    expect(page.locator("#challenge")).to_be_visible()  # the question still stands
    paste(page, KYC.shown(at=NOW, challenge=challenge))
    assert verdict(page) == ("good", "VALID")
    page.locator("#done").click()
    page.locator("#challenge-qr svg").wait_for()  # and the next person gets a new one
    assert parse_challenge(scan_bytes(page.screenshot())).nonce != challenge.nonce


def test_a_challenge_that_is_over_says_so(pc: DeskPc, desk_page: OpenDesk) -> None:
    page = desk_page(pc)
    page.locator("#challenge-start").click()
    page.locator("#challenge-qr svg").wait_for()
    pc.time.pass_by(200)
    page.reload()
    expect(page.locator("#challenge-left")).to_have_text("Tantangan kedaluwarsa")
    page.locator("#challenge-end").click()
    expect(page.locator("#challenge")).to_be_hidden()


def test_the_bundles_age_stays_in_sight_with_a_warning_and_a_refusal(
    tmp_path: Path, desk_page: OpenDesk
) -> None:
    file = tmp_path / "bundle.cose"
    file.write_bytes(bundle_bytes(issued_at=NOW - 30 * HOUR, status_as_of=NOW - 30 * HOUR))
    with running_desk(bundle=file) as pc:
        page = desk_page(pc)
        expect(page.locator("#age-text")).to_have_text("Daftar umur 30 jam")
        expect(page.locator("#warnings .warn")).to_contain_text("Perbarui dalam 42 jam")
        paste(page, CARD.shown())
        assert verdict(page) == ("care", "VALID_STATUS_OLD")
        expect(page.locator("#age-text")).to_be_in_viewport()
        pc.time.pass_by(43 * HOUR)
        paste(page, CARD.shown(at=int(pc.time.at)))
        assert verdict(page) == ("device", "STATUS_TOO_OLD")
        expect(page.locator("#warnings .bad")).to_contain_text("terlalu lama")


def test_each_tone_has_its_own_sound_and_they_can_be_turned_off(
    pc: DeskPc, open_page: Callable[..., Page]
) -> None:
    page = open_page("about:blank")
    page.add_init_script(LISTEN)
    page.goto(pc.url)
    page.locator("body[data-running=yes]").wait_for()
    page.keyboard.press("Shift")  # a first key, as browsers demand
    expect(page.locator("#sound")).to_have_text("Suara nyala")
    sounds = set()
    for code in ("VALID", "HOLDER_NOT_PROVEN", "REVOKED", "CLOCK_SUSPECT", "VALID_STATUS_UNKNOWN"):
        vector, folder = vectors()[code]
        arrange(pc, vector, folder)
        page.evaluate("window.heard.length = 0")
        paste(page, vector["text"])
        sounds.add(tuple(page.evaluate("window.heard")))
    assert len(sounds) == 5
    page.locator("#sound").click()
    page.evaluate("window.heard.length = 0")
    paste(page, "https://example.org")
    assert page.evaluate("window.heard") == []


def test_the_language_is_switched_and_kept(pc: DeskPc, desk_page: OpenDesk) -> None:
    page = desk_page(pc)
    page.get_by_role("link", name="English").click()
    page.get_by_role("heading", name="Ready to check").wait_for()
    page.goto(pc.url)
    page.get_by_role("heading", name="Ready to check").wait_for()


def test_a_desk_opened_in_english_speaks_english(desk_page: OpenDesk) -> None:
    with running_desk(settings=PageSettings("en")) as pc:
        page = desk_page(pc)
        page.get_by_role("heading", name="Ready to check").wait_for()


@pytest.mark.parametrize("way", ["desk", "gate"])
def test_no_screen_is_too_small_or_too_dim_for_the_verdict(desk_page: OpenDesk, way: str) -> None:
    with running_desk(settings=PageSettings(gate=way == "gate")) as pc:
        page = desk_page(pc)
        for code in ("VALID", "HOLDER_NOT_PROVEN", "REVOKED", "STATUS_UNKNOWN", "PORTRAIT_INVALID"):
            vector, folder = vectors()[code]
            arrange(pc, vector, folder)
            paste(page, vector["text"])
            for scheme, width in (("dark", 320), ("dark", 768), ("light", 412), ("light", 1920)):
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate(NO_SIDEWAYS), (code, width)
                assert page.evaluate(CONTRAST) >= 4.5, code
                expect(page.locator("#word")).to_be_in_viewport(ratio=1)


def test_everything_is_reached_with_the_keyboard(pc: DeskPc, desk_page: OpenDesk) -> None:
    page = desk_page(pc)
    reached = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert reached >= {"sound", "A", "camera", "picture", "SUMMARY", "profile", "challenge-start"}


def test_a_program_that_ended_is_noticed(desk_page: OpenDesk) -> None:
    with running_desk() as pc:
        page = desk_page(pc)
    page.evaluate(
        "document.querySelector('#text').value = 'x'; document.querySelector('#check-text').click()"
    )
    expect(page.locator("#disconnected")).to_be_visible()


def test_nothing_is_asked_of_any_other_machine(pc: DeskPc, open_page: Callable[..., Page]) -> None:
    page = open_page("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pc.url)
    page.locator("#age[data-state]").wait_for()
    paste(page, CARD.shown())
    assert [url for url in asked if not url.startswith((pc.url, "blob:"))] == []
