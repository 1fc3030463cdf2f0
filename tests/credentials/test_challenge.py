"""The verifier's challenge: what a phone reads before it answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials import cbor, presentation
from credentials.errors import FormatError, LintError
from credentials.presentation import Challenge
from credentials.qr_text import ALPHABET, to_text
from tests.credentials.made import NOW

CHALLENGE = Challenge(b"n" * 16, b"a" * 8, 2, NOW)


def test_a_challenge_comes_back_in_55_characters() -> None:
    text = presentation.challenge_text(CHALLENGE)
    assert presentation.parse_challenge(text) == CHALLENGE
    assert len(text) <= 56


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ([1, b"n" * 16, b"a" * 8, 2], "CHALLENGE_FORMAT"),
        ([2, b"n" * 16, b"a" * 8, 2, NOW], "CHALLENGE_VERSION"),
        ([1, b"n" * 15, b"a" * 8, 2, NOW], "CHALLENGE_FORMAT"),
        ([1, b"n" * 16, b"a" * 8, -2, NOW], "CHALLENGE_FORMAT"),
        ([1, b"n" * 16, b"a" * 8, "2", NOW], "CHALLENGE_FORMAT"),
        ([1, "n" * 16, b"a" * 8, 2, NOW], "CHALLENGE_FORMAT"),
        ({}, "CHALLENGE_FORMAT"),
        ([b"\xa1\x01\x26", {}, b"payload", bytes(64)], "CHALLENGE_SIGNED"),
        ([[b"\xa1\x01\x26", {}, b"payload", bytes(64)], b"certificate"], "CHALLENGE_SIGNED"),
    ],
)
def test_other_challenges_are_refused_by_name(value: object, code: str) -> None:
    text = to_text("IDC:", cbor.encode(value))
    with pytest.raises(FormatError, match=code):
        presentation.parse_challenge(text)


def test_a_challenge_out_of_range_is_not_shown() -> None:
    with pytest.raises(LintError):
        presentation.challenge_text(replace(CHALLENGE, nonce=b"short"))


@given(st.text(max_size=80) | st.text(alphabet=ALPHABET, max_size=80).map(lambda x: "IDC:" + x))
def test_any_text_is_a_challenge_or_our_error(text: str) -> None:
    try:
        challenge = presentation.parse_challenge(text)
    except FormatError:
        return
    assert presentation.challenge_text(challenge) == text
