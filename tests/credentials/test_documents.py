"""The five document types of the catalogue files, a family of fifteen, and the density budget."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from credentials import budget, cbor
from credentials.budget import Piece, split_document
from credentials.document_types import DocumentType, Profile
from credentials.errors import LintError
from credentials.presentation import Challenge, presentation_text, sign_presentation
from credentials.qr_credential import build_claims, sign_credential
from credentials.qr_text import qr_version
from tests.credentials import made
from tests.credentials.made import CATALOGUE, HOLDER, ISSUER, NOW, PERSON

FAMILY = CATALOGUE.document_type("family_card")


def _member(number: int) -> dict[str, object]:
    return {
        "nik": f"31730210019890{number:02d}",
        "name": f"ANGGOTA KELUARGA NOMOR {number}",
        "sex": "F" if number % 2 else "M",
        "birth_place": "JAKARTA BARAT",
        "birth_date": f"{1970 + number}-01-10",
        "religion": "ISLAM",
        "education": "UPPER_SECONDARY",
        "occupation": "PELAJAR/MAHASISWA",
        "blood_type": "UNKNOWN",
        "marital_status": "MARRIED_REGISTERED" if number < 2 else "NEVER_MARRIED",
        "relationship": "HEAD" if number == 0 else "CHILD",
        "father_name": "RAHMAT FAUZI",
        "mother_name": "ROHMAH SHOLIHAH",
    }


def _family(size: int) -> dict[str, object]:
    names = ("street", "rt", "rw", "village_code")
    return {
        **{name: PERSON[name] for name in names},
        "family_card_number": "3173020301229947",
        "head_name": "ANGGOTA KELUARGA NOMOR 0",
        "postal_code": "11450",
        "issued_on": "2022-01-03",
        "members": [_member(number) for number in range(size)],
    }


def _issue(document_type: DocumentType, profile: Profile, values: Mapping[str, object]) -> bytes:
    claims = build_claims(
        document_type.encode(profile, values),
        issued_at=NOW,
        expires_at=NOW + 14 * made.DAY,
        holder_key=HOLDER.public_key,
        status=(2**16, 2**20 - 1),
    )
    return sign_credential(claims, ISSUER)


def _split(size: int) -> list[Piece]:
    return split_document(FAMILY, FAMILY.profile("full"), _family(size))


def test_there_are_five_document_types_with_labels_in_both_languages() -> None:
    assert {entry.name for entry in CATALOGUE.types} == {
        "id_card", "family_card", "tax_number", "vaccination_card", "vehicle_ownership",
    }  # fmt: skip
    for entry in CATALOGUE.types:
        labels = [entry.labels, *(field.labels for field in entry.fields)]
        labels += [profile.labels for profile in entry.profiles]
        assert all(label.text("id") and label.text("en") for label in labels)
        assert entry.vct.startswith("https://ikd.example/vct/")
        assert all(profile.validity_days == 14 for profile in entry.profiles)


def test_what_the_registry_may_never_change_is_static() -> None:
    static = {field.name for field in CATALOGUE.document_type("id_card").fields if field.static}
    assert static == {"nik", "birth_place", "birth_date", "blood_type"}


def test_labels_are_found_by_value_name_and_code() -> None:
    id_card = CATALOGUE.document_type("id_card")
    assert id_card.label("rt").id == "RT"
    religion = id_card.field("religion").code_labels("BUDDHIST")
    assert religion is not None
    assert (religion.id, religion.en) == ("BUDDHA", "Buddhist")
    assert id_card.field("religion").code_labels("JEDI") is None
    for find in (id_card.field, id_card.label, id_card.profile, CATALOGUE.document_type):
        with pytest.raises(KeyError):
            find("nothing")


def test_a_small_family_stays_in_one_credential() -> None:
    ((profile, values),) = _split(3)
    assert profile.name == "full"
    decoded = CATALOGUE.decode(FAMILY.encode(profile, values))
    members = decoded["members"]
    assert isinstance(members, list)
    assert [member["nik"] for member in members] == [_member(n)["nik"] for n in range(3)]
    assert decoded["postal_code"] == "11450"


def test_mothers_names_stay_at_home_unless_asked_for() -> None:
    for name, expected in (("full", False), ("full-parents", True)):
        profile = FAMILY.profile(name)
        assert profile.on_request is expected
        decoded = CATALOGUE.decode(FAMILY.encode(profile, _family(2)))
        members = decoded["members"]
        assert isinstance(members, list)
        assert all(("mother_name" in member) is expected for member in members)
        assert all(member["father_name"] == "RAHMAT FAUZI" for member in members)


def test_a_family_of_fifteen_becomes_a_header_and_parts_that_all_scan() -> None:
    pieces = _split(15)
    (header, header_values), *parts = pieces
    assert header.name == "header"
    assert {profile.name for profile, _ in parts} == {"member"}
    assert len(parts) in range(2, 6)
    decoded = CATALOGUE.decode(FAMILY.encode(header, header_values))
    assert (decoded["member_count"], decoded["parts"]) == (15, len(parts))
    found = []
    for number, (profile, values) in enumerate(parts, start=1):
        part = CATALOGUE.decode(FAMILY.encode(profile, values))
        assert (part["part"], part["parts"]) == (number, len(parts))
        assert part["family_card_number"] == "3173020301229947"
        members = part["members"]
        assert isinstance(members, list)
        found += [member["nik"] for member in members]
    assert found == [_member(number)["nik"] for number in range(15)]
    challenge = Challenge(b"n" * 16, b"a" * 8, 12, NOW)
    for profile, values in pieces:
        credential = _issue(FAMILY, profile, values)
        data = sign_presentation(credential, HOLDER, issued_at=NOW, challenge=challenge)
        assert qr_version(len(presentation_text(data))) <= 25
        assert len(data) <= len(credential) + budget.PROOF_SIZE


def test_parts_are_packed_full() -> None:
    _, *parts = _split(15)
    sizes = [len(_issue(FAMILY, *part)) for part in parts]
    largest_member = len(cbor.encode(FAMILY.encode(parts[0][0], parts[0][1])[88][0]))  # type: ignore[index]
    assert all(not budget.fits(size + largest_member) for size in sizes[:-1])


def test_a_record_too_large_for_any_part_is_refused() -> None:
    def measure(profile: Profile, values: Mapping[str, object]) -> int:
        members = values.get("members", [])
        return 2000 if isinstance(members, list) and _member(3) in members else 500

    with pytest.raises(LintError, match="QR_BUDGET"):
        split_document(FAMILY, FAMILY.profile("full"), _family(15), measure)


def test_a_family_far_over_any_symbol_is_split_as_well() -> None:
    longest = {"name": "X" * 60, "father_name": "Y" * 60, "birth_place": "Z" * 40}
    family = {**_family(0), "members": [{**_member(n), **longest} for n in range(30)]}
    pieces = split_document(FAMILY, FAMILY.profile("full"), family)
    assert len(pieces) > 6
    assert all(budget.fits(len(_issue(FAMILY, *piece))) for piece in pieces)


def test_the_size_is_foreseen_without_signing() -> None:
    id_card = CATALOGUE.document_type("id_card")
    for document_type, values in ((id_card, dict(PERSON)), (FAMILY, _family(5))):
        profile = document_type.profile("full")
        foreseen = budget.credential_size(document_type, profile, values)
        assert foreseen - len(_issue(document_type, profile, values)) in range(5)


def test_what_is_not_split_must_fit() -> None:
    id_card = CATALOGUE.document_type("id_card")
    full = id_card.profile("full")
    values = {**PERSON, "portrait": made.webp(700)}
    assert split_document(id_card, full, values) == [(full, values)]
    with pytest.raises(LintError, match="QR_BUDGET"):
        split_document(id_card, full, {**PERSON, "portrait": made.webp(2048)})
    with pytest.raises(LintError, match="FIELD_MISSING"):
        split_document(FAMILY, FAMILY.profile("full"), {}, lambda *_: 5000)


def test_the_budget_ends_at_version_25() -> None:
    most = 1232 + 3 - budget.PROOF_SIZE  # 1853 characters hold 1232 bytes after the prefix
    assert budget.check_budget(most - 3) == 25
    assert not budget.fits(most)
    assert not budget.fits(5000)
    with pytest.raises(LintError, match="QR_BUDGET"):
        budget.check_budget(most)


def test_the_longest_names_and_a_portrait_of_700_bytes_stay_within_the_budget() -> None:
    values = {**PERSON, "name": "N" * 60, "birth_place": "T" * 30, "street": "J" * 50}
    values |= {"occupation": "O" * 40, "portrait": made.webp(700)}
    id_card = CATALOGUE.document_type("id_card")
    assert budget.check_budget(len(_issue(id_card, id_card.profile("full"), values))) <= 25


TAX = {
    "npwp16": "3173021001989574",
    "npwp15": "019999012999000",
    "nitku": "0173021001989574000000",
    "name": "ZAINAL ROHIM",
    "status": "ACTIVE",
    "tax_office": "KPP PRATAMA JAKARTA GROGOL PETAMBURAN",
}
VACCINATION = {
    "nik": PERSON["nik"],
    "name": PERSON["name"],
    "birth_date": PERSON["birth_date"],
    "doses": [
        {
            "disease": "COVID-19",
            "dose": number,
            "doses_total": 2,
            "product": "CORONAVAC",
            "batch": "B1",
            "date": f"2021-0{number}-14",
            "facility": "PUSKESMAS GROGOL",
            "certificate_id": f"C-{number}",
        }
        for number in (1, 2)
    ],
}
VEHICLE = {
    "plate": "B 9123 QQQ",
    "owner_name": "ZAINAL ROHIM",
    "brand": "HONDA",
    "type": "SEPEDA MOTOR",
    "year": 2020,
    "cylinder_cc": 125,
    "colour": "HITAM",
    "frame_number": "MHXTEST0000000001",
    "engine_number": "ENTEST00001",
    "valid_until": "2027-05-01",
}


@pytest.mark.parametrize(
    ("name", "values"),
    [("tax_number", TAX), ("vaccination_card", VACCINATION), ("vehicle_ownership", VEHICLE)],
)
def test_the_other_types_come_back_from_their_full_profile(
    name: str, values: dict[str, object]
) -> None:
    document_type = CATALOGUE.document_type(name)
    profile = document_type.profile("full")
    wire = cbor.decode(cbor.encode(document_type.encode(profile, values)))
    assert CATALOGUE.decode(wire) == values  # type: ignore[arg-type]
    assert budget.fits(len(_issue(document_type, profile, values)))


def test_the_masked_vehicle_shows_no_whole_number() -> None:
    vehicle = CATALOGUE.document_type("vehicle_ownership")
    assert vehicle.multiple
    values = {**VEHICLE, "frame_number_masked": "****0001", "engine_number_masked": "****0001"}
    encoded = cbor.encode(vehicle.encode(vehicle.profile("masked"), values))
    assert b"MHXTEST" not in encoded
    assert b"ENTEST" not in encoded


def test_a_record_without_a_required_member_is_refused() -> None:
    card = CATALOGUE.document_type("vaccination_card")
    for doses in ([{"dose": 1}], [], "x", [7], [{}] * 65):
        with pytest.raises(LintError):
            card.encode(card.profile("full"), {**VACCINATION, "doses": doses})
