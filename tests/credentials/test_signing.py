"""Keys, signatures and JSON Web Keys."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from credentials import signing
from credentials.errors import FormatError, SignatureError
from credentials.jwk import b64url_decode, b64url_encode, load_jwk, public_jwk, thumbprint
from credentials.signing import PemSigner
from tests.credentials.made import HOLDER, ISSUER

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=50)),
    lambda inner: st.dictionaries(st.text(max_size=4), inner, max_size=4),
)


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def test_what_is_signed_verifies_and_nothing_else() -> None:
    signature = ISSUER.sign(b"data")
    assert len(signature) == 64
    signing.verify_es256(ISSUER.public_key, b"data", signature)
    for key, data, value in [
        (ISSUER.public_key, b"Data", signature),
        (HOLDER.public_key, b"data", signature),
        (ISSUER.public_key, b"data", signature[:-1]),
        (ISSUER.public_key, b"data", signature + b"\0"),
        (ISSUER.public_key, b"data", b""),
        (ISSUER.public_key, b"data", bytes(64)),
        (ISSUER.public_key, b"data", b"\xff" * 64),
    ]:
        with pytest.raises(SignatureError, match="SIGNATURE_INVALID"):
            signing.verify_es256(key, data, value)


def test_the_twin_of_a_signature_verifies_too() -> None:
    """ECDSA is malleable: this is why no signature is ever used as an identifier."""
    signature = ISSUER.sign(b"data")
    twin = signature[:32] + (ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    assert twin != signature
    signing.verify_es256(ISSUER.public_key, b"data", twin)


def test_keys_of_another_kind_are_refused() -> None:
    p384 = ec.generate_private_key(ec.SECP384R1())
    edwards = ed25519.Ed25519PrivateKey.generate()
    for key in (p384.public_key(), edwards.public_key()):
        with pytest.raises(SignatureError, match="KEY_MISMATCH"):
            signing.verify_es256(key, b"data", bytes(64))
    with pytest.raises(SignatureError, match="KEY_MISMATCH"):
        signing.verify_eddsa(ISSUER.public_key, b"data", bytes(64))
    with pytest.raises(SignatureError, match="ALG_UNKNOWN"):
        signing.verify_signature(ISSUER.public_key, -35, b"data", bytes(64))
    signing.verify_signature(edwards.public_key(), -8, b"data", edwards.sign(b"data"))
    with pytest.raises(SignatureError):
        signing.verify_signature(edwards.public_key(), -8, b"date", edwards.sign(b"data"))


def test_only_p256_pem_keys_are_loaded() -> None:
    for key in (
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ):
        with pytest.raises(FormatError, match="KEY_NOT_P256"):
            PemSigner(_pem(key))
    for text in (b"", b"nonsense", _pem(ec.generate_private_key(ec.SECP256R1()))[:60]):
        with pytest.raises(FormatError, match="KEY_INVALID"):
            PemSigner(text)


def test_a_signer_keeps_its_key_and_names_it() -> None:
    pem = signing.generate_pem()
    signer = PemSigner(pem)
    assert signer.kid == signing.key_id(signer.public_key) == PemSigner(pem).kid
    assert len(signer.kid) == 4
    assert b64url_decode(thumbprint(signer.public_key))[:4] == signer.kid
    assert PemSigner(pem, kid=b"root").kid == b"root"


def test_the_thumbprint_of_rfc_7638_form_does_not_depend_on_member_order() -> None:
    jwk: dict[str, object] = {**public_jwk(ISSUER.public_key), "use": "sig", "kid": "x"}
    assert thumbprint(dict(reversed(jwk.items()))) == thumbprint(ISSUER.public_key)


def test_a_known_thumbprint() -> None:
    """The P-256 key of RFC 9449 (figure 2) has the thumbprint of its section 6.1."""
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    }
    assert thumbprint(jwk) == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def test_compressed_points_come_back() -> None:
    for signer in (ISSUER, HOLDER):
        point = signing.compress(signer.public_key)
        assert len(point) == 33
        assert signing.compress(signing.load_compressed(point)) == point


@given(st.binary(max_size=40) | st.binary(min_size=32, max_size=32).map(lambda x: b"\2" + x))
def test_any_bytes_are_a_point_or_our_error(data: bytes) -> None:
    try:
        key = signing.load_compressed(data)
    except FormatError:
        return
    assert signing.compress(key) == data


def test_uncompressed_and_infinite_points_are_refused() -> None:
    for data in (b"\0", b"\0" * 33, b"\4" + bytes(32), b"\2" + b"\xff" * 32):
        with pytest.raises(FormatError):
            signing.load_compressed(data)


def test_public_jwks_come_back_and_private_ones_are_refused() -> None:
    jwk: dict[str, object] = dict(public_jwk(HOLDER.public_key))
    assert signing.compress(load_jwk(jwk)) == signing.compress(HOLDER.public_key)
    with pytest.raises(FormatError, match="JWK_PRIVATE"):
        load_jwk({**jwk, "d": "AA"})
    for change in (
        {"crv": "P-384"},
        {"kty": "RSA"},
        {"x": 1},
        {"x": ""},
        {"y": None},
        {"x": jwk["y"]},
        {"x": str(jwk["x"]) + "="},
        {"x": "+" + str(jwk["x"])[1:]},
    ):
        with pytest.raises(FormatError):
            load_jwk({**jwk, **change})


@given(JSON)
def test_any_json_is_a_key_or_our_error(value: object) -> None:
    with pytest.raises(FormatError):
        load_jwk(value)  # type: ignore[arg-type]


@given(st.text(max_size=40))
def test_base64url_has_one_reading(text: str) -> None:
    try:
        data = b64url_decode(text)
    except FormatError:
        return
    assert b64url_encode(data) == text
