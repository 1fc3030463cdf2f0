"""The kiosk's display as the phone sees it, and the pictures that are drawn of things."""

from __future__ import annotations

from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from credentials.qr_text import ALPHABET
from enrolment_kiosk.qr import draw_svg as kiosk_svg
from samples import card, ink
from samples.client_vectors import frames
from samples.demo import pictures
from samples.phone import counter
from samples.phone.display import draw_svg, fetch_frame
from samples.phone.errors import PhoneError
from tests.samples.scripted_api import Reply, scripted_api


def shown_frame(text: str) -> dict[str, object]:
    return {
        "open": True,
        "office": "Dukcapil Contoh",
        "counter": "Loket 1",
        "svg": kiosk_svg(text),
        "period": 10,
        "seconds_left": 4.2,
    }


@given(st.text(ALPHABET, min_size=1, max_size=300))
@settings(max_examples=25, deadline=None)
def test_the_kiosks_svg_is_read_back(text: str) -> None:
    found = zxingcpp.read_barcodes(draw_svg(kiosk_svg(text)), formats=zxingcpp.BarcodeFormat.QRCode)
    assert [code.text for code in found] == [text]


@pytest.mark.parametrize("page", ["", "/", "/display", "/display/frame"])
def test_a_display_is_read_from_any_of_its_addresses(page: str) -> None:
    text = frames.frame_text()
    with scripted_api(Reply(body=shown_frame(text))) as kiosk:
        assert counter.read_display(kiosk.url + page) == text
    assert kiosk.received[0].path == "/display/frame"


def test_a_closed_counter_is_told() -> None:
    with scripted_api(Reply(body={"open": False})) as kiosk, pytest.raises(PhoneError) as told:
        fetch_frame(kiosk.url)
    assert told.value.code == "COUNTER_CLOSED"


def test_an_svg_with_entities_is_refused() -> None:
    with pytest.raises(PhoneError):
        draw_svg('<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg viewBox="0 0 9 9">&a;</svg>')


def test_the_drawn_display_is_read_like_a_photo(tmp_path: Path) -> None:
    text = frames.frame_text()
    file = tmp_path / "display.png"
    pictures.draw_display(shown_frame(text), file)
    assert counter.read_image(file) == text


def test_a_picture_without_a_counters_code_is_told(tmp_path: Path) -> None:
    file = tmp_path / "other.png"
    ink.save(ink.qr_image("ID1:AAA", 4).convert("RGB"), file)
    with pytest.raises(PhoneError) as told:
        counter.read_image(file)
    assert told.value.code == "NO_QR_IN_IMAGE"


def test_a_file_that_is_no_picture_is_told(tmp_path: Path) -> None:
    file = tmp_path / "other.png"
    file.write_bytes(b"not a picture")
    with pytest.raises(PhoneError) as told:
        counter.read_image(file)
    assert told.value.code == "NO_QR_IN_IMAGE"


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("draw", [card.draw_card, card.draw_presentation])
def test_drawn_documents_hold_a_readable_code_and_come_out_the_same(
    tmp_path: Path, language: str, draw: object, sample_presentation: str
) -> None:
    assert callable(draw)
    once, again = tmp_path / "1.png", tmp_path / "2.png"
    draw(sample_presentation, once, language=language)
    draw(sample_presentation, again, language=language)
    with Image.open(once) as image:
        found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
        assert [code.text for code in found] == [sample_presentation]
    assert once.read_bytes() == again.read_bytes()


def test_a_verdict_is_drawn_with_or_without_a_portrait(tmp_path: Path) -> None:
    report = {
        "valid": False, "code": "REVOKED", "authentic": True, "issuer": "Contoh",
        "possession": "fresh", "status": "revoked", "status_as_of": None, "claims": {"name": "A"},
        "document_type": "id_card", "profile": "full", "policy": "default",
        "development_trust": True,
    }  # fmt: skip
    pictures.draw_verdict(report, None, tmp_path / "verdict.png")
    with Image.open(tmp_path / "verdict.png") as image:
        assert image.size == pictures.VERDICT
        assert image.getpixel((5, 5)) == ink.RED
