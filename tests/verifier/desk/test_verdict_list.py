"""The list of verdicts that a desk promises, walked on the real page in both languages.

Written down by hand: the headline, and what it must look and sound like. `test_page` and
`test_checks` walk every code there is; this is the list that a counter is trained on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from samples.vectors_world import CARD, HOUR, NOW
from tests.verifier.conftest import bundle_bytes
from tests.verifier.desk.conftest import paste, picture
from tests.verifier.desk.desk_pc import DeskPc, arrange, terminal, vectors

if TYPE_CHECKING:
    from playwright.sync_api import Page

# headline in both languages, tone, short code; in the order of the promise
LIST = {
    "VALID": ("SAH", "VALID", "good", "14-1"),
    "VALID_STATUS_OLD": ("SAH, STATUS BERUMUR 30 JAM", "VALID, STATUS 30 H OLD", "care", "14-3"),
    "STATUS_UNKNOWN": ("STATUS TIDAK DIKETAHUI", "STATUS UNKNOWN", "device", "8-3"),
    "REVOKED": ("DICABUT", "REVOKED", "stop", "8-1"),
    "SUSPENDED": ("DITANGGUHKAN", "SUSPENDED", "stop", "8-2"),
    "EXPIRED": ("KEDALUWARSA", "EXPIRED", "stop", "7-3"),
    "SIGNATURE_INVALID": ("PALSU", "FORGED", "stop", "6-1"),
    "NOT_FRESH": ("TIDAK SEGAR (tangkapan layar?)", "NOT FRESH (screenshot?)", "again", "11-1"),
    "HOLDER_NOT_PROVEN": (
        "CETAKAN, PEMEGANG TIDAK TERBUKTI", "PRINT, HOLDER NOT PROVEN", "again", "13-2",
    ),
    "FIELD_MISSING": ("DATA KURANG", "DATA MISSING", "again", "13-4"),
    "SEEN_AGAIN": ("SUDAH DIPERIKSA 9 DETIK LALU", "SEEN BEFORE, 9 S AGO", "care", "12-3"),
    "REPLAYED": ("SUDAH PERNAH DITAMPILKAN", "SEEN BEFORE", "again", "12-1"),
    "BUNDLE_EXPIRED": ("DAFTAR TERLALU LAMA", "BUNDLE TOO OLD", "device", "0-2"),
    "STATUS_TOO_OLD": ("STATUS TERLALU LAMA", "STATUS TOO OLD", "device", "8-4"),
    "ISSUER_UNKNOWN": ("PENERBIT TIDAK DIKENAL", "UNKNOWN ISSUER", "stop", "4-1"),
    "CLOCK_SUSPECT": ("JAM MERAGUKAN", "CLOCK SUSPECT", "device", "0-1"),
    "PREFIX_UNKNOWN": ("BUKAN KREDENSIAL KAMI", "NOT OURS", "again", "1-2"),
    "CBOR_INVALID": ("TIDAK TERBACA", "UNREADABLE", "again", "3-1"),
    "NOTHING_READ": ("TIDAK TERBACA", "UNREADABLE", "again", "1-9"),
}  # fmt: skip
LISTEN = """
window.heard = [];
const Real = window.OscillatorNode;
window.OscillatorNode = class extends Real {
  constructor(context, options) { super(context, options); window.heard.push(options.frequency); }
};"""
READ = """() => ({
  colour: getComputedStyle(document.querySelector(".head")).backgroundColor,
  icon: document.getElementById("icon").getAttribute("href"),
  drawn: document.querySelector(document.getElementById("icon").getAttribute("href")) !== null,
  code: document.getElementById("verdict").dataset.code,
  heard: window.heard.splice(0),
  announced: document.getElementById("announce").textContent,
  ...Object.fromEntries(["word", "decision", "next", "short"].map(
    (id) => [id, document.getElementById(id).innerText])) })"""


def stage(pc: DeskPc, page: Page, code: str, folder: Path) -> None:
    """Bring the desk to that verdict."""
    known = vectors()
    if code in known:
        vector, where = known[code]
        arrange(pc, vector, where)
        paste(page, vector["text"])
        return
    arrange(pc, *known["VALID"])  # forgets what came before
    pc.desk.terminal = terminal(pc.time)
    if code == "VALID_STATUS_OLD":
        pc.desk.terminal = terminal(pc.time, bundle=folder / "old.cose")
        paste(page, CARD.shown())
    elif code == "SEEN_AGAIN":
        pc.check(CARD.shown(at=NOW - 9))
        pc.time.pass_by(9)
        paste(page, CARD.shown(at=NOW))
    else:
        before = page.locator("#verdict").get_attribute("data-number")
        file: Any = {"name": "x.png", "mimeType": "image/png", "buffer": picture(None, kind="PNG")}
        page.locator("#file").set_input_files(file)
        page.locator(f"#verdict:not([data-number='{before}'])").wait_for()


@pytest.fixture
def listening(lasting_pc: DeskPc, open_page: Callable[..., Page]) -> Page:
    page = open_page("about:blank")
    page.add_init_script(LISTEN)
    page.goto(lasting_pc.url)
    page.locator("body[data-running=yes]").wait_for()
    page.keyboard.press("Shift")  # a first key, as browsers demand before a sound
    expect(page.locator("#sound")).to_have_text("Suara nyala")
    return page


def test_each_has_colour_word_icon_sound_next_step_and_short_code_in_both_languages(
    lasting_pc: DeskPc, listening: Page, tmp_path: Path
) -> None:
    old = bundle_bytes(issued_at=NOW - 30 * HOUR, status_as_of=NOW - 30 * HOUR)
    (tmp_path / "old.cose").write_bytes(old)
    looks: dict[str, set[tuple[object, ...]]] = {}
    said: dict[str, list[str]] = {}
    for place, language in enumerate(("id", "en")):
        cookie: Any = {"name": "desk_language", "value": language, "url": lasting_pc.url}
        listening.context.add_cookies([cookie])
        for code, (*words, tone, short) in LIST.items():
            stage(lasting_pc, listening, code, tmp_path)
            seen = listening.evaluate(READ)
            assert (seen["code"], seen["word"], seen["short"]) == (code, words[place], short)
            assert (seen["icon"], seen["drawn"]) == (f"#icon-{tone}", True)
            assert seen["announced"].startswith(words[place].partition(" (")[0])
            assert seen["heard"]
            looks.setdefault(tone, set()).add((seen["colour"], tuple(seen["heard"])))
            said.setdefault(code, []).append(f"{seen['decision']}|{seen['next']}")
    assert {tone: len(ways) for tone, ways in looks.items()} == dict.fromkeys(looks, 1)
    colours, sounds = zip(*(next(iter(ways)) for ways in looks.values()), strict=True)
    assert len(set(colours)) == len(set(sounds)) == len(looks) == 5
    for code, (indonesian, english) in said.items():
        assert indonesian != english, code
        assert all(part.strip() for both in (indonesian, english) for part in both.split("|"))
