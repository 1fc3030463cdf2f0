"""Our mdocs: issued, shown in part, signed by the device, verified with their chain."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials import tagged_cbor
from credentials.cose_chain import parse_message
from credentials.errors import ClaimError, CredentialError, FormatError, LintError, SignatureError
from credentials.mdoc_device import parse_device_response, respond, verify_device_signature
from credentials.mdoc_elements import NAMESPACE, make_elements, read_elements
from credentials.mdoc_issuer import (
    IssuedDocument,
    issue_mdoc,
    parse_issuer_signed,
    verify_issuer_signed,
)
from credentials.mdoc_mso import Validity, cose_key, load_cose_key, parse_mso
from credentials.mdoc_transcript import redirect_transcript
from credentials.x509_chain import DOCUMENT_SIGNER, Anchors, verify_chain
from tests.credentials.claims.people import AUTHORITY, DOCUMENTS
from tests.credentials.made import CATALOGUE, DAY, HOLDER, NOW, STRANGER
from tests.credentials.sd_jwt.issuing import ANCHORS, DS, DS_KEY, STATUS, counting

DOCTYPE = "id.example.ikd.idcard.1"
MIDNIGHT = NOW - NOW % DAY
VALIDITY = Validity(MIDNIGHT, MIDNIGHT, MIDNIGHT + 15 * DAY)
TRANSCRIPT = redirect_transcript(
    "x509_san_dns:bank.example", "n-1", "https://bank.example/r", key_thumbprint=bytes(32)
)


def _elements(name: str = "id_card") -> dict[str, dict[str, object]]:
    document_type = CATALOGUE.document_type(name)
    profile, values = DOCUMENTS[name]
    return make_elements(document_type, document_type.profile(profile), values, authority=AUTHORITY)


def _issue(elements: dict[str, dict[str, object]] | None = None, **changes: Any) -> bytes:
    members: dict[str, Any] = {
        "doctype": DOCTYPE,
        "device_key": HOLDER.public_key,
        "validity": VALIDITY,
        "chain": (DS,),
        "random": counting(),
        "status": STATUS,
        **changes,
    }
    signer = members.pop("signer", DS_KEY)
    return issue_mdoc(_elements() if elements is None else elements, signer, **members)


def _verify(data: bytes, *, now: int = NOW, anchors: Anchors = ANCHORS) -> IssuedDocument:
    unverified = parse_issuer_signed(data)
    leaf = verify_chain(unverified.chain, anchors, now=now, usage=DOCUMENT_SIGNER)
    return verify_issuer_signed(unverified, leaf, now=now)


ISSUED = _issue()
RESPONSE = respond(
    parse_issuer_signed(ISSUED),
    [(NAMESPACE, "family_name"), (DOCTYPE, "rt")],
    HOLDER,
    transcript=TRANSCRIPT,
)


def test_an_mdoc_comes_back_whole() -> None:
    document = _verify(ISSUED)
    assert (document.doctype, document.validity, document.status) == (DOCTYPE, VALIDITY, STATUS)
    assert cose_key(document.device_key) == cose_key(HOLDER.public_key)
    assert document.elements == tagged_cbor.plain(_elements())


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_type_of_the_catalogue_travels_as_mdoc(name: str) -> None:
    document_type = CATALOGUE.document_type(name)
    document = _verify(_issue(_elements(name), doctype=document_type.doctype))
    profile, values = DOCUMENTS[name]
    chosen = document_type.profile(profile)
    expected = document_type.decode(chosen, document_type.encode(chosen, values))
    assert read_elements(document_type, document.elements) == expected


def test_the_form_is_the_one_that_readers_in_the_field_take() -> None:
    decoded = cbor2.loads(ISSUED)
    protected, unprotected, payload, signature = decoded["issuerAuth"]
    assert protected == bytes.fromhex("a10126")  # the algorithm and nothing else
    assert unprotected == {33: DS}
    assert len(signature) == 64
    mso = cbor2.loads(cbor2.loads(payload).value)
    assert mso["version"] == "1.0"
    assert mso["digestAlgorithm"] == "SHA-256"
    assert mso["status"] == {"status_list": {"idx": 1234, "uri": STATUS.uri}}
    raw = tagged_cbor.decode_map(tagged_cbor.unwrap(tagged_cbor.decode(payload)))
    assert raw["validityInfo"]["signed"].value == "2027-01-15T00:00:00Z"  # type: ignore[index]
    salts = [
        cbor2.loads(item.value)["random"]
        for items in decoded["nameSpaces"].values()
        for item in items
    ]
    assert {len(salt) for salt in salts} == {32}
    assert len(set(salts)) == len(salts)


def test_a_presentation_shows_what_was_chosen_and_is_the_devices_own() -> None:
    (document,) = parse_device_response(RESPONSE)
    leaf = verify_chain(document.issuer_signed.chain, ANCHORS, now=NOW, usage=DOCUMENT_SIGNER)
    issued = verify_issuer_signed(document.issuer_signed, leaf, now=NOW)
    assert issued.elements == {NAMESPACE: {"family_name": "ZAINAL ROHIM"}, DOCTYPE: {"rt": "004"}}
    verify_device_signature(document, issued.device_key, transcript=TRANSCRIPT)
    with pytest.raises(SignatureError, match="SIGNATURE_INVALID"):
        verify_device_signature(document, STRANGER.public_key, transcript=TRANSCRIPT)
    other = redirect_transcript(
        "x509_san_dns:bank.example", "n-2", "https://bank.example/r", key_thumbprint=bytes(32)
    )
    with pytest.raises(SignatureError, match="SIGNATURE_INVALID"):
        verify_device_signature(document, issued.device_key, transcript=other)


def test_what_the_mdoc_does_not_have_cannot_be_shown() -> None:
    for wanted in ((NAMESPACE, "height"), ("org.example", "family_name")):
        with pytest.raises(ClaimError, match="CLAIM_ABSENT"):
            respond(parse_issuer_signed(ISSUED), [wanted], HOLDER, transcript=TRANSCRIPT)


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (MIDNIGHT - 61, "NOT_YET_VALID"),
        (MIDNIGHT - 60, None),
        (MIDNIGHT + 15 * DAY + 60, None),
        (MIDNIGHT + 15 * DAY + 61, "EXPIRED"),
    ],
)
def test_an_mdoc_lives_from_its_beginning_to_its_end(now: int, code: str | None) -> None:
    if code is None:
        assert _verify(ISSUED, now=now).doctype == DOCTYPE
    else:
        with pytest.raises(ClaimError, match=code):
            _verify(ISSUED, now=now)


def test_an_mdoc_signed_before_its_signer_was_certified_is_refused() -> None:
    early = Validity(NOW - 25 * DAY, NOW - 25 * DAY, NOW + DAY)
    with pytest.raises(SignatureError, match="SIGNED_OUTSIDE_CERTIFICATE"):
        _verify(_issue(validity=early))


def test_an_mdoc_of_another_country_than_its_signers_is_refused() -> None:
    with pytest.raises(SignatureError, match="ISSUER_MISMATCH"):
        _verify(_issue({NAMESPACE: {"issuing_country": "NL"}}))


def test_an_element_of_another_mdoc_does_not_fit() -> None:
    other = cbor2.loads(_issue(random=counting(), device_key=STRANGER.public_key))
    mine = cbor2.loads(_issue({NAMESPACE: {"family_name": "SOMEBODY ELSE"}}))
    mine["issuerAuth"] = other["issuerAuth"]
    with pytest.raises(SignatureError, match="DIGEST_MISMATCH"):
        _verify(cbor2.dumps(mine))
    mine["nameSpaces"] = {"org.example": mine["nameSpaces"][NAMESPACE]}
    with pytest.raises(SignatureError, match="DIGEST_MISSING"):
        _verify(cbor2.dumps(mine))


def test_nothing_wrong_is_issued() -> None:
    with pytest.raises(LintError, match="MDOC_EMPTY"):
        _issue({})
    with pytest.raises(LintError, match="MDOC_EMPTY"):
        _issue({NAMESPACE: {}})
    with pytest.raises(LintError, match="CLAIM_TIMES"):
        _issue(validity=Validity(NOW, NOW, NOW))
    with pytest.raises(LintError, match="KEY_THUMBPRINT"):
        redirect_transcript("a", "b", "c", key_thumbprint=b"short")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({1: 1}, "KEY_INVALID"),
        ({-1: 2}, "KEY_INVALID"),
        ({-2: b"short"}, "KEY_INVALID"),
        ({-3: "text"}, "KEY_INVALID"),
        ({-3: bytes(32)}, "KEY_NOT_ON_CURVE"),
        ({-2: b"\xff" * 32, -3: True}, "KEY_NOT_ON_CURVE"),
    ],
    ids=str,
)
def test_a_device_key_of_another_kind_is_refused(change: dict[int, object], code: str) -> None:
    with pytest.raises(FormatError, match=code):
        load_cose_key({**cose_key(HOLDER.public_key), **change})


def test_a_device_key_may_be_a_compressed_point() -> None:
    whole = cose_key(HOLDER.public_key)
    y = whole[-3]
    assert isinstance(y, bytes)
    assert cose_key(load_cose_key({**whole, -3: bool(y[-1] & 1)})) == whole


def _readers() -> list[Any]:
    return [
        tagged_cbor.decode,
        parse_message,
        parse_mso,
        parse_issuer_signed,
        parse_device_response,
    ]


@settings(max_examples=120, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_value_or_a_format_error(data: bytes) -> None:
    for read in _readers():
        try:
            read(data)
        except FormatError as error:
            assert error.code  # noqa: PT017  the property is that nothing else comes out


SMALL = respond(
    parse_issuer_signed(_issue({NAMESPACE: {"family_name": "Z", "age_over_18": True}})),
    [(NAMESPACE, "family_name")],
    HOLDER,
    transcript=TRANSCRIPT,
)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(SMALL) - 1), st.binary(max_size=2))
def test_a_changed_presentation_never_says_something_else(at: int, replacement: bytes) -> None:
    data = SMALL[:at] + replacement + SMALL[at + 1 :]
    try:
        (document,) = parse_device_response(data)
        signed = document.issuer_signed
        leaf = verify_chain(signed.chain, ANCHORS, now=NOW, usage=DOCUMENT_SIGNER)
        issued = verify_issuer_signed(signed, leaf, now=NOW)
        verify_device_signature(document, issued.device_key, transcript=TRANSCRIPT)
    except CredentialError:
        return
    assert issued.elements in ({NAMESPACE: {"family_name": "Z"}}, {})  # or shows nothing at all
