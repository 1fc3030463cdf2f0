"""The mobile security object of an mdoc: what its issuer signs (ISO 18013-5 section 9.1.2.4).

Digests of all data elements, the key of the device, the type of document and when it is valid;
and, as in a status list token's counterpart, where its status stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from credentials import tagged_cbor
from credentials.errors import FormatError
from credentials.signing import load_compressed
from credentials.token_claims import StatusReference, read_status

VERSION = "1.0"
# ISO 18013-5 table 21. Ours is SHA-256; the others are in the field.
DIGESTS = {"SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
MAX_SIZE = 1 << 17
MAX_TEXT = 256
MAX_DIGEST_ID = 1 << 32  # the standard says 2**31, not all keep to it

_KTY, _CRV, _X, _Y = 1, -1, -2, -3
_EC2, _P256 = 2, 1
_COORDINATE = 32
_Digests = dict[str, dict[int, bytes]]


@dataclass(frozen=True, slots=True)
class Validity:
    """Times in unix seconds. The mdoc may be used from `valid_from` to `valid_until`."""

    signed_at: int
    valid_from: int
    valid_until: int
    update_at: int | None = None


@dataclass(frozen=True, slots=True)
class SecurityObject:
    """What was signed. `digests` are by namespace and digest id, `algorithm` is hashlib's name."""

    doctype: str
    digests: dict[str, dict[int, bytes]]
    algorithm: str
    device_key: ec.EllipticCurvePublicKey
    validity: Validity
    status: StatusReference | None


def encode_mso(mso: SecurityObject) -> bytes:
    """Return the MobileSecurityObject, not yet wrapped in tag 24. The digests are SHA-256."""
    validity: dict[str, object] = {
        "signed": tagged_cbor.tdate(mso.validity.signed_at),
        "validFrom": tagged_cbor.tdate(mso.validity.valid_from),
        "validUntil": tagged_cbor.tdate(mso.validity.valid_until),
    }
    if mso.validity.update_at is not None:
        validity["expectedUpdate"] = tagged_cbor.tdate(mso.validity.update_at)
    document: dict[str, object] = {
        "version": VERSION,
        "digestAlgorithm": "SHA-256",
        "valueDigests": mso.digests,
        "deviceKeyInfo": {"deviceKey": cose_key(mso.device_key)},
        "docType": mso.doctype,
        "validityInfo": validity,
    }
    if mso.status is not None:
        document["status"] = mso.status.encode()
    return tagged_cbor.encode(document)


def parse_mso(data: bytes) -> SecurityObject:
    """Read a MobileSecurityObject; FormatError("MSO_…", "CBOR_…", "KEY_…", "STATUS_…").

    Members nobody knows are ignored, as the standard wants it.
    """
    document = tagged_cbor.decode_map(data, max_size=MAX_SIZE)
    if document.get("version") != VERSION:
        raise FormatError("MSO_VERSION")
    algorithm = document.get("digestAlgorithm")
    if not isinstance(algorithm, str) or algorithm not in DIGESTS:
        raise FormatError("MSO_ALGORITHM")
    doctype = document.get("docType")
    if not isinstance(doctype, str) or not 0 < len(doctype) <= MAX_TEXT:
        raise FormatError("MSO_FORMAT", "docType")
    info = document.get("deviceKeyInfo")
    if not isinstance(info, Mapping):
        raise FormatError("MSO_FORMAT", "deviceKeyInfo")
    return SecurityObject(
        doctype=doctype,
        digests=_read_digests(document.get("valueDigests")),
        algorithm=DIGESTS[algorithm],
        device_key=load_cose_key(info.get("deviceKey")),
        validity=_read_validity(document.get("validityInfo")),
        status=read_status(document["status"]) if "status" in document else None,
    )


def cose_key(public_key: ec.EllipticCurvePublicKey) -> dict[int, object]:
    """Return the key as a COSE_Key (RFC 9053 section 7.1.1)."""
    point = public_key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return {_KTY: _EC2, _CRV: _P256, _X: point[1:33], _Y: point[33:]}


def load_cose_key(value: object) -> ec.EllipticCurvePublicKey:
    """Load a P-256 COSE_Key; FormatError("KEY_INVALID" or "KEY_NOT_ON_CURVE")."""
    if not isinstance(value, Mapping) or value.get(_KTY) != _EC2 or value.get(_CRV) != _P256:
        raise FormatError("KEY_INVALID")
    x, y = value.get(_X), value.get(_Y)
    if not isinstance(x, bytes) or len(x) != _COORDINATE:
        raise FormatError("KEY_INVALID")
    if isinstance(y, bool):
        return load_compressed(bytes((2 + y,)) + x)
    if not isinstance(y, bytes) or len(y) != _COORDINATE:
        raise FormatError("KEY_INVALID")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
    except ValueError:
        raise FormatError("KEY_NOT_ON_CURVE") from None


def _read_digests(value: object) -> _Digests:
    if not isinstance(value, dict) or not value:
        raise FormatError("MSO_FORMAT", "valueDigests")
    for namespace, digests in value.items():
        if not isinstance(namespace, str) or not isinstance(digests, dict):
            raise FormatError("MSO_FORMAT", "valueDigests")
        if not digests:
            continue
        if not {int}.issuperset(map(type, digests)) or not {bytes}.issuperset(
            map(type, digests.values())
        ):
            raise FormatError("MSO_FORMAT", "valueDigests")
        if min(digests) < 0 or max(digests) >= MAX_DIGEST_ID:
            raise FormatError("MSO_FORMAT", "valueDigests")
    return cast("_Digests", value)


def _read_validity(value: object) -> Validity:
    if not isinstance(value, Mapping):
        raise FormatError("MSO_FORMAT", "validityInfo")
    update = value.get("expectedUpdate")
    validity = Validity(
        signed_at=tagged_cbor.read_tdate(value.get("signed")),
        valid_from=tagged_cbor.read_tdate(value.get("validFrom")),
        valid_until=tagged_cbor.read_tdate(value.get("validUntil")),
        update_at=None if update is None else tagged_cbor.read_tdate(update),
    )
    if not validity.signed_at <= validity.valid_from < validity.valid_until:
        raise FormatError("MSO_FORMAT", "validityInfo")
    return validity
