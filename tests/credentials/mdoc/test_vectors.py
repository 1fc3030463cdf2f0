"""mdocs of others: ISO 18013-5 Annex D, five implementations, OpenID4VP's session transcripts."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from credentials import cbor, tagged_cbor
from credentials.errors import FormatError, SignatureError
from credentials.jwk import b64url_decode, thumbprint
from credentials.mdoc_device import (
    authentication_bytes,
    parse_device_response,
    verify_device_signature,
)
from credentials.mdoc_issuer import (
    UnverifiedIssuerSigned,
    issuer_signed_of,
    parse_issuer_signed,
    verify_issuer_signed,
)
from credentials.mdoc_transcript import browser_transcript, redirect_transcript
from credentials.x509_chain import DOCUMENT_SIGNER, Anchors, Leaf, verify_chain
from tests.credentials.made import VECTORS

ANNEX_D = json.loads((VECTORS / "iso18013-5-annexD" / "annexD.json").read_text(encoding="utf-8"))
KEYS = json.loads((VECTORS / "iso18013-5-annexD" / "keys.json").read_text(encoding="utf-8"))
WORLD = json.loads(
    (VECTORS / "mdoc-real-world" / "animo_examples.json").read_text(encoding="utf-8")
)
TRANSCRIPTS = json.loads(
    (VECTORS / "openid4vp" / "session_transcript.json").read_text(encoding="utf-8")
)
# Of the key that the response was encrypted to, from the same test as the vector.
ANIMO_THUMBPRINT = bytes.fromhex("61a29f269176244d397cae26f7f80ab196bffcb65fe3052b540c78073dab7c1e")
NOWS = {
    "animo-mdoc-05": 1768176000,
    "bdr": 1740000000,
    "france": 1632528000,
    "google": 1740009600,
    "ubique": 1738368000,
}


def _der(pem: str) -> bytes:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return certificate.public_bytes(serialization.Encoding.DER)


def _leaf(der: bytes) -> Leaf:
    """Trust one certificate as it is: the vectors rarely hold the root."""
    certificate = x509.load_der_x509_certificate(der)
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    countries = certificate.subject.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)
    country = str(countries[0].value)
    return Leaf(
        der, key, int(begin.timestamp()), int(end.timestamp()), frozenset(), frozenset(), country
    )


def _world(name: str) -> bytes:
    text = (WORLD["data"].get(f"{name}/deviceResponse") or WORLD["data"][f"{name}/issuerSigned"])[0]
    return bytes.fromhex(text) if name == "france" else urlsafe_b64decode(text + "==")


def _params(name: str) -> dict[str, str]:
    return {key: value.strip("'") for key, value in WORLD["params"][name]}


def _issuer_signed(name: str) -> UnverifiedIssuerSigned:
    if name == "bdr":
        return parse_issuer_signed(_world(name))
    (document,) = parse_device_response(_world(name))
    return document.issuer_signed


def _legacy_transcript(params: dict[str, str]) -> bytes:
    """ISO/IEC TS 18013-7:2024 B.4.4, which OpenID4VP 1.0 replaced; only these vectors need it."""
    nonce = params["mdocGeneratedNonce"]
    handover = [
        hashlib.sha256(cbor.encode([params["clientId"], nonce])).digest(),
        hashlib.sha256(cbor.encode([params["responseUri"], nonce])).digest(),
        params["verifierGeneratedNonce"],
    ]
    return cbor.encode([None, None, handover])


# --------------------------------------------------------------------------- five implementations


@pytest.mark.parametrize("name", NOWS)
def test_an_mdoc_of_another_implementation_is_verified(name: str) -> None:
    unverified = _issuer_signed(name)
    (der,) = unverified.chain
    document = verify_issuer_signed(unverified, _leaf(der), now=NOWS[name])
    assert sum(map(len, document.elements.values())) == sum(map(len, unverified.items.values())) > 0
    assert "family_name" in document.elements[next(iter(document.elements))]
    certificates = [
        _der(pem)
        for key, pems in WORLD["data"].items()
        if key.startswith(f"{name}/") and "ertificate" in key
        for pem in pems
    ]
    assert der in certificates


@pytest.mark.parametrize("name", NOWS)
def test_every_element_of_another_implementation_is_protected(name: str) -> None:
    """Each item's last byte is changed in turn: in the salt, the name or the value."""
    unverified = _issuer_signed(name)
    leaf = _leaf(unverified.chain[0])
    for namespace, items in unverified.items.items():
        for index, item in enumerate(items):
            encoded = item.encoded[:-1] + bytes((item.encoded[-1] ^ 1,))
            changed = (*items[:index], item._replace(encoded=encoded), *items[index + 1 :])
            spoilt = UnverifiedIssuerSigned(
                {**unverified.items, namespace: changed}, unverified.message, unverified.mso
            )
            with pytest.raises(SignatureError, match="DIGEST_MISMATCH"):
                verify_issuer_signed(spoilt, leaf, now=NOWS[name])


def test_the_chain_of_the_one_with_a_root_leads_to_it() -> None:
    leaf, root = map(_der, WORLD["data"]["animo-mdoc-05/issuerCertificate"])
    unverified = _issuer_signed("animo-mdoc-05")
    found = verify_chain(
        unverified.chain, Anchors((root,)), now=NOWS["animo-mdoc-05"], usage=DOCUMENT_SIGNER
    )
    assert (found.der, found.country) == (leaf, "NL")
    assert verify_issuer_signed(unverified, found, now=NOWS["animo-mdoc-05"]).doctype == (
        "eu.europa.ec.eudi.pid.1"
    )


def test_the_device_that_answered_openid4vp_1_0_is_believed() -> None:
    params = _params("animo-mdoc-05")
    (document,) = parse_device_response(_world("animo-mdoc-05"))
    key = document.issuer_signed.mso.device_key
    arguments = (params["clientId"], params["verifierGeneratedNonce"], params["responseUri"])
    transcript = redirect_transcript(*arguments, key_thumbprint=ANIMO_THUMBPRINT)
    verify_device_signature(document, key, transcript=transcript)
    for other in (
        redirect_transcript(arguments[0], "x", arguments[2], key_thumbprint=ANIMO_THUMBPRINT),
        redirect_transcript(*arguments, key_thumbprint=bytes(32)),
        browser_transcript("https://playground.animo.id", arguments[1], key_thumbprint=None),
    ):
        with pytest.raises(SignatureError, match="SIGNATURE_INVALID"):
            verify_device_signature(document, key, transcript=other)


def _draft_transcript(params: dict[str, str]) -> bytes:
    """OpenID4VP draft 23, Digital Credentials API, with a client id made of the origin."""
    info = [params["origin"], f"web-origin:{params['origin']}", params["nonce"]]
    digest = hashlib.sha256(cbor.encode(info)).digest()
    return cbor.encode([None, None, ["OpenID4VPDCAPIHandover", digest]])


@pytest.mark.parametrize("name", ["france", "google", "ubique"])
def test_the_devices_of_older_handovers_are_believed(name: str) -> None:
    (document,) = parse_device_response(_world(name))
    key = document.issuer_signed.mso.device_key
    old = _draft_transcript if name == "google" else _legacy_transcript
    transcript = old(_params(name))
    verify_device_signature(document, key, transcript=transcript)
    with pytest.raises(SignatureError, match="SIGNATURE_INVALID"):
        verify_device_signature(document, key, transcript=cbor.encode([None, None, []]))


# ----------------------------------------------------------------------------- ISO 18013-5 Annex D


def _annex(name: str) -> bytes:
    return bytes.fromhex(ANNEX_D[name])


def _annex_document() -> dict[str, Any]:
    response = tagged_cbor.decode_map(_annex("DEVICE_RESPONSE"))
    (document,) = response["documents"]  # type: ignore[misc]
    return document


def test_the_issuer_of_annex_d_and_all_digests_hold() -> None:
    unverified = issuer_signed_of(_annex_document()["issuerSigned"])
    assert unverified.chain == (_annex("DS_CERT"),)
    document = verify_issuer_signed(unverified, _leaf(_annex("DS_CERT")), now=1612137600)
    assert document.doctype == "org.iso.18013.5.1.mDL"
    elements = document.elements["org.iso.18013.5.1"]
    assert len(elements) == 6
    assert elements["family_name"] == "Doe"
    assert elements["expiry_date"] == "2024-10-20"
    assert document.validity.signed_at == 1601559002


def test_a_mac_in_the_place_of_the_devices_signature_is_refused() -> None:
    with pytest.raises(FormatError, match="MDOC_DEVICE_MAC"):
        parse_device_response(_annex("DEVICE_RESPONSE"))


def test_what_the_device_of_annex_d_authenticates_is_what_we_would_check() -> None:
    """Its MAC (section 9.1.3.5) is computed here, over our DeviceAuthenticationBytes."""
    device = _annex_document()["deviceSigned"]
    protected, _, payload, tag = device["deviceAuth"]["deviceMac"]
    assert payload is None
    wrapped = _annex("SESSION_TRANSCRIPT_BYTES")
    transcript = tagged_cbor.unwrap(cbor2.loads(wrapped))
    elements = tagged_cbor.unwrap(device["nameSpaces"])
    signed = authentication_bytes(transcript, _annex_document()["docType"], elements)
    reader = ec.derive_private_key(int(KEYS["EPHEMERAL_READER_KEY_D"], 16), ec.SECP256R1())
    unverified = issuer_signed_of(_annex_document()["issuerSigned"])
    device_key = unverified.mso.device_key
    assert device_key.public_numbers().x == int(KEYS["STATIC_DEVICE_KEY_X"], 16)
    secret = reader.exchange(ec.ECDH(), device_key)
    salt = hashlib.sha256(wrapped).digest()
    key = HKDF(hashes.SHA256(), 32, salt, b"EMacKey").derive(secret)
    structure = cbor2.dumps(["MAC0", protected, b"", signed])
    assert hmac.digest(key, structure, "sha256") == tag


# ------------------------------------------------------------------------------------- OpenID4VP


@pytest.mark.parametrize("vector", TRANSCRIPTS, ids=lambda vector: str(vector["name"]))
def test_the_session_transcripts_of_openid4vp(vector: dict[str, Any]) -> None:
    given, expected = vector["input"], vector["expected"]
    key = b64url_decode(thumbprint(given["jwk"]))
    if "origin" in given:
        found = browser_transcript(given["origin"], given["nonce"], key_thumbprint=key)
        info = [given["origin"], given["nonce"], key]
    else:
        arguments = (given["client_id"], given["nonce"], given["response_uri"])
        found = redirect_transcript(*arguments, key_thumbprint=key)
        info = [given["client_id"], given["nonce"], key, given["response_uri"]]
    assert cbor.encode(info).hex() == expected["info"]
    assert found.hex() == expected["transcript"]


def test_every_vector_ran() -> None:
    assert len(WORLD["params"]) == len(NOWS) == 5
    assert len(TRANSCRIPTS) == 2
