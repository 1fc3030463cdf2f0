"""The NIK rules against the collected examples, and against anything a person could type."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet_api.data import load_region_codes
from wallet_api.rules.errors import RuleError
from wallet_api.rules.nik import NikWarning, RegionCodes, agrees_with, parse_nik

TODAY = dt.date(2026, 11, 23)
REGIONS = load_region_codes()
VECTORS = list(
    csv.DictReader(
        Path(__file__).with_name("nik_test_vectors.csv").read_text(encoding="utf-8").splitlines()
    )
)
WARNINGS = {warning.value for warning in NikWarning}


def rows(*kinds: str) -> list[dict[str, str]]:
    return [row for row in VECTORS if row["expected"] in kinds]


def describe(row: dict[str, str]) -> str:
    return f"{row['nik']}: {row['note']}"


def test_the_vectors_are_all_used() -> None:
    assert len(rows("valid", "warn", "invalid", "normalise")) == len(VECTORS) == 27


@pytest.mark.parametrize("row", rows("valid", "warn"), ids=describe)
def test_a_good_number_passes_with_exactly_the_warnings_expected(row: dict[str, str]) -> None:
    nik = parse_nik(row["nik"], regions=REGIONS, today=TODAY)
    assert nik.value == row["nik"]
    assert [warning.value for warning in nik.warnings] == [
        code for code in [row["reason_code"]] if code
    ]


@pytest.mark.parametrize("row", rows("invalid"), ids=describe)
def test_a_bad_number_is_refused_with_its_code(row: dict[str, str]) -> None:
    with pytest.raises(RuleError) as refusal:
        parse_nik(row["nik"], regions=REGIONS, today=TODAY)
    assert (refusal.value.field, refusal.value.code) == ("nik", row["reason_code"])


@pytest.mark.parametrize("row", rows("normalise"), ids=describe)
def test_separators_are_stripped_before_checking(row: dict[str, str]) -> None:
    nik = parse_nik(row["nik"], regions=REGIONS, today=TODAY)
    assert nik.value == row["nik"].replace(" ", "").replace(".", "")
    assert nik.value.isascii()
    assert nik.warnings == ()


@pytest.mark.parametrize(
    ("text", "birth_date", "sex"),
    [
        ("3171011708459007", dt.date(1945, 8, 17), "M"),
        ("3171015708459008", dt.date(1945, 8, 17), "F"),
        ("3171012902009002", dt.date(2000, 2, 29), "M"),
        ("3171010101009005", None, "M"),
        ("3171012411269001", dt.date(1926, 11, 24), "M"),
        ("3171012311269001", None, "M"),
    ],
)
def test_the_century_is_the_only_one_that_gives_a_real_past_date(
    text: str, birth_date: dt.date | None, sex: str
) -> None:
    nik = parse_nik(text, regions=REGIONS, today=TODAY)
    assert (nik.birth_date, nik.sex) == (birth_date, sex)


def test_district_zero_and_the_gap_between_regencies_and_cities_are_refused() -> None:
    for text, code in [
        ("3171001708909001", "BAD_DISTRICT"),
        ("3170011708909001", "UNKNOWN_REGENCY"),
    ]:
        with pytest.raises(RuleError) as refusal:
            parse_nik(text, regions=REGIONS, today=TODAY)
        assert refusal.value.code == code


def test_a_retired_district_in_a_living_regency_is_a_warning() -> None:
    regions = RegionCodes(frozenset({"31", "3171"}), frozenset({"317109"}))
    nik = parse_nik("3171091708909001", regions=regions, today=TODAY)
    assert nik.warnings == (NikWarning.RETIRED_REGION,)
    assert nik.district == "317109"


def test_the_tables_know_what_was_retired_since_2016() -> None:
    assert sorted(len(code) for code in REGIONS.retired) == [4] * 26 + [6] * 594
    assert len([code for code in REGIONS.current if len(code) == 2]) == 38


def test_a_corrected_birth_date_is_noticed_and_never_refused() -> None:
    nik = parse_nik("3171015708459008", regions=REGIONS, today=TODAY)
    assert agrees_with(nik, birth_date=dt.date(1945, 8, 17), sex="F")
    assert not agrees_with(nik, birth_date=dt.date(1945, 8, 18), sex="F")
    assert not agrees_with(nik, birth_date=dt.date(1945, 8, 17), sex="M")


def test_the_error_never_repeats_the_number() -> None:
    with pytest.raises(RuleError) as refusal:
        parse_nik("3171013104909007", regions=REGIONS, today=TODAY)
    assert "3171" not in str(refusal.value)


@given(st.text(max_size=40))
def test_any_text_is_a_value_or_our_one_error(text: str) -> None:
    try:
        nik = parse_nik(text, regions=REGIONS, today=TODAY)
    except RuleError as error:
        assert error.code  # noqa: PT017 (either outcome is allowed, each with its own promise)
    else:
        assert len(nik.value) == 16


@given(
    district=st.sampled_from(sorted(code for code in REGIONS.current if len(code) == 6)),
    born=st.dates(dt.date(1901, 1, 1), TODAY),
    woman=st.booleans(),
    serial=st.integers(1, 9999),
)
def test_every_number_the_registry_could_issue_passes(
    district: str, born: dt.date, serial: int, *, woman: bool
) -> None:
    day = born.day + (40 if woman else 0)
    nik = parse_nik(f"{district}{day:02d}{born:%m%y}{serial:04d}", regions=REGIONS, today=TODAY)
    assert nik.sex == ("F" if woman else "M")
    assert nik.birth_date in {born, None}
    assert (nik.birth_date is None) <= (NikWarning.CENTURY_AMBIGUOUS in nik.warnings)
    assert agrees_with(nik, birth_date=born, sex=nik.sex)


@given(st.text(alphabet="0123456789", min_size=16, max_size=16), st.integers(0, 15))
def test_digits_of_other_scripts_never_pass(digits: str, position: int) -> None:
    arabic = chr(0x660 + int(digits[position]))
    with pytest.raises(RuleError) as refusal:
        parse_nik(digits[:position] + arabic + digits[position + 1 :], regions=REGIONS, today=TODAY)
    assert refusal.value.code == "NOT_DIGITS"
