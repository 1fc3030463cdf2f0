"""base45 and the size of QR symbols."""

from __future__ import annotations

import json

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from credentials import qr_text
from credentials.errors import FormatError, LintError
from credentials.qr_text import ALPHABET, base45_decode, base45_encode
from tests.credentials.made import VECTORS

RFC = json.loads((VECTORS / "base45" / "rfc9285.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("plain", "text"), RFC["encode"])
def test_rfc_9285_encodings(plain: str, text: str) -> None:
    assert base45_encode(plain.encode()) == text
    assert base45_decode(text) == plain.encode()


@pytest.mark.parametrize(("text", "plain"), RFC["decode"])
def test_rfc_9285_decodings(text: str, plain: str) -> None:
    assert base45_decode(text) == plain.encode()


@pytest.mark.parametrize(("text", "why"), RFC["invalid"])
def test_rfc_9285_refusals(text: str, why: str) -> None:
    with pytest.raises(FormatError):
        base45_decode(text)
    assert why


def test_the_largest_group_is_read() -> None:
    assert base45_decode("FGW") == b"\xff\xff"


@given(st.binary(max_size=600))
def test_bytes_come_back(data: bytes) -> None:
    text = base45_encode(data)
    assert base45_decode(text) == data
    assert len(text) + 4 == qr_text.text_length(len(data))


@given(st.text(max_size=60))
def test_any_text_gives_bytes_or_our_error(text: str) -> None:
    try:
        data = base45_decode(text)
    except FormatError:
        return
    assert base45_encode(data) == text


@given(st.text(alphabet=ALPHABET, max_size=60))
def test_any_text_of_the_alphabet_has_one_reading(text: str) -> None:
    try:
        data = base45_decode(text)
    except FormatError:
        return
    assert base45_encode(data) == text


def test_only_expected_prefixes_are_read() -> None:
    text = qr_text.to_text("ID1:", b"hello")
    assert qr_text.from_text(text, prefixes=("ID1:", "IDS:")) == ("ID1:", b"hello")
    for wrong in (text.replace("ID1:", "ID2:"), text.lower(), " " + text, "ID1", ""):
        with pytest.raises(FormatError, match="QR_PREFIX"):
            qr_text.from_text(wrong, prefixes=("ID1:", "IDS:"))


def test_a_text_longer_than_any_symbol_is_refused() -> None:
    with pytest.raises(FormatError, match="QR_TOO_LONG"):
        qr_text.from_text("ID1:" + "0" * 4293, prefixes=("ID1:",))
    with pytest.raises(LintError, match="QR_TOO_LARGE"):
        qr_text.to_text("ID1:", bytes(2953))


@pytest.mark.parametrize("level", ["L", "M", "Q"])
@pytest.mark.parametrize("length", [1, 25, 26, 224, 335, 336, 1460, 1461, 1853, 1854, 2420])
def test_versions_are_those_of_a_qr_library(level: str, length: int) -> None:
    drawn = segno.make("A" * length, mode="alphanumeric", error=level, boost_error=False, mask=0)
    if not isinstance(drawn.version, int):  # Micro QR
        drawn = segno.make_qr("A" * length, mode="alphanumeric", error=level, boost_error=False)
    assert qr_text.qr_version(length, level) == drawn.version


def test_version_22_holds_970_bytes() -> None:
    assert qr_text.qr_version(qr_text.text_length(970)) == 22
    assert qr_text.qr_version(qr_text.text_length(971)) == 23
    with pytest.raises(LintError):
        qr_text.qr_version(4297)
