"""Credentials as SD-JWT VC: issued, shown in part, bound to a verifier, verified."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials.claim_path import find_values, parse_path
from credentials.disclosures import Selective, conceal, parse_disclosures
from credentials.errors import ClaimError, CredentialError, FormatError, LintError, SignatureError
from credentials.jose import parse_jws
from credentials.json_text import parse_json
from credentials.jwk import b64url_decode, public_jwk, thumbprint
from credentials.key_binding import bind, verify_key_binding
from credentials.sd_jwt import _Reader, parse_sd_jwt, present, verify_sd_jwt
from credentials.sd_jwt_vc import TYP, parse_sd_jwt_vc, verify_sd_jwt_vc
from credentials.x509_chain import check_issuer, verify_chain
from tests.credentials.made import DAY, HOLDER, NOW, STRANGER
from tests.credentials.sd_jwt.issuing import (
    ANCHORS,
    AUDIENCE,
    CLAIMS,
    ISSUER_URI,
    LEAF_KEY,
    NONCE,
    PLAIN,
    STATUS,
    VCT,
    counting,
    credential,
    opened,
)

TEXT = credential()
BOUND = bind(
    present(parse_sd_jwt_vc(TEXT), [("name",)]),
    HOLDER,
    audience=AUDIENCE,
    nonce=NONCE,
    issued_at=NOW,
)


def test_a_credential_comes_back_whole() -> None:
    unverified = parse_sd_jwt_vc(TEXT)
    leaf = verify_chain(unverified.jws.chain, ANCHORS, now=NOW)
    verified = verify_sd_jwt_vc(unverified, leaf.public_key, now=NOW)
    assert verified.issuer == ISSUER_URI
    check_issuer(leaf, verified.issuer)
    assert verified.vct == VCT
    assert verified.status == STATUS
    assert {name: verified.claims[name] for name in PLAIN} == PLAIN
    assert verified.holder_key is not None
    assert thumbprint(verified.holder_key) == thumbprint(HOLDER.public_key)


def test_the_signed_part_says_nothing_of_what_may_be_withheld() -> None:
    header, payload = opened(TEXT)
    assert header["typ"] == "dc+sd-jwt"
    assert len(header["x5c"]) == 1
    assert payload["_sd"] == sorted(payload["_sd"])
    assert "SITI" not in json.dumps(payload)
    assert payload["cnf"] == {"jwk": public_jwk(HOLDER.public_key)}
    assert payload["status"] == {"status_list": {"idx": 1234, "uri": STATUS.uri}}
    assert {type(payload[name]) for name in ("iat", "nbf", "exp")} == {int}


def test_salts_are_128_bits_and_never_the_same() -> None:
    salts = [json.loads(b64url_decode(one.text))[0] for one in parse_sd_jwt_vc(TEXT).disclosures]
    assert len(set(salts)) == len(salts) == 7
    assert {len(salt) for salt in salts} == {22}


def _verify(text: str) -> None:
    unverified = parse_sd_jwt_vc(text)
    verify_sd_jwt_vc(unverified, LEAF_KEY.public_key, now=NOW)
    verify_key_binding(unverified, HOLDER.public_key, audience=AUDIENCE, nonce=NONCE, now=NOW)


def test_only_what_is_known_stands_in_the_open() -> None:
    bare = credential(holder_key=None, status=None, issuer=None, vct_integrity="sha256-x")
    _, payload = opened(bare)
    assert set(payload) - {"_sd", "_sd_alg", *PLAIN} == {
        "vct",
        "vct#integrity",
        "iat",
        "nbf",
        "exp",
    }
    verified = verify_sd_jwt_vc(parse_sd_jwt_vc(bare), LEAF_KEY.public_key, now=NOW)
    assert (verified.holder_key, verified.status, verified.issuer) == (None, None, None)


def test_only_a_whole_presentation_is_bound() -> None:
    for text in (TEXT[:-1], "", "é~"):
        with pytest.raises(FormatError, match="SDJWT_FORMAT"):
            bind(text, HOLDER, audience=AUDIENCE, nonce=NONCE, issued_at=NOW)


def test_decoys_hide_how_many_claims_there_are() -> None:
    _, payload = opened(credential(decoys=5))
    assert len(payload["_sd"]) == 3 + 5
    assert len(payload["nationalities"]) == 2 + 5
    verified = verify_sd_jwt(parse_sd_jwt(credential(decoys=5), typ=TYP), LEAF_KEY.public_key)
    assert verified["nationalities"] == ["ID", "NL"]


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        ([], {"nationalities": []}),
        ([("name",)], {"name": "SITI AMINAH", "nationalities": []}),
        ([("address", "postal_code")], {"address": {"postal_code": "11450"}, "nationalities": []}),
        ([("address",)], {"address": PLAIN["address"], "nationalities": []}),
        ([("nationalities", 1)], {"nationalities": ["NL"]}),
        ([("nationalities", None)], {"nationalities": ["ID", "NL"]}),
        ([("issuing_country",)], {"nationalities": []}),
    ],
)
def test_only_what_is_asked_for_is_shown(
    paths: list[tuple[str | int | None, ...]], shown: dict[str, object]
) -> None:
    text = present(parse_sd_jwt_vc(TEXT), paths)
    verified = verify_sd_jwt_vc(parse_sd_jwt_vc(text), LEAF_KEY.public_key, now=NOW)
    assert {name: verified.claims[name] for name in PLAIN if name in verified.claims} == {
        "issuing_country": "ID",
        **shown,
    }


def test_what_the_credential_does_not_have_cannot_be_shown() -> None:
    for path in (("religion",), ("name", "x"), ("nationalities", 2), ("name", None)):
        with pytest.raises(ClaimError, match="CLAIM_ABSENT"):
            present(parse_sd_jwt_vc(TEXT), [path])


def test_a_presentation_is_for_one_verifier_one_nonce_and_now() -> None:
    unverified = parse_sd_jwt_vc(BOUND)
    binding = verify_key_binding(
        unverified, HOLDER.public_key, audience=AUDIENCE, nonce=NONCE, now=NOW + 10
    )
    assert (binding.issued_at, binding.audience) == (NOW, AUDIENCE)
    assert unverified.presented == BOUND[: BOUND.rindex("~") + 1]


def test_disclosures_added_or_removed_after_binding_are_noticed() -> None:
    head, name, proof = BOUND.split("~")
    other = parse_sd_jwt_vc(TEXT).disclosures[1].text
    for text in (f"{head}~{proof}", f"{head}~{name}~{other}~{proof}", f"{head}~{other}~{proof}"):
        with pytest.raises(SignatureError, match="KEY_BINDING_HASH"):
            verify_key_binding(
                parse_sd_jwt_vc(text), HOLDER.public_key, audience=AUDIENCE, nonce=NONCE, now=NOW
            )
    assert name == parse_sd_jwt_vc(TEXT).disclosures[0].text


def test_a_stolen_credential_is_of_no_use() -> None:
    with pytest.raises(SignatureError, match="SIGNATURE_INVALID"):
        verify_key_binding(
            parse_sd_jwt_vc(BOUND), STRANGER.public_key, audience=AUDIENCE, nonce=NONCE, now=NOW
        )
    with pytest.raises(SignatureError, match="KEY_BINDING_MISSING"):
        verify_key_binding(
            parse_sd_jwt_vc(TEXT), HOLDER.public_key, audience=AUDIENCE, nonce=NONCE, now=NOW
        )


def test_a_credential_lives_from_its_beginning_to_its_end() -> None:
    unverified = parse_sd_jwt_vc(TEXT)
    begin = NOW - NOW % DAY
    for moment, code in (
        (begin - 61, "ISSUED_IN_FUTURE"),
        (begin - 60, None),
        (begin + 14 * DAY + 59, None),
        (begin + 14 * DAY + 60, "EXPIRED"),
    ):
        if code is None:
            assert verify_sd_jwt_vc(unverified, LEAF_KEY.public_key, now=moment).vct == VCT
        else:
            with pytest.raises(ClaimError, match=code):
                verify_sd_jwt_vc(unverified, LEAF_KEY.public_key, now=moment)


def test_nothing_wrong_is_issued() -> None:
    for claims in (
        {"exp": 1},
        {"cnf": Selective({})},
        {"_sd": []},
        {"a": {"...": 1}},
        {"_sd_alg": 1},
    ):
        with pytest.raises(LintError, match="CLAIM_NAME"):
            credential({**CLAIMS, **claims})
    with pytest.raises(LintError, match="CLAIM_TIMES"):
        credential(expires_at=NOW - 100 * DAY)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)
NAMES = st.text(max_size=8).filter(lambda name: name not in {"_sd", "...", "_sd_alg"})


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, st.lists(JSON, max_size=3), max_size=5), st.integers(0, 3))
def test_whatever_is_concealed_comes_back(claims: dict[str, list[object]], decoys: int) -> None:
    try:
        parse_json(json.dumps(claims, ensure_ascii=False).encode(), max_depth=12)
        hidden = {
            name: Selective([Selective(one) for one in value]) for name, value in claims.items()
        }
        payload, texts = conceal(hidden, counting(), decoys=decoys)
    except (FormatError, LintError, UnicodeEncodeError):
        return  # surrogates, or reserved names deep inside
    assert _Reader(parse_disclosures(texts)).read(payload) == claims


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("latin-1")))
def test_any_text_is_a_value_or_a_format_error(text: str) -> None:
    for read in (
        parse_sd_jwt_vc,
        lambda one: parse_disclosures([one]),
        lambda one: parse_jws(one, typ="JWT"),
        lambda one: parse_json(one.encode("utf-8", "surrogatepass")),
    ):
        try:
            read(text)
        except FormatError as error:
            assert error.code  # noqa: PT017  the property is that nothing else comes out


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(BOUND) - 1), st.characters(codec="ascii"), st.booleans())
def test_a_changed_presentation_never_passes(at: int, character: str, cut: bool) -> None:  # noqa: FBT001
    text = BOUND[:at] + ("" if cut else character) + BOUND[at + 1 :]
    if text == BOUND:
        return
    with pytest.raises(CredentialError):
        _verify(text)


@given(JSON)
def test_any_json_is_a_path_or_a_format_error(value: object) -> None:
    try:
        path = parse_path(value)
    except FormatError as error:
        assert error.code == "PATH_FORMAT"  # noqa: PT017  a property
    else:
        assert find_values(PLAIN, path) is not None


def test_digests_are_over_the_text_as_it_travels() -> None:
    """RFC 9901 section 4.2.3, the example of the text."""
    text = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    (read,) = parse_disclosures([text])
    assert read.digest == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
    assert read.value == "Möbius"
    assert len(hashlib.sha256(text.encode()).digest()) == 32
