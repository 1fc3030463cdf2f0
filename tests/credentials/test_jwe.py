"""Encrypted requests and responses: the RFC's key derivation, and what is refused."""

from __future__ import annotations

import json
import os
import zlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials.errors import CredentialError, FormatError, LintError, SignatureError
from credentials.jwe import (
    KEY_SIZES,
    MAX_SIZE,
    _ephemeral_key,
    decrypt_jwe,
    derive_key,
    encrypt_jwe,
    parse_jwe,
)
from credentials.jwk import b64url_decode, b64url_encode, load_jwk, public_jwk
from tests.credentials.sd_jwt.issuing import counting, encode

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
TEXT = b'{"vp_token":{"q":["x"]}}'

# RFC 7518 appendix C: Alice's ephemeral key, Bob's key, and the key they agree on.
ALICE = {
    "kty": "EC",
    "crv": "P-256",
    "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
    "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
}
ALICE_D = "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo"
BOB = {
    "kty": "EC",
    "crv": "P-256",
    "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
    "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
}
BOB_D = "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"


def _private(d: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(b64url_decode(d), "big"), ec.SECP256R1())


def _jwe(**changes: Any) -> str:
    """Encrypt TEXT, then put other members into the header: only the reading is tested."""
    head, *rest = encrypt_jwe(TEXT, KEY.public_key(), enc="A128GCM", random=os.urandom).split(".")
    header = {**json.loads(b64url_decode(head)), **changes}
    members = {name: value for name, value in header.items() if value is not ...}
    return ".".join((encode(members), *rest))


def test_the_key_of_the_rfc_is_derived_on_both_sides() -> None:
    expected = "VqqN6vgjbSBcIijNcacQGg"
    for d, public in ((ALICE_D, BOB), (BOB_D, ALICE)):
        secret = _private(d).exchange(ec.ECDH(), load_jwk(public))
        assert b64url_encode(derive_key(secret, "A128GCM", b"Alice", b"Bob")) == expected


@pytest.mark.parametrize("enc", KEY_SIZES)
@pytest.mark.parametrize("party", [b"", b"\0\xff", b"Alice"])
def test_what_is_encrypted_is_read_by_its_recipient_only(enc: str, party: bytes) -> None:
    text = encrypt_jwe(
        TEXT,
        KEY.public_key(),
        enc=enc,
        random=os.urandom,
        kid="k1",
        apu=party,
        apv=party,
        typ="JWT",
    )
    unopened = parse_jwe(text)
    assert (unopened.kid, unopened.enc, unopened.header["typ"]) == ("k1", enc, "JWT")
    assert (unopened.apu, unopened.apv) == (party, party)
    assert decrypt_jwe(unopened, KEY) == TEXT
    with pytest.raises(SignatureError, match="DECRYPTION_FAILED"):
        decrypt_jwe(unopened, OTHER)


def test_every_message_has_a_key_of_its_own() -> None:
    first, second = (
        encrypt_jwe(TEXT, KEY.public_key(), enc="A256GCM", random=os.urandom) for _ in range(2)
    )
    assert parse_jwe(first).header["epk"] != parse_jwe(second).header["epk"]
    assert parse_jwe(first).kid is None
    made = _ephemeral_key(counting())
    assert public_jwk(made.public_key()) == public_jwk(_ephemeral_key(counting()).public_key())


def test_a_cipher_that_is_not_ours_is_not_written() -> None:
    with pytest.raises(LintError, match="JWE_ENC"):
        encrypt_jwe(TEXT, KEY.public_key(), enc="A128CBC-HS256", random=os.urandom)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"alg": "dir"}, "JWE_ALG"),
        ({"alg": "ECDH-ES+A128KW"}, "JWE_ALG"),
        ({"alg": "RSA-OAEP"}, "JWE_ALG"),
        ({"alg": "PBES2-HS256+A128KW", "p2c": 10**9}, "JWE_ALG"),
        ({"alg": ...}, "JWE_ALG"),
        ({"enc": "A128CBC-HS256"}, "JWE_ENC"),
        ({"enc": ["A128GCM"]}, "JWE_ENC"),
        ({"enc": ...}, "JWE_ENC"),
        ({"zip": "DEF"}, "JWE_HEADER"),
        ({"crit": ["exp"]}, "JWE_HEADER"),
        ({"p2c": 10**9}, "JWE_HEADER"),
        ({"jku": "https://x"}, "JWE_HEADER"),
        ({"x5u": "https://x"}, "JWE_HEADER"),
        ({"jwk": {}}, "JWE_HEADER"),
        ({"kid": 7}, "JWE_HEADER"),
        ({"kid": "k" * 600}, "JWE_HEADER"),
        ({"epk": ...}, "JWE_HEADER"),
        ({"epk": "x"}, "JWE_HEADER"),
        ({"apu": 7}, "JWE_HEADER"),
        ({"apv": "a" * 2000}, "JWE_HEADER"),
        ({"apu": "*"}, "BASE64_INVALID"),
        ({"epk": {"kty": "OKP", "crv": "X25519", "x": "AA"}}, "JWK_NOT_P256"),
        ({"epk": {**ALICE, "y": ALICE["x"]}}, "KEY_NOT_ON_CURVE"),
        ({"epk": {**ALICE, "d": ALICE_D}}, "JWK_PRIVATE"),
        ({"nested": [[[[1]]]]}, "JSON_DEPTH"),
    ],
    ids=str,
)
def test_a_header_that_would_decide_how_it_is_opened_is_refused(
    changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(FormatError) as caught:
        parse_jwe(_jwe(**changes))
    assert caught.value.code == code


def test_a_compressed_bomb_is_refused_before_it_is_opened() -> None:
    bomb = zlib.compress(bytes(1 << 22), 9)[2:-4]
    head, *_ = encrypt_jwe(bomb, KEY.public_key(), enc="A128GCM", random=os.urandom).split(".")
    header = {**json.loads(b64url_decode(head)), "zip": "DEF"}
    rest = encrypt_jwe(bomb, KEY.public_key(), enc="A128GCM", random=os.urandom).split(".")[1:]
    with pytest.raises(FormatError, match="JWE_HEADER"):
        parse_jwe(".".join((encode(header), *rest)))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda parts: parts[:4], "JWE_FORMAT"),
        (lambda parts: [*parts, ""], "JWE_FORMAT"),
        (lambda parts: [parts[0], "AAAA", *parts[2:]], "JWE_FORMAT"),
        (lambda parts: [*parts[:2], "AAAA", *parts[3:]], "JWE_FORMAT"),
        (lambda parts: [*parts[:4], "AAAA"], "JWE_FORMAT"),
        (lambda parts: [*parts[:3], "A" * MAX_SIZE, parts[4]], "JWE_FORMAT"),
        (lambda parts: ["W10", *parts[1:]], "JSON_NOT_OBJECT"),
    ],
)
def test_parts_of_another_form_are_refused(change: Any, code: str) -> None:
    with pytest.raises(FormatError, match=code):
        parse_jwe(".".join(change(_jwe().split("."))))


GOOD = _jwe(kid="k")


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=60)
    | st.tuples(st.integers(0, len(GOOD) - 1), st.characters(codec="ascii")).map(
        lambda change: GOOD[: change[0]] + change[1] + GOOD[change[0] + 1 :]
    )
)
def test_any_text_is_refused_with_an_error_of_ours(text: str) -> None:
    """GOOD itself does not open: its header was changed after it was sealed."""
    with pytest.raises(CredentialError):
        decrypt_jwe(parse_jwe(text), KEY)
