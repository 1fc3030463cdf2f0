"""Synthetic people, tax numbers, masks and the likeness of names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet_api.rules.errors import RuleError
from wallet_api.rules.person import (
    check_nitku,
    check_npwp15,
    check_npwp16,
    is_synthetic,
    luhn_digit,
    luhn_ok,
    mask_name,
    mask_nik,
    name_similarity,
)

DIGITS = st.text(alphabet="0123456789", min_size=1, max_size=22)


@pytest.mark.parametrize("digits", ["79927398713", "4111111111111111", "021832415", "0"])
def test_published_luhn_numbers_pass(digits: str) -> None:
    assert luhn_ok(digits)


@given(DIGITS, st.integers(0, 21), st.integers(1, 9))
def test_luhn_sees_every_single_wrong_digit(digits: str, position: int, change: int) -> None:
    whole = digits + luhn_digit(digits)
    position %= len(whole)
    wrong = str((int(whole[position]) + change) % 10)
    assert luhn_ok(whole)
    assert not luhn_ok(whole[:position] + wrong + whole[position + 1 :])


def test_synthetic_needs_both_the_nine_and_the_check_digit() -> None:
    assert is_synthetic("3173021001989574")
    assert not is_synthetic("3173021001989575")
    low_serial = "317302100198057"
    assert not is_synthetic(low_serial + luhn_digit(low_serial))


@pytest.mark.parametrize("text", ["02.183.241.5-000.000", "01.312.166.0-091.000"])
def test_legacy_tax_numbers_pass_with_and_without_punctuation(text: str) -> None:
    digits = check_npwp15(text)
    assert len(digits) == 15
    assert check_npwp15(digits) == digits
    assert check_npwp16("0" + digits) == "0" + digits


@pytest.mark.parametrize(
    ("check", "text", "code"),
    [
        (check_npwp15, "02.183.241.6-000.000", "NPWP_CHECK_DIGIT"),
        (check_npwp15, "02.183.241.5-000.00", "NPWP_FORM"),
        (check_npwp15, "٠21832415000000", "NPWP_FORM"),
        (check_npwp16, "0021832416000000", "NPWP_CHECK_DIGIT"),
        (check_npwp16, "317302100198957", "NPWP_FORM"),
        (check_npwp16, "31730210O1989574", "NPWP_FORM"),
    ],
)
def test_broken_tax_numbers_are_refused(check: object, text: str, code: str) -> None:
    assert callable(check)
    with pytest.raises(RuleError) as refusal:
        check(text)
    assert refusal.value.code == code


def test_a_residents_tax_number_is_the_nik() -> None:
    assert check_npwp16("3173021001989574") == "3173021001989574"


def test_a_place_of_business_belongs_to_its_taxpayer() -> None:
    nik = "3173021001989574"
    assert check_nitku(nik + "000001", npwp16=nik) == nik + "000001"
    for text, code in [
        (nik + "00000", "NITKU_FORM"),
        ("1" + nik[1:] + "000000", "NITKU_OTHER_TAXPAYER"),
    ]:
        with pytest.raises(RuleError) as refusal:
            check_nitku(text, npwp16=nik)
        assert refusal.value.code == code


def test_masks_hide_birth_date_and_length() -> None:
    assert mask_nik("3173021001989574") == "3173********9574"
    assert mask_name("ZAINAL ROHIM") == "Z*** R***"
    assert mask_name("SLAMET") == mask_name("SU") == "S***"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MUHAMMAD RIZKY", "Moh. Rizky"),
        ("H. AHMAD MA'RUF", "AHMAD MARUF"),
        ("SOEDJONO", "SUJONO"),
        ("DRS. SLAMET, M.M.", "SLAMET"),
        ("SJAHRIR", "SYAHRIR"),
    ],
)
def test_spelling_twins_and_titles_do_not_count(one: str, other: str) -> None:
    assert name_similarity(one, other) == 100


def test_other_people_are_not_alike() -> None:
    assert name_similarity("SLAMET", "NURHAYATI") < 50
    assert name_similarity("", "SLAMET") == 0
    assert name_similarity("HAJI", "H") < 100


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_a_percentage_for_any_text(one: str, other: str) -> None:
    assert 0 <= name_similarity(one, other) <= 100
