"""Every type of the catalogue in both formats, from the catalogue alone."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from credentials.catalogue import Catalogue
from credentials.claim_path import find_values
from credentials.claim_shapes import MAX_PICTURE, read_picture
from credentials.disclosures import Selective
from credentials.document_types import DocumentType, Profile
from credentials.errors import FormatError, LintError
from credentials.mdoc_elements import NAMESPACE, element_names, make_elements, read_elements
from credentials.sd_jwt_vc import OPEN_CLAIMS
from credentials.tagged_cbor import plain
from credentials.type_metadata import integrity, type_metadata
from credentials.vc_claims import claim_paths, coarse_times, make_claims, read_claims
from tests.credentials.claims.people import AUTHORITY, DOCUMENTS, JPEG
from tests.credentials.made import CATALOGUE, DAY, NOW, webp

TYPES = sorted(DOCUMENTS)


def _document(name: str) -> tuple[DocumentType, Profile, dict[str, object]]:
    document_type = CATALOGUE.document_type(name)
    profile_name, values = DOCUMENTS[name]
    return document_type, document_type.profile(profile_name), values


def _open(value: object) -> Any:
    """Take every `Selective` away, and say nothing of where it was."""
    if isinstance(value, Selective):
        return _open(value.value)
    if isinstance(value, dict):
        return {name: _open(member) for name, member in value.items()}
    return [_open(member) for member in value] if isinstance(value, list) else value


def _claims(name: str, **changes: Any) -> dict[str, Any]:
    document_type, profile, values = _document(name)
    return make_claims(document_type, profile, values | changes, authority=AUTHORITY)


def _issued(name: str) -> dict[str, object]:
    document_type, profile, values = _document(name)
    return document_type.decode(profile, document_type.encode(profile, values))


def test_every_type_has_a_document_here() -> None:
    assert {entry.name for entry in CATALOGUE.types} == set(TYPES)


@pytest.mark.parametrize("name", TYPES)
def test_what_is_issued_as_claims_is_read_back_with_the_catalogues_names(name: str) -> None:
    document_type, _, _ = _document(name)
    claims = _open(_claims(name))
    json.dumps(claims)
    assert read_claims(document_type, claims) == _issued(name)


@pytest.mark.parametrize("name", TYPES)
def test_what_is_issued_as_elements_is_read_back_with_the_catalogues_names(name: str) -> None:
    document_type, profile, values = _document(name)
    elements = make_elements(document_type, profile, values, authority=AUTHORITY)
    assert set(elements) == {NAMESPACE, document_type.doctype}
    read = {space: dict(plain(found)) for space, found in elements.items()}  # type: ignore[call-overload]
    assert read_elements(document_type, read) == _issued(name)


@pytest.mark.parametrize("name", TYPES)
def test_everything_may_be_withheld_and_nothing_says_what_the_credential_is(name: str) -> None:
    claims = _claims(name)
    assert all(isinstance(value, Selective) for value in claims.values())
    assert OPEN_CLAIMS.isdisjoint(claims)


@pytest.mark.parametrize("name", TYPES)
def test_paths_lead_to_the_values(name: str) -> None:
    document_type, profile, _ = _document(name)
    claims = _open(_claims(name))
    elements = make_elements(*_document(name), authority=AUTHORITY)
    for value_name in _issued(name):
        if value_name == "age_over":
            continue
        (path,) = claim_paths(document_type, value_name)
        assert find_values(claims, path)
        ((space, element),) = element_names(document_type, value_name)
        assert element in elements[space]
    assert profile.names


def test_an_id_card_reads_like_the_registered_claims() -> None:
    claims = _open(_claims("id_card"))
    assert claims["personal_administrative_number"] == "3173021001989574"
    assert claims["name"] == "ZAINAL ROHIM"
    assert claims["birthdate"] == "1998-01-10"
    assert claims["place_of_birth"] == {"locality": "JAKARTA BARAT"}
    assert claims["sex"] == 1
    assert claims["nationalities"] == ["ID"]
    assert claims["address"] == {"street_address": "JL. DAHLIA NO. 40"}
    assert (claims["rt"], claims["rw"], claims["village_code"]) == ("004", "001", "3173021001")
    assert claims["picture"].startswith("data:image/webp;base64,")
    assert claims["issuing_authority"] == "Disdukcapil Jakarta Barat"
    assert claims["issuing_country"] == "ID"
    assert "given_name" not in claims  # there is no legal surname: names are not split


def test_an_id_card_has_the_elements_of_a_driving_licence() -> None:
    elements = make_elements(*_document("id_card"), authority=AUTHORITY, picture=JPEG)
    standard = elements[NAMESPACE]
    assert standard["portrait"] == JPEG
    assert standard["sex"] == 1
    assert standard["family_name"] == "ZAINAL ROHIM"
    assert (standard["birth_date"].tag, plain(standard["birth_date"])) == (1004, "1998-01-10")  # type: ignore[attr-defined]
    assert elements["id.example.ikd.idcard.1"]["id_marital_status"] == "MARRIED"


def test_ages_are_said_without_the_birth_date() -> None:
    document_type = CATALOGUE.document_type("id_card")
    profile = document_type.profile("age-only")
    claims = make_claims(document_type, profile, {"age_over": 18}, authority=AUTHORITY)
    assert _open(claims)["age_equal_or_over"] == {"18": True}
    assert isinstance(claims["age_equal_or_over"].value["18"], Selective)  # type: ignore[attr-defined]
    elements = make_elements(document_type, profile, {"age_over": 18}, authority=AUTHORITY)
    assert elements[NAMESPACE]["age_over_18"] is True
    assert claim_paths(document_type, "age_over") == (("age_equal_or_over", "18"),)
    assert element_names(document_type, "age_over") == ((NAMESPACE, "age_over_18"),)
    assert read_claims(document_type, {"age_equal_or_over": {"18": False, "65": True}}) == {}
    assert read_elements(document_type, {NAMESPACE: {"age_over_18": True}}) == {"age_over": 18}


def test_a_family_card_shows_one_member_without_the_others() -> None:
    members = _claims("family_card")["members"].value
    assert len(members) == 2
    assert all(isinstance(member, Selective) for member in members)
    assert all(isinstance(one, Selective) for one in members[0].value.values())
    assert "mother_name" not in members[0].value  # a bank's secret stays in the registry
    assert _open(members[1])["nationalities"] == ["NL"]


def test_a_claim_never_takes_the_name_of_something_about_the_credential() -> None:
    document_type = CATALOGUE.document_type("tax_number")
    assert _open(_claims("tax_number"))["tax_number_status"] == "ACTIVE"
    assert claim_paths(document_type, "status") == (("tax_number_status",),)


def test_a_new_type_needs_no_code() -> None:
    labels = {"id": "Kartu Perpustakaan", "en": "Library card"}
    library = Catalogue.parse(
        [
            {
                "name": "library_card",
                "labels": labels,
                "group": "lainnya",
                "vct": "https://ikd.example/vct/library-card/1",
                "doctype": "id.example.ikd.library.1",
                "fields": [
                    {
                        "name": "number",
                        "key": 1,
                        "kind": "digits",
                        "size": 8,
                        "labels": labels,
                        "oidc": "library.number",
                        "mdoc": "library_number",
                    }
                ],
                "profiles": [
                    {
                        "number": 900,
                        "name": "full",
                        "labels": labels,
                        "required": ["number"],
                        "optional": [],
                        "validity_days": 7,
                    }
                ],
            }
        ]
    ).document_type("library_card")
    profile = library.profile("full")
    claims = _open(make_claims(library, profile, {"number": "00000007"}, authority=AUTHORITY))
    assert claims["library"] == {"number": "00000007"}
    elements = make_elements(library, profile, {"number": "00000007"}, authority=AUTHORITY)
    assert elements[library.doctype] == {"library_number": "00000007"}
    document = json.loads(type_metadata(library))
    assert document["claims"][1]["path"] == ["library", "number"]
    assert document["claims"][1]["mandatory"] is True


@pytest.mark.parametrize("name", TYPES)
def test_type_metadata_names_every_claim_once_in_both_languages(name: str) -> None:
    document_type, _, _ = _document(name)
    data = type_metadata(document_type)
    document = json.loads(data)
    assert document["vct"] == document_type.vct
    assert [one["locale"] for one in document["display"]] == ["id", "en"]
    paths = [tuple(claim["path"]) for claim in document["claims"]]
    assert len(set(paths)) == len(paths)
    assert {claim["sd"] for claim in document["claims"]} == {"always"}
    claims = _open(_claims(name))
    assert {path[0] for path in paths} >= set(claims)
    for claim in document["claims"]:
        if claim.get("mandatory"):
            assert find_values(claims, tuple(claim["path"]))
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    assert integrity(data) == f"sha256-{digest}"


def test_what_a_format_has_no_name_for_stays_out_of_it() -> None:
    document_type = CATALOGUE.document_type("family_card")
    assert claim_paths(document_type, "parts") == ()
    assert element_names(document_type, "parts") == ()
    assert claim_paths(document_type, "rt") == (("rt",),)
    with pytest.raises(KeyError):
        claim_paths(document_type, "unknown")


def test_times_are_the_same_for_everybody_of_a_day() -> None:
    midnight = NOW - NOW % DAY
    assert coarse_times(NOW, 14) == (midnight, midnight + 15 * DAY)
    assert coarse_times(midnight, 14) == coarse_times(midnight + DAY - 1, 14)
    assert coarse_times(midnight + DAY, 14) != coarse_times(midnight, 14)


@pytest.mark.parametrize(
    "change",
    [
        {"sex": 3},
        {"sex": True},
        {"sex": "M"},
        {"nationalities": "ID"},
        {"nationalities": ["ID", "NL"]},
        {"birthdate": "10-01-1998"},
        {"birthdate": 19980110},
        {"personal_administrative_number": 3173021001989574},
        {"rt": "4"},
        {"rt": "٣٣٣"},
        {"rt": 4},
        {"picture": "https://example.com/me.jpg"},
        {"picture": "data:image/svg+xml;base64,PHN2Zz4="},
        {"picture": "data:image/jpeg;base64,PHN2Zz4="},
        {"picture": "data:image/jpeg;base64,*"},
        {"picture": 7},
        {"age_equal_or_over": {"18": "yes"}},
        {"age_equal_or_over": 18},
        {"name": "A\x00B"},
        {"address": {"street_address": ""}},
    ],
    ids=str,
)
def test_a_claim_the_catalogue_does_not_allow_is_refused(change: dict[str, object]) -> None:
    document_type, _, _ = _document("id_card")
    with pytest.raises(FormatError):
        read_claims(document_type, {**_open(_claims("id_card")), **change})


@pytest.mark.parametrize(
    ("space", "change"),
    [
        (NAMESPACE, {"sex": 3}),
        (NAMESPACE, {"birth_date": 5}),
        (NAMESPACE, {"portrait": "text"}),
        (NAMESPACE, {"age_over_18": 1}),
        ("id.example.ikd.idcard.1", {"rt": "x"}),
        ("id.example.ikd.idcard.1", {"rt": 4}),
    ],
    ids=str,
)
def test_an_element_the_catalogue_does_not_allow_is_refused(
    space: str, change: dict[str, object]
) -> None:
    with pytest.raises(FormatError):
        read_elements(CATALOGUE.document_type("id_card"), {space: change})


def test_elements_of_another_namespace_are_not_believed() -> None:
    document_type = CATALOGUE.document_type("id_card")
    assert read_elements(document_type, {"org.example": {"family_name": "X"}}) == {}
    assert read_elements(document_type, {document_type.doctype: {"family_name": "X"}}) == {}
    for name in ("vaccination_card", "family_card"):
        records = "doses" if name == "vaccination_card" else "members"
        other = CATALOGUE.document_type(name)
        for wrong in (7, [7]):
            with pytest.raises(FormatError):
                read_elements(other, {other.doctype: {records: wrong}})
            with pytest.raises(FormatError):
                read_claims(other, {records: wrong})


def test_only_small_pictures_are_issued() -> None:
    for picture in (b"<svg>", b"\xff\xd8\xff" + bytes(MAX_PICTURE)):
        with pytest.raises(LintError, match="PICTURE"):
            make_claims(*_document("id_card"), authority=AUTHORITY, picture=picture)
        with pytest.raises(LintError, match="PICTURE"):
            make_elements(*_document("id_card"), authority=AUTHORITY, picture=picture)
        with pytest.raises(FormatError, match="PICTURE"):
            read_picture(picture)
    assert read_picture(webp()) == webp()
    claims = make_claims(*_document("tax_number"), authority=AUTHORITY, picture=JPEG)
    assert "picture" not in claims
