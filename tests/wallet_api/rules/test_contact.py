"""E-mail addresses and mobile numbers: one stored form, or a code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet_api.rules.contact import (
    email_key,
    mask_email,
    mask_phone,
    normalise_email,
    normalise_phone,
)
from wallet_api.rules.errors import RuleError


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (" Siti.Rahma@Example.COM ", "Siti.Rahma@example.com"),
        ("slamet+ikd@example.org", "slamet+ikd@example.org"),
        ("a@bücher.example.net", "a@bücher.example.net"),
    ],
)
def test_an_address_is_stored_in_one_form(text: str, stored: str) -> None:
    assert normalise_email(text) == stored


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "EMAIL_LENGTH"),
        ("a" * 250 + "@example.com", "EMAIL_LENGTH"),
        ("siti", "EMAIL_FORM"),
        ("siti@localhost", "EMAIL_FORM"),
        ("siti@example.com\r\nBcc: x@example.org", "EMAIL_FORM"),
        ("Siti <siti@example.com>", "EMAIL_FORM"),
        ("siti@[127.0.0.1]", "EMAIL_FORM"),
        ("сити@example.com", "EMAIL_FORM"),
    ],
)
def test_a_broken_address_is_refused(text: str, code: str) -> None:
    with pytest.raises(RuleError) as refusal:
        normalise_email(text)
    assert (refusal.value.field, refusal.value.code) == ("email", code)
    assert refusal.value.__cause__ is None


def test_letter_case_does_not_make_a_second_person() -> None:
    assert email_key("Siti@example.com") == email_key("siti@example.com")


@pytest.mark.parametrize(
    "text",
    ["+6286900000001", "086900000001", "0869-0000-0001", "62 869 0000 0001", "+62 (869) 00000001"],
)
def test_a_mobile_number_is_stored_as_e164(text: str) -> None:
    assert normalise_phone(text) == "+6286900000001"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "PHONE_FORM"),
        ("call me", "PHONE_FORM"),
        ("0" * 41, "PHONE_FORM"),
        ("０８１２３４５６７８９", "PHONE_FORM"),
        ("0812345678901 ext 5", "PHONE_FORM"),
        ("081", "PHONE_FORM"),
        ("0215551234", "PHONE_NOT_MOBILE"),
        ("089912345678901", "PHONE_FORM"),
        ("08121234", "PHONE_FORM"),
        ("+14155552671", "PHONE_FOREIGN"),
        ("+881612345678", "PHONE_FOREIGN"),
    ],
)
def test_other_numbers_are_refused(text: str, code: str) -> None:
    with pytest.raises(RuleError) as refusal:
        normalise_phone(text)
    assert (refusal.value.field, refusal.value.code) == ("phone", code)
    assert refusal.value.__cause__ is None


def test_masks_show_enough_to_recognise_and_not_enough_to_use() -> None:
    assert mask_email("zainal.rohim@example.net") == "z***@example.net"
    assert mask_phone("+6286900000001") == "+62***001"


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_our_one_error(text: str) -> None:
    try:
        stored = normalise_email(text)
    except RuleError as error:
        assert error.field == "email"  # noqa: PT017 (either outcome is allowed)
    else:
        assert normalise_email(stored) == stored


@given(st.text(max_size=60) | st.from_regex(r"\+?[0-9 .\-]{5,18}", fullmatch=True))
def test_any_text_is_a_mobile_number_or_our_one_error(text: str) -> None:
    try:
        stored = normalise_phone(text)
    except RuleError as error:
        assert error.field == "phone"  # noqa: PT017 (either outcome is allowed)
    else:
        assert normalise_phone(stored) == stored
        assert stored.startswith("+628")
