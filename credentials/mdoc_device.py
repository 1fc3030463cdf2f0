"""DeviceResponse (ISO 18013-5 section 8.3.2.1.2.2): mdocs with the device's own signature.

The device signs the session transcript, so that what it answers one verifier is of no use at
another. Only signatures are taken: a MAC (`deviceMac`) would need a key agreed with a reader that
stands before the phone, which OpenID4VP has not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cbor2 import CBORTag
from cryptography.hazmat.primitives.asymmetric import ec

from credentials import tagged_cbor
from credentials.cose_chain import UnverifiedMessage, message_of, sign_message, verify_message
from credentials.errors import FormatError
from credentials.mdoc_issuer import UnverifiedIssuerSigned, choose, issuer_signed_of
from credentials.signing import Signer
from credentials.tagged_cbor import ENCODED, unwrap, wrapped

VERSION = "1.0"
MAX_SIZE = 1 << 19
MAX_DOCUMENTS = 8
_NO_ELEMENTS = b"\xa0"


@dataclass(frozen=True, slots=True)
class UnverifiedDocument:
    """One document as read. `device_elements` is the encoded map of what the device itself says."""

    doctype: str
    issuer_signed: UnverifiedIssuerSigned
    device_message: UnverifiedMessage
    device_elements: bytes


def parse_device_response(data: bytes) -> tuple[UnverifiedDocument, ...]:
    """Read a DeviceResponse; FormatError("MDOC_…", "MSO_…", "COSE_…", "CBOR_…").

    MDOC_STATUS when the device reports a failure, MDOC_DEVICE_MAC for a MAC in the place of the
    signature, MDOC_DOCTYPE when a document names another type than its issuer signed.
    """
    response = tagged_cbor.decode_map(data, max_size=MAX_SIZE)
    if response.get("version") != VERSION:
        raise FormatError("MDOC_VERSION")
    status = response.get("status")
    if type(status) is not int or status != 0:
        raise FormatError("MDOC_STATUS")
    documents = response.get("documents")
    if not isinstance(documents, list) or not 0 < len(documents) <= MAX_DOCUMENTS:
        raise FormatError("MDOC_FORMAT", "documents")
    return tuple(map(_read_document, documents))


def verify_device_signature(
    document: UnverifiedDocument, device_key: ec.EllipticCurvePublicKey, *, transcript: bytes
) -> None:
    """Return when the device signed for this transcript, else raise SignatureError.

    `device_key` is the one of the verified document (`IssuedDocument.device_key`); `transcript`
    the encoded SessionTranscript that the verifier made itself (ISO 18013-5 section 9.1.3.6).
    """
    signed = authentication_bytes(transcript, document.doctype, document.device_elements)
    verify_message(document.device_message, device_key, detached=signed)


def respond(
    issuer_signed: UnverifiedIssuerSigned,
    wanted: Iterable[tuple[str, str]],
    holder: Signer,
    *,
    transcript: bytes,
) -> bytes:
    """Return a DeviceResponse that shows the (namespace, element) pairs `wanted`.

    ClaimError("CLAIM_ABSENT") when the mdoc has no such element.
    """
    doctype = issuer_signed.mso.doctype
    signed = authentication_bytes(transcript, doctype, _NO_ELEMENTS)
    signature = sign_message(signed, holder, detached=True)
    document = {
        "docType": doctype,
        "issuerSigned": choose(issuer_signed, wanted),
        "deviceSigned": {
            "nameSpaces": CBORTag(ENCODED, _NO_ELEMENTS),
            "deviceAuth": {"deviceSignature": signature},
        },
    }
    return tagged_cbor.encode({"version": VERSION, "documents": [document], "status": 0})


def authentication_bytes(transcript: bytes, doctype: str, device_elements: bytes) -> bytes:
    """Return DeviceAuthenticationBytes (section 9.1.3.4); the transcript's bytes stay as they are.

    `device_elements` is the encoded DeviceNameSpaces without its tag 24.
    """
    parts = (
        b"\x84",
        tagged_cbor.encode("DeviceAuthentication"),
        transcript,
        tagged_cbor.encode(doctype),
        wrapped(device_elements),
    )
    return wrapped(b"".join(parts))


def _read_document(value: object) -> UnverifiedDocument:
    if not isinstance(value, Mapping):
        raise FormatError("MDOC_FORMAT", "documents")
    doctype, device = value.get("docType"), value.get("deviceSigned")
    issuer_signed = issuer_signed_of(value.get("issuerSigned"))
    if not isinstance(doctype, str) or doctype != issuer_signed.mso.doctype:
        raise FormatError("MDOC_DOCTYPE")
    if not isinstance(device, Mapping) or not isinstance(device.get("deviceAuth"), Mapping):
        raise FormatError("MDOC_FORMAT", "deviceSigned")
    auth = device["deviceAuth"]
    if "deviceMac" in auth:
        raise FormatError("MDOC_DEVICE_MAC")
    if "deviceSignature" not in auth:
        raise FormatError("MDOC_FORMAT", "deviceAuth")
    message = message_of(auth["deviceSignature"])
    elements = unwrap(device.get("nameSpaces"))
    if elements != _NO_ELEMENTS and tagged_cbor.decode_map(elements):
        # What a device says of itself needs an authorization in the MSO; nothing of ours has one.
        raise FormatError("MDOC_DEVICE_ELEMENTS")
    return UnverifiedDocument(doctype, issuer_signed, message, elements)
