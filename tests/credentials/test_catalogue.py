"""The catalogue: how values become wire maps, what is refused, and how a new type needs no code."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials.catalogue import Catalogue
from credentials.derived import with_derived, years_between
from credentials.document_types import DocumentType
from credentials.errors import FormatError, LintError
from credentials.portrait import check_portrait
from tests.credentials import made
from tests.credentials.made import CATALOGUE, PERSON

ID_CARD = CATALOGUE.document_type("id_card")
FULL = ID_CARD.profile("full")
MINIMAL: dict[str, object] = {
    "name": "library_card",
    "labels": {"id": "Kartu Perpustakaan", "en": "Library card"},
    "group": "lainnya",
    "fields": [
        {
            "name": "number",
            "key": 60,
            "kind": "digits",
            "size": 6,
            "labels": {"id": "Nomor", "en": "Number"},
        },
        {
            "name": "branch",
            "key": 61,
            "kind": "text",
            "maximum": 20,
            "labels": {"id": "Cabang", "en": "Branch"},
        },
    ],
    "profiles": [
        {
            "number": 60,
            "name": "full",
            "labels": {"id": "Lengkap", "en": "Full"},
            "required": ["number"],
            "optional": ["branch"],
            "validity_days": 14,
        }
    ],
}
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=10)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=8,
)
WIRE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=9), st.binary(max_size=9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.integers(0, 99), inner, max_size=4)
    ),
    max_leaves=8,
)


def test_a_new_document_type_needs_no_code() -> None:
    catalogue = Catalogue.parse([MINIMAL])
    document_type = catalogue.document_type("library_card")
    wire = document_type.encode(document_type.profile("full"), {"number": "000042"})
    assert wire == {91: 60, 60: 42}
    assert catalogue.decode(wire) == {"number": "000042"}


def test_the_full_id_card_on_the_wire() -> None:
    wire = ID_CARD.encode(FULL, {**PERSON, "portrait": made.webp()})
    assert wire.pop(16) == made.webp()
    assert wire == {
        1: 3173021001989574, 4: "ZAINAL ROHIM", 8: 19980110, 9: 1, 10: "JL. DAHLIA NO. 40",
        14: 2, 21: 3173021001, 75: "JAKARTA BARAT", 76: 13, 77: 1, 78: "PETANI/PEKEBUN",
        80: 4001, 91: 1,
    }  # fmt: skip


def test_leading_zeros_come_back() -> None:
    values = {**PERSON, "nik": "0173021001989574", "rt": "000", "rw": "000"}
    assert CATALOGUE.decode(ID_CARD.encode(FULL, values)) == {**values, "nationality": "ID"}


def test_citizens_carry_no_nationality_and_foreigners_do() -> None:
    assert 13 not in ID_CARD.encode(FULL, {**PERSON, "nationality": "ID"})
    wire = ID_CARD.encode(FULL, {**PERSON, "nationality": "NL", "valid_until": "2030-12-31"})
    assert (wire[13], wire[81]) == ("NL", 20301231)
    assert CATALOGUE.decode(wire)["nationality"] == "NL"


def test_other_spellings_of_a_registry_are_understood() -> None:
    values = {**PERSON, "religion": "BUDHA", "sex": "PEREMPUAN", "blood_type": "-"}
    decoded = CATALOGUE.decode(ID_CARD.encode(FULL, values))
    assert (decoded["religion"], decoded["sex"], decoded["blood_type"]) == (
        "BUDDHIST",
        "F",
        "UNKNOWN",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("nik", "317302100198957"), ("nik", "31730210019895741"), ("nik", 3173021001989574),
     ("nik", "\uff13173021001989574"), ("name", ""), ("name", "x" * 151), ("name", "A\nB"),
     ("name", 7), ("birth_date", "1998-02-30"), ("birth_date", "10-01-1998"),
     ("birth_date", "1998-1-1"), ("birth_date", date(1998, 1, 1)), ("sex", "X"),
     ("religion", 1), ("rt", "4"), ("rw", "1234"), ("rw", None), ("village_code", "31.73.02.1001"),
     ("portrait", b"JPEG"), ("portrait", "text"), ("portrait", made.webp(3000))],
)  # fmt: skip
def test_wrong_values_are_not_issued(name: str, value: object) -> None:
    with pytest.raises(LintError, match=r"FIELD_|PORTRAIT_"):
        ID_CARD.encode(FULL, {**PERSON, name: value})


def test_a_missing_value_is_named_and_never_quoted() -> None:
    values = {name: value for name, value in PERSON.items() if name not in {"name", "rw"}}
    assert ID_CARD.missing(FULL, values) == ("name", "rw")
    with pytest.raises(LintError) as caught:
        ID_CARD.encode(FULL, values)
    assert (caught.value.code, caught.value.detail) == ("FIELD_MISSING", "name")
    with pytest.raises(LintError) as wrong:
        ID_CARD.encode(FULL, {**PERSON, "name": "SECRET\nNAME"})
    assert "SECRET" not in str(wrong.value)


def test_a_profile_carries_its_own_fields_only() -> None:
    values = with_derived(ID_CARD, {**PERSON, "portrait": made.webp()}, on=date(2026, 1, 1))
    names = {
        profile.name: set(CATALOGUE.decode(ID_CARD.encode(profile, values)))
        for profile in ID_CARD.profiles
    }
    assert names["boarding"] == {"name", "birth_date", "portrait"}
    assert names["age"] == {"age_over", "portrait"}
    assert names["age-only"] == {"age_over"}
    assert "religion" not in names["kyc"]
    assert "nik" in names["kyc"]
    assert set(PERSON) <= names["full"]


@pytest.mark.parametrize(
    "change",
    [{5: 1}, {90: 18}, {4: b"x"}, {4: 7}, {4: ""}, {1: 10**16}, {1: -1}, {1: "1"}, {1: True},
     {8: 20230229}, {8: 0}, {8: 199801100}, {9: 3}, {9: "1"}, {80: 10**6}, {80: "1"},
     {16: b"xx"}, {21: 10**10}, {77: True}, {91: 99}, {91: True}, {91: None}],
    ids=str,
)  # fmt: skip
def test_wire_values_outside_the_catalogue_are_refused(change: dict[int, object]) -> None:
    wire = {**ID_CARD.encode(FULL, PERSON), **change}
    with pytest.raises(FormatError):
        CATALOGUE.decode(wire)


def test_a_required_field_that_is_absent_is_refused() -> None:
    wire = ID_CARD.encode(FULL, PERSON)
    del wire[4]
    with pytest.raises(FormatError, match="FIELD_MISSING"):
        CATALOGUE.decode(wire)


@given(st.dictionaries(st.integers(0, 99), WIRE, max_size=6), st.sampled_from(CATALOGUE.types))
def test_any_wire_map_gives_values_or_our_error(
    change: dict[int, object], document_type: DocumentType
) -> None:
    wire = {**ID_CARD.encode(FULL, PERSON), **change}
    for identity in (wire, {**change, 91: document_type.profiles[0].number}):
        try:
            values = CATALOGUE.decode(identity)
        except FormatError:
            continue
        assert all(value is not None for value in values.values())


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_catalogue_or_our_error(data: bytes) -> None:
    try:
        catalogue = Catalogue.parse(data)
    except FormatError:
        return
    assert catalogue.types == ()


@given(st.data())
def test_any_change_of_a_file_is_a_catalogue_or_our_error(data: st.DataObject) -> None:
    changed = json.loads(json.dumps(MINIMAL))
    place = data.draw(st.sampled_from([changed, changed["fields"][0], changed["profiles"][0]]))
    place[data.draw(st.sampled_from([*place, "unknown"]))] = data.draw(JSON)
    try:
        catalogue = Catalogue.parse([changed])
    except FormatError:
        return
    assert Catalogue.parse(catalogue.source) == catalogue


def test_catalogues_that_would_mislead_are_refused() -> None:
    def changed(**changes: object) -> dict[str, object]:
        return {**json.loads(json.dumps(MINIMAL)), **changes}

    fields = changed()["fields"]
    profiles = changed()["profiles"]
    assert isinstance(fields, list)
    assert isinstance(profiles, list)
    for case in (
        [MINIMAL, MINIMAL],
        [MINIMAL, changed(name="other")],  # the profile number twice
        [changed(fields=[*fields, {**fields[0], "name": "again"}])],  # the key twice
        [changed(fields=[{**fields[0], "key": 91}, fields[1]])],
        [changed(fields=[{**fields[0], "key": 95}, fields[1]])],
        [changed(fields=[{**fields[0], "sensitve": True}, fields[1]])],
        [changed(fields=[{**fields[0], "kind": "number"}, fields[1]])],
        [changed(fields=[{**fields[0], "size": 0}, fields[1]])],
        [changed(profiles=[])],
        [changed(profiles=[{**profiles[0], "optional": ["unknown"]}])],
        [changed(profiles=[{**profiles[0], "optional": ["number"]}])],
        [changed(profiles=[{**profiles[0], "validity_days": 31}])],
        [changed(group="other")],
        [changed(split={"whole": "full"})],
        [changed(split=dict.fromkeys(
            ("whole", "header", "part", "records", "count", "part_number", "parts"), "full"))],
    ):  # fmt: skip
        with pytest.raises(FormatError, match="CATALOGUE_"):
            Catalogue.parse(case)


def test_the_catalogue_travels_as_bytes() -> None:
    assert Catalogue.parse(CATALOGUE.source) == CATALOGUE
    with pytest.raises(FormatError, match="CATALOGUE_TOO_LARGE"):
        Catalogue.parse(b" " * ((1 << 20) + 1))


# --------------------------------------------------------------------------- derived fields


def _age_on(birth: str, on: date) -> object:
    return with_derived(ID_CARD, {"birth_date": birth}, on=on).get("age_over")


def test_age_over_is_reached_on_the_birthday() -> None:
    assert _age_on("2008-06-15", date(2026, 6, 14)) is None
    assert _age_on("2008-06-15", date(2026, 6, 15)) == 18
    assert _age_on("1920-01-01", date(2026, 6, 15)) == 18


def test_who_is_born_on_29_february_is_older_on_1_march() -> None:
    assert _age_on("2008-02-29", date(2026, 2, 28)) is None
    assert _age_on("2008-02-29", date(2026, 3, 1)) == 18
    assert years_between(date(2000, 2, 29), date(2024, 2, 29)) == 24


def test_a_registry_cannot_claim_a_derived_value() -> None:
    values = with_derived(
        ID_CARD, {"birth_date": "2015-01-01", "age_over": 18}, on=date(2026, 1, 1)
    )
    assert "age_over" not in values
    with pytest.raises(LintError):
        with_derived(ID_CARD, {"birth_date": "1 Jan 2015"}, on=date(2026, 1, 1))


def test_masked_numbers_show_four_characters() -> None:
    vehicle = CATALOGUE.document_type("vehicle_ownership")
    values = with_derived(
        vehicle,
        {"frame_number": "MHXTEST0000000001", "engine_number": "AB12"},
        on=date(2026, 1, 1),
    )
    assert values["frame_number_masked"] == "*************0001"
    assert values["engine_number_masked"] == "**12"


# -------------------------------------------------------------------------------- portrait


def test_portraits_of_all_three_webp_forms_are_measured() -> None:
    lossless = b"RIFF\x20\0\0\0WEBPVP8L\x10\0\0\0\x2f" + (63 | 79 << 14).to_bytes(4, "little")
    extended = b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4)
    extended += (63).to_bytes(3, "little") + (79).to_bytes(3, "little")
    for data in (made.webp(), lossless.ljust(40, b"\0"), extended.ljust(40, b"\0")):
        assert check_portrait(data) == (64, 80)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (made.webp(2049), "PORTRAIT_TOO_LARGE"),
        (made.webp(width=129), "PORTRAIT_DIMENSIONS"),
        (made.webp(height=161), "PORTRAIT_DIMENSIONS"),
        (made.webp(width=0), "PORTRAIT_DIMENSIONS"),
        (made.webp()[:400], "PORTRAIT_NOT_WEBP"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "PORTRAIT_NOT_WEBP"),
        (made.webp().replace(b"VP8 ", b"VP9 "), "PORTRAIT_NOT_WEBP"),
        (b"", "PORTRAIT_NOT_WEBP"),
    ],
)
def test_other_pictures_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(FormatError, match=code):
        check_portrait(data)


@given(st.binary(max_size=80) | st.binary(max_size=80).map(lambda x: made.webp()[:16] + x))
def test_any_bytes_are_a_portrait_or_our_error(data: bytes) -> None:
    try:
        width, height = check_portrait(data)
    except FormatError:
        return
    assert 0 < width <= 128
    assert 0 < height <= 160
