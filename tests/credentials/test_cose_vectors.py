"""COSE_Sign1 messages of others: the COSE working group, and ISO 18013-5 Annex D.

Our reader is stricter and smaller than COSE. Where it differs from a vector, the difference is
named in DEVIATIONS with its reason, and the test checks that it is exactly that difference.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from credentials import cose
from credentials.errors import CredentialError, FormatError, SignatureError
from credentials.jwk import b64url_decode
from credentials.signing import PublicKey
from tests.credentials.made import VECTORS

COSE = VECTORS / "cose-wg"
FILES = sorted(path.relative_to(COSE).as_posix() for path in COSE.glob("*/*.json"))
TAG_SIGN1 = b"\xd2"

# file: (code, why). We refuse what the vector's author accepts.
DEVIATIONS = {
    "ecdsa-examples/ecdsa-sig-02.json": ("KEY_MISMATCH", "P-384: we sign with P-256 only"),
    "ecdsa-examples/ecdsa-sig-03.json": ("KEY_MISMATCH", "P-521: we sign with P-256 only"),
    "ecdsa-examples/ecdsa-sig-04.json": (
        "ALG_MISMATCH",
        "ES512 with a P-256 key: the trust list says ES256 for it, and the header may not differ",
    ),
    "eddsa-examples/eddsa-sig-02.json": ("KEY_MISMATCH", "Ed448: of EdDSA we know Ed25519 only"),
}


def _load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((COSE / name).read_text(encoding="utf-8"))
    return loaded


def _octets(key: dict[str, str], name: str) -> bytes:
    return bytes.fromhex(key[f"{name}_hex"]) if f"{name}_hex" in key else b64url_decode(key[name])


def _key(key: dict[str, str]) -> PublicKey | None:
    curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
    if key["kty"] == "EC":
        size = (curves[key["crv"]].key_size + 7) // 8
        point = _octets(key, "x").rjust(size, b"\0") + _octets(key, "y").rjust(size, b"\0")
        return ec.EllipticCurvePublicKey.from_encoded_point(curves[key["crv"]], b"\4" + point)
    if key["crv"] == "Ed25519":
        return ed25519.Ed25519PublicKey.from_public_bytes(_octets(key, "x"))
    return None


def _read(name: str) -> bytes:
    """Verify a vector as a verifier of ours would: tag 18 removed, algorithm from the key."""
    vector = _load(name)
    signed = vector["input"]["sign0"]
    key = _key(signed["key"])
    if key is None:
        raise SignatureError("KEY_MISMATCH")
    data = bytes.fromhex(vector["output"]["cbor"]).removeprefix(TAG_SIGN1)
    alg = -8 if isinstance(key, ed25519.Ed25519PublicKey) else -7
    aad = bytes.fromhex(signed.get("external", ""))
    if name in {"ecdsa-examples/ecdsa-sig-02.json", "ecdsa-examples/ecdsa-sig-03.json"}:
        alg = cose.parse_sign1(data).alg or alg  # past the header, the key itself is refused
        with pytest.raises(SignatureError, match="ALG_UNKNOWN"):
            cose.verify_sign1(cose.parse_sign1(data), key, external_aad=aad, alg=alg)
        raise SignatureError("KEY_MISMATCH")
    return cose.verify_sign1(cose.parse_sign1(data), key, external_aad=aad, alg=alg)


@pytest.mark.parametrize("name", FILES)
def test_a_working_group_vector(name: str) -> None:
    vector = _load(name)
    if vector.get("fail"):
        with pytest.raises(CredentialError):
            _read(name)
    elif name in DEVIATIONS:
        with pytest.raises(CredentialError) as caught:
            _read(name)
        assert caught.value.code == DEVIATIONS[name][0]
    else:
        payload = _read(name)
        if "plaintext" in vector["input"]:
            assert payload == vector["input"]["plaintext"].encode()


def test_there_are_enough_vectors() -> None:
    assert len(FILES) == 17
    assert set(DEVIATIONS) < set(FILES)


def test_an_empty_protected_map_counts_as_an_empty_string() -> None:
    """RFC 9052 section 4.4; sign-pass-01 writes h'a0' and signs h''. Its alg is unprotected."""
    vector = _load("sign1-tests/sign-pass-01.json")
    data = bytes.fromhex(vector["output"]["cbor"]).removeprefix(TAG_SIGN1)
    message = cose.parse_sign1(data)
    assert message.protected == b"\xa0"
    assert message.alg is None
    assert message.kid is None  # an unprotected key id is not looked at
    signed = cose.sig_structure(message.protected, b"", message.payload)
    assert signed.hex().upper() == vector["intermediates"]["ToBeSign_hex"]


def test_tags_are_refused() -> None:
    data = bytes.fromhex(_load("sign1-tests/sign-pass-02.json")["output"]["cbor"])
    with pytest.raises(FormatError):
        cose.parse_sign1(data)


# ------------------------------------------------------------------ ISO 18013-5 Annex D

ANNEX_D = json.loads((VECTORS / "iso18013-5-annexD" / "annexD.json").read_text(encoding="utf-8"))


def _annex(name: str) -> bytes:
    return bytes.fromhex(ANNEX_D[name])


def test_the_issuer_of_annex_d_signed_its_mdl() -> None:
    document = cbor2.loads(_annex("DEVICE_RESPONSE"))["documents"][0]
    message = cose.sign1_of(list(document["issuerSigned"]["issuerAuth"]))
    key = x509.load_der_x509_certificate(_annex("DS_CERT")).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    payload = cose.verify_sign1(message, key, external_aad=b"")
    assert b"org.iso.18013.5.1.mDL" in payload
    with pytest.raises(SignatureError):
        cose.verify_sign1(message, key, external_aad=b"IKD-ID1-CRED")


def test_the_reader_of_annex_d_signed_its_request_with_a_detached_payload() -> None:
    """Deviation: our parser wants the payload inside, so the detached one is put there first."""
    protected, unprotected, payload, signature = cbor2.loads(_annex("READER_AUTH"))
    assert payload is None
    with pytest.raises(FormatError, match="COSE_NOT_SIGN1"):
        cose.sign1_of([protected, dict(unprotected), payload, signature])
    transcript = cbor2.loads(cbor2.loads(_annex("SESSION_TRANSCRIPT_BYTES")).value)
    items = cbor2.CBORTag(24, _annex("ITEMS_REQUEST"))
    authentication = cbor2.dumps(["ReaderAuthentication", transcript, items])
    detached = cbor2.dumps(cbor2.CBORTag(24, authentication))
    message = cose.UnverifiedSign1(protected, {}, detached, signature)
    key = x509.load_der_x509_certificate(_annex("READER_CERT")).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert cose.verify_sign1(message, key, external_aad=b"") == detached


def test_every_vector_folder_names_its_source() -> None:
    folders = {"base45", "claim169", "cose-wg", "iso18013-5-annexD", "token-status-list"}
    assert {path.parent.name for path in Path(VECTORS).glob("*/SOURCE.md")} >= folders
