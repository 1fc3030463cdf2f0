"""The kiosk's rotating frame."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials import cbor, cose, kiosk_frame
from credentials.errors import CredentialError, FormatError, LintError, SignatureError
from credentials.kiosk_frame import frame_at, frame_nonce, parse_frame, sign_frame, verify_frame
from credentials.qr_text import ALPHABET, qr_version, to_text
from tests.credentials import made
from tests.credentials.made import ISSUER, NOW, STRANGER

SECRET = b"s" * 32
TEXT = made.frame()
FRAME = frame_at("K-3173-01", "UPT-GROGOL", SECRET, NOW)
FIELDS = [1, "K", "O", 5, b"n" * 16, NOW, NOW + 20]


def test_a_frame_comes_back_and_is_small() -> None:
    unverified = parse_frame(TEXT)
    assert unverified.kid == ISSUER.kid
    assert unverified.kiosk == "K-3173-01"
    assert verify_frame(unverified, ISSUER.public_key) == FRAME
    assert qr_version(len(TEXT)) <= 9


def test_a_frame_of_another_key_or_use_is_refused() -> None:
    with pytest.raises(SignatureError):
        verify_frame(parse_frame(TEXT), STRANGER.public_key)
    data = cose.sign1(cbor.encode(FIELDS), ISSUER, external_aad=b"IKD-ID1-CRED")
    with pytest.raises(SignatureError):
        verify_frame(parse_frame(to_text("IDK:", data)), ISSUER.public_key)


def test_the_same_ten_seconds_give_the_same_frame_after_a_restart() -> None:
    start = NOW // 10 * 10
    frames = {frame_at("K", "O", SECRET, start + second) for second in range(10)}
    assert len(frames) == 1
    (frame,) = frames
    assert (frame.issued_at, frame.expires_at) == (start, start + 20)
    after = frame_at("K", "O", SECRET, start + 10)
    assert (after.seq, after.nonce == frame.nonce) == (frame.seq + 1, False)


def test_a_clone_without_the_secret_collides() -> None:
    clone = frame_at("K", "O", b"t" * 32, NOW)
    mine = frame_at("K", "O", SECRET, NOW)
    assert clone.seq == mine.seq
    assert clone.nonce != mine.nonce
    assert len(frame_nonce(SECRET, 1)) == 16
    with pytest.raises(LintError):
        frame_nonce(b"short", 1)


def test_every_changed_character_is_noticed() -> None:
    for position in range(len(TEXT)):
        other = ALPHABET[(ALPHABET.index(TEXT[position]) + 7) % 45]
        with pytest.raises((FormatError, SignatureError)):
            verify_frame(
                parse_frame(TEXT[:position] + other + TEXT[position + 1 :]), ISSUER.public_key
            )


@given(st.integers(0, len(TEXT) - 1), st.characters())
def test_any_changed_character_gives_our_error(position: int, character: str) -> None:
    changed = TEXT[:position] + character + TEXT[position + 1 :]
    if changed != TEXT:
        with pytest.raises(CredentialError):
            verify_frame(parse_frame(changed), ISSUER.public_key)


@given(st.text(max_size=80) | st.text(alphabet=ALPHABET, max_size=80).map(lambda x: "IDK:" + x))
def test_any_text_is_refused_with_our_error(text: str) -> None:
    with pytest.raises(FormatError):
        parse_frame(text)


@pytest.mark.parametrize(
    ("index", "value"),
    [(0, 2), (0, True), (1, ""), (1, 7), (1, "x" * 65), (2, "a\nb"), (3, -1), (3, "5"),
     (4, b"n" * 15), (4, "n" * 16), (5, NOW + 20), (5, 2**41), (6, NOW + 121), (6, None)],
)  # fmt: skip
def test_fields_out_of_range_are_refused(index: int, value: object) -> None:
    fields: list[object] = [*FIELDS]
    fields[index] = value
    data = cose.sign1(cbor.encode(fields), ISSUER, external_aad=kiosk_frame.CONTEXT)
    with pytest.raises(FormatError):
        parse_frame(to_text("IDK:", data))


def test_other_envelopes_are_refused() -> None:
    payload = cbor.encode(FIELDS)
    for parts in (
        [cbor.encode({1: -7}), {}, payload, bytes(64)],
        [cbor.encode({1: -7, 4: b"1234"}), {4: b"1234"}, payload, bytes(64)],
        [cbor.encode({1: -7, 4: b"1234"}), {}, payload, bytes(63)],
        [cbor.encode({1: -7, 4: b"1234"}), {}, cbor.encode(FIELDS[:6]), bytes(64)],
    ):
        with pytest.raises(FormatError):
            parse_frame(to_text("IDK:", cbor.encode(parts)))


def test_a_frame_out_of_range_is_not_drawn() -> None:
    with pytest.raises(LintError):
        sign_frame(replace(FRAME, kiosk=""), ISSUER)
