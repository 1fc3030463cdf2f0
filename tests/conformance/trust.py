"""Certificates and status lists as a relying party of somebody else would check them, by hand."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

import cbor2
import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from tests.conformance.conftest import Place

JWT, CWT = "application/statuslist+jwt", "application/statuslist+cwt"
VALID = 0
SUBJECT, ISSUED_AT, STATUS_LIST, X5CHAIN = 2, 6, 65533, 33


def unpad(text: str) -> bytes:
    """Decode base64url, which comes without padding."""
    assert "=" not in text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def path_of(place: Place, address: str) -> str:
    """The path of an address of the issuer's: the proxy in front of us serves https."""
    public = place.world.deps.settings.public_url
    assert address.startswith(f"{public}/")
    return address.removeprefix(public)


def leaf_of(place: Place, chain: list[bytes]) -> x509.Certificate:
    """The signer's certificate: no CA, valid now, up to our root, and the root is not in it."""
    root = place.world.deps.keys.issuer_root
    certificates = [x509.load_der_x509_certificate(one) for one in chain]
    assert root.public_bytes(Encoding.DER) not in chain
    for lower, upper in zip(certificates, [*certificates[1:], root], strict=True):
        lower.verify_directly_issued_by(upper)
    leaf = certificates[0]
    assert leaf.issuer != leaf.subject
    limits = [one.value for one in leaf.extensions if isinstance(one.value, x509.BasicConstraints)]
    assert not any(one.ca for one in limits)
    now = place.world.clock.now()
    assert leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc
    return leaf


def leaf_of_x5c(place: Place, chain: list[str], *, uri: str) -> x509.Certificate:
    """The same from a JOSE header; the certificate names the issuer's address."""
    leaf = leaf_of(place, [base64.b64decode(one, validate=True) for one in chain])
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert uri in names.get_values_for_type(x509.UniformResourceIdentifier)
    return leaf


def verify_cose(place: Place, signed: list[Any]) -> tuple[x509.Certificate, bytes]:
    """Verify a COSE_Sign1 by the chain in its unprotected header (RFC 9052, section 4.4)."""
    protected, unprotected, payload, signature = signed
    assert cbor2.loads(protected)[1] == -7
    chain = unprotected[X5CHAIN]
    leaf = leaf_of(place, [chain] if isinstance(chain, bytes) else list(chain))
    key = leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    half = len(signature) // 2
    numbers = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
    structure = cbor2.dumps(["Signature1", protected, b"", payload])
    key.verify(encode_dss_signature(*numbers), structure, ec.ECDSA(hashes.SHA256()))
    return leaf, payload


def check_status(place: Place, reference: dict[str, Any], media: str) -> None:
    """Fetch the status list in one of its forms; the entry says VALID (Token Status List)."""
    assert set(reference) == {"idx", "uri"}
    assert type(reference["idx"]) is int
    answer = place.served.test_client().get(
        path_of(place, reference["uri"]), headers={"Accept": media}
    )
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == media
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    subject, issued_at, held = (
        _jwt(place, answer.text) if media == JWT else _cwt(place, answer.data)
    )
    assert subject == reference["uri"]
    assert type(issued_at) is int
    assert issued_at <= int(place.world.clock.now().timestamp())
    assert held["bits"] in (1, 2, 4, 8)
    packed = unpad(held["lst"]) if media == JWT else held["lst"]
    entries = zlib.decompress(packed)
    byte, place_in_byte = divmod(reference["idx"] * held["bits"], 8)
    assert entries[byte] >> place_in_byte & ((1 << held["bits"]) - 1) == VALID


def _jwt(place: Place, text: str) -> tuple[Any, Any, dict[str, Any]]:
    header = json.loads(unpad(text.partition(".")[0]))
    assert header["typ"] == "statuslist+jwt"
    leaf = leaf_of_x5c(place, header["x5c"], uri=place.world.deps.settings.public_url)
    claims = jwt.decode(
        text,
        leaf.public_key(),  # type: ignore[arg-type] - a P-256 key, or decoding fails
        algorithms=["ES256"],
        options={"verify_exp": False, "verify_iat": False},
    )
    return claims["sub"], claims["iat"], claims["status_list"]


def _cwt(place: Place, data: bytes) -> tuple[Any, Any, dict[str, Any]]:
    signed = cbor2.loads(data)
    assert signed.tag == 18
    assert cbor2.loads(signed.value[0])[16] == CWT
    claims = cbor2.loads(verify_cose(place, signed.value)[1])
    return claims[SUBJECT], claims[ISSUED_AT], claims[STATUS_LIST]
