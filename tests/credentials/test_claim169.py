"""MOSIP claim 169 QRs of others."""

from __future__ import annotations

import json
import zlib
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from credentials.claim169 import NAMES, Claim169, parse_claim169, verify_claim169
from credentials.errors import CredentialError, FormatError, SignatureError
from credentials.qr_text import base45_encode
from credentials.signing import PublicKey
from tests.credentials.made import ISSUER, VECTORS

FOLDER = VECTORS / "claim169"
FILES = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(FOLDER.glob("*/*.json"))
}
ENCRYPTED = {"encrypted-aes256", "encrypted-signed"}
# The vectors' names for what we refuse, and our codes.
REFUSALS = {
    "bad-base45": "BASE45_CHARACTER",
    "bad-zlib": "ZLIB_INVALID",
    "not-cose": "CLAIM169_NOT_SIGN1",
    "missing-169": "CLAIM169_MISSING",
}
# Deviations: what the vectors expect and we do not read, by their names.
#   biometrics (keys 50 and above): templates are not for a teller's eyes
NOT_READ = {"face", "rightThumb", "rightPointerFinger"}
READABLE = sorted(set(FILES) - ENCRYPTED - set(REFUSALS))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _pack(payload: object, *, protected: bytes = b"\xa1\x01\x26", tag: bool = True) -> str:
    message: object = [protected, {}, cbor2.dumps(payload), b"s" * 64]
    if tag:
        message = cbor2.CBORTag(61, cbor2.CBORTag(18, message))
    return base45_encode(zlib.compress(cbor2.dumps(message)))


def _key(vector: dict[str, Any]) -> tuple[PublicKey, int]:
    data = bytes.fromhex(vector["signing_key"]["public_key_hex"])
    if vector["signing_key"]["algorithm"] == "EdDSA":
        return ed25519.Ed25519PublicKey.from_public_bytes(data), -8
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data), -7


@pytest.mark.parametrize("name", READABLE)
def test_a_readable_vector(name: str) -> None:
    claim = parse_claim169(FILES[name]["qr_data"]).claim
    expected = FILES[name]["expected_claim169"]
    found = {_camel(key): value for key, value in claim.values.items()}
    readable = {key: value for key, value in expected.items() if key not in NOT_READ}
    assert {key: found[key] for key in readable if key not in {"photo", "bestQualityFingers"}} == {
        key: value for key, value in readable.items() if key not in {"photo", "bestQualityFingers"}
    }
    meta = FILES[name].get("expected_cwt_meta", {})
    assert claim.issuer == meta.get("issuer", claim.issuer)
    assert claim.expires_at == meta.get("expiresAt", claim.expires_at)
    assert claim.not_before == meta.get("notBefore")
    assert claim.issued_at == meta.get("issuedAt", claim.issued_at)


@pytest.mark.parametrize("name", REFUSALS)
def test_an_invalid_vector(name: str) -> None:
    with pytest.raises(FormatError, match=REFUSALS[name]):
        parse_claim169(FILES[name]["qr_data"])


@pytest.mark.parametrize("name", sorted(ENCRYPTED))
def test_encrypted_ones_are_refused_by_name(name: str) -> None:
    """Deviation: the vectors hold a symmetric key; a verifier of ours holds none."""
    with pytest.raises(FormatError, match="CLAIM169_ENCRYPTED"):
        parse_claim169(FILES[name]["qr_data"])


@pytest.mark.parametrize("name", ["ecdsa-p256-signed", "ed25519-signed"])
def test_signed_ones_verify_with_their_key_only(name: str) -> None:
    unverified = parse_claim169(FILES[name]["qr_data"])
    key, alg = _key(FILES[name])
    claim = verify_claim169(unverified, key, alg=alg)
    assert isinstance(claim, Claim169)
    assert claim.values["id"] == FILES[name]["expected_claim169"]["id"]
    other = ISSUER.public_key if alg == -7 else ed25519.Ed25519PrivateKey.generate().public_key()
    with pytest.raises(SignatureError, match="SIGNATURE_INVALID"):
        verify_claim169(unverified, other, alg=alg)
    with pytest.raises(SignatureError, match="ALG_MISMATCH"):
        verify_claim169(unverified, key, alg=-7 - 8 - alg)


@pytest.mark.parametrize("name", sorted(set(READABLE) - {"ecdsa-p256-signed", "ed25519-signed"}))
def test_unsigned_ones_never_verify(name: str) -> None:
    """Deviation: the vectors call them valid without a signature; we believe signed ones only."""
    unverified = parse_claim169(FILES[name]["qr_data"])
    with pytest.raises(SignatureError):
        verify_claim169(unverified, ed25519.Ed25519PrivateKey.generate().public_key(), alg=-8)


def test_there_are_as_many_vectors_as_published() -> None:
    assert len(FILES) == 18
    assert len(READABLE) == 12
    assert len(set(NAMES.values())) == 23


@pytest.mark.parametrize("tag", [True, False])
def test_tags_61_and_18_may_be_there_or_not(*, tag: bool) -> None:
    found = parse_claim169(_pack({169: {4: "SITI"}, 4: 5.5}, tag=tag)).claim
    assert found == Claim169({"full_name": "SITI"}, None, None, None, 5)


@pytest.mark.parametrize(
    "payload",
    [{169: []}, {169: {4: {}}}, {169: {4: "x" * 2001}}, {169: {4: ["x"]}}, {169: {4: 1.5}},
     {169: {}, 1: 7}, {169: {}, 4: "soon"}, {169: {}, 4: -1}, {169: {}, 4: float("nan")}, [], 7],
    ids=lambda payload: str(payload)[:30],
)  # fmt: skip
def test_wrong_claims_are_refused(payload: object) -> None:
    with pytest.raises(FormatError, match="CLAIM169_"):
        parse_claim169(_pack(payload))


@pytest.mark.parametrize("protected", [b"\x81\x01", b"\xa1\x01\x61x", b"\xa1\x02\x81\x01", b"\xff"])
def test_wrong_headers_are_refused(protected: bytes) -> None:
    with pytest.raises(FormatError):
        parse_claim169(_pack({169: {}}, protected=protected))


def test_other_messages_are_refused() -> None:
    for message in ([b"", {}, b""], [b"", {}, None, b""], ["", {}, b"", b""], [1, 2, 3, 4], 5):
        with pytest.raises(FormatError):
            parse_claim169(base45_encode(zlib.compress(cbor2.dumps(message))))


def test_a_text_that_inflates_too_far_is_refused() -> None:
    with pytest.raises(FormatError, match="ZLIB_TOO_LARGE"):
        parse_claim169(base45_encode(zlib.compress(bytes(1_000_000), 9)))
    with pytest.raises(FormatError, match="QR_TOO_LONG"):
        parse_claim169("0" * 4297)


@given(st.text(max_size=60) | st.binary(max_size=90).map(lambda x: base45_encode(zlib.compress(x))))
def test_any_text_is_refused_with_our_error(text: str) -> None:
    with pytest.raises(FormatError):
        parse_claim169(text)


@given(st.data())
def test_any_changed_character_gives_our_error_or_the_same_claim(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["ecdsa-p256-signed", "ed25519-signed"]))
    text = FILES[name]["qr_data"]
    position = data.draw(st.integers(0, len(text) - 1))
    changed = text[:position] + data.draw(st.characters()) + text[position + 1 :]
    key, alg = _key(FILES[name])
    try:
        claim = verify_claim169(parse_claim169(changed), key, alg=alg)
    except CredentialError:
        return
    assert claim == parse_claim169(text).claim  # zlib's header has bits nobody reads
