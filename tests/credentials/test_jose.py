"""Proofs of possession bring their key; nothing else does. JSON has one reading."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials.errors import FormatError, SignatureError
from credentials.jose import parse_jws, same_key, sign_jws, sign_with_jwk, verify_jws
from credentials.json_text import encode_json, parse_json, parse_object
from credentials.jwk import load_jwk, public_jwk
from tests.credentials.made import HOLDER, STRANGER
from tests.credentials.sd_jwt.issuing import forge

TYP = "openid4vci-proof+jwt"


def test_a_proof_brings_the_key_it_proves() -> None:
    jwk = public_jwk(HOLDER.public_key)
    text = sign_with_jwk({"aud": "https://ikd.example"}, HOLDER, typ=TYP, jwk=jwk)
    proof = parse_jws(text, typ=TYP, key_in_header=True)
    assert proof.jwk is not None
    key = load_jwk(proof.jwk)
    assert same_key(key, HOLDER.public_key)
    assert not same_key(key, STRANGER.public_key)
    assert verify_jws(proof, key) == {"aud": "https://ikd.example"}
    with pytest.raises(FormatError, match="JWS_JWK"):
        parse_jws(text, typ=TYP)


def test_a_proof_with_another_key_than_its_own_does_not_hold() -> None:
    jwk = public_jwk(STRANGER.public_key)
    proof = parse_jws(sign_with_jwk({}, HOLDER, typ=TYP, jwk=jwk), typ=TYP, key_in_header=True)
    assert proof.jwk is not None
    with pytest.raises(SignatureError, match="SIGNATURE_INVALID"):
        verify_jws(proof, load_jwk(proof.jwk))


def test_a_key_in_the_header_is_an_object() -> None:
    text = forge({"alg": "ES256", "typ": TYP, "jwk": "x"}, {}, HOLDER)
    with pytest.raises(FormatError, match="JWS_JWK"):
        parse_jws(text, typ=TYP, key_in_header=True)


def test_a_key_id_selects_and_proves_nothing() -> None:
    read = parse_jws(sign_jws({}, HOLDER, typ="JWT", kid="k-1"), typ="JWT")
    assert (read.kid, read.chain, read.jwk) == ("k-1", (), None)
    assert parse_jws(sign_jws({}, HOLDER, typ="JWT"), typ="JWT").kid is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":1}', {"a": 1}),
        (' \n[1,2.5,"x"]\t', [1, 2.5, "x"]),
        ("true", True),
        ("-9007199254740991", -9007199254740991),
        ('"\\u00e9\\ud83d\\ude00"', "é😀"),
    ],
)
def test_json_is_read(text: str, value: object) -> None:
    assert parse_json(text.encode()) == value
    assert parse_json(encode_json(value)) == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "JSON_INVALID"),
        (" ", "JSON_INVALID"),
        ("{", "JSON_INVALID"),
        ("{}x", "JSON_INVALID"),
        ("{'a':1}", "JSON_INVALID"),
        ('{"a":1,"a":1}', "JSON_INVALID"),
        ('{"a":{"b":1,"b":2}}', "JSON_INVALID"),
        ('{"a":1,"\\u0061":2}', "JSON_INVALID"),
        ("[NaN]", "JSON_INVALID"),
        ("[-Infinity]", "JSON_INVALID"),
        ("[1e400]", "JSON_INVALID"),
        ("[9007199254740992]", "JSON_INVALID"),
        ('["\\udc00"]', "JSON_INVALID"),
        ('["a\nb"]', "JSON_INVALID"),
        ("[" * 17 + "]" * 17, "JSON_DEPTH"),
        ('{"a":' * 17 + "1" + "}" * 17, "JSON_DEPTH"),
        ("[" * 100_000, "JSON_INVALID"),
    ],
    ids=lambda one: str(one)[:30],
)
def test_json_of_two_readings_is_refused(text: str, code: str) -> None:
    with pytest.raises(FormatError, match=code):
        parse_json(text.encode())


def test_breadth_is_not_depth() -> None:
    assert parse_json(b"[" + b"[]," * 500 + b"[]]") == [[]] * 501
    with pytest.raises(FormatError, match="JSON_NOT_OBJECT"):
        parse_object(b"[]")


@given(st.binary(max_size=80))
def test_any_bytes_are_json_or_a_format_error(data: bytes) -> None:
    try:
        value = parse_json(data)
    except FormatError as error:
        assert error.code.startswith("JSON_")  # noqa: PT017  the property
    else:
        assert json.loads(data) == value
