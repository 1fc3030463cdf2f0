"""The part of an mdoc its issuer signs (ISO 18013-5 section 9.1.2): make it, read it, verify it.

    IssuerSigned = {"nameSpaces": {namespace: [#6.24(item), …]}, "issuerAuth": COSE_Sign1}

Each data element is an item of its own with its own salt; the signature is over their digests.
The bytes of an item are hashed as they came, never encoded again; only the head of the tag around
them is written anew, in its shortest form, as the standard demands it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cbor2 import CBORTag
from cryptography.hazmat.primitives.asymmetric import ec

from credentials import tagged_cbor
from credentials.cose_chain import (
    HEADER_CHAIN,
    UnverifiedMessage,
    message_of,
    sign_message,
    verify_message,
)
from credentials.disclosures import Random
from credentials.errors import ClaimError, FormatError, LintError, SignatureError
from credentials.mdoc_mso import (
    MAX_DIGEST_ID,
    MAX_TEXT,
    SecurityObject,
    Validity,
    encode_mso,
    parse_mso,
)
from credentials.signing import Signer
from credentials.tagged_cbor import ENCODED, unwrap, unwrap_bytes, wrapped
from credentials.token_claims import StatusReference
from credentials.x509_chain import Leaf

SALT_SIZE = 32
MIN_SALT = 16  # ISO 18013-5 section 9.1.2.5
MAX_ELEMENTS = 512
_HASHES = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_COUNTRY = "issuing_country"
_LEEWAY = 60


class Item(NamedTuple):
    """One data element as read; `encoded` is what tag 24 holds, as it came."""

    digest_id: int
    name: str
    value: object
    encoded: bytes


@dataclass(frozen=True, slots=True)
class UnverifiedIssuerSigned:
    """As read: no digest compared, no signature checked. `chain` is DER, leaf first."""

    items: dict[str, tuple[Item, ...]]
    message: UnverifiedMessage
    mso: SecurityObject

    @property
    def chain(self) -> tuple[bytes, ...]:
        """Certificates that came along, not verified."""
        return self.message.chain


@dataclass(frozen=True, slots=True)
class IssuedDocument:
    """An mdoc whose issuer signature and digests held. `elements` are by namespace and name.

    Values carry no tags: a full-date is its text. `device_key` must sign what is presented.
    """

    doctype: str
    elements: dict[str, dict[str, object]]
    device_key: ec.EllipticCurvePublicKey
    validity: Validity
    status: StatusReference | None


def issue_mdoc(
    elements: Mapping[str, Mapping[str, object]],
    signer: Signer,
    *,
    doctype: str,
    device_key: ec.EllipticCurvePublicKey,
    validity: Validity,
    chain: tuple[bytes, ...],
    random: Random,
    status: StatusReference | None = None,
) -> bytes:
    """Return IssuerSigned; `chain` is the document signer's certificate, without the anchor.

    `random(n)` gives n unpredictable bytes. LintError("CLAIM_TIMES", "MDOC_EMPTY").
    """
    if not validity.signed_at <= validity.valid_from < validity.valid_until:
        raise LintError("CLAIM_TIMES")
    if not elements or not all(elements.values()):
        raise LintError("MDOC_EMPTY")
    spaces: dict[str, list[CBORTag]] = {}
    digests: dict[str, dict[int, bytes]] = {}
    for namespace, members in elements.items():
        encoded = [
            tagged_cbor.encode(
                {
                    "digestID": number,
                    "random": random(SALT_SIZE),
                    "elementIdentifier": name,
                    "elementValue": value,
                }
            )
            for number, (name, value) in enumerate(members.items())
        ]
        spaces[namespace] = [CBORTag(ENCODED, item) for item in encoded]
        digests[namespace] = {
            number: hashlib.sha256(wrapped(item)).digest() for number, item in enumerate(encoded)
        }
    mso = SecurityObject(doctype, digests, "sha256", device_key, validity, status)
    auth = sign_message(wrapped(encode_mso(mso)), signer, chain=chain)
    return tagged_cbor.encode({"nameSpaces": spaces, "issuerAuth": auth})


def parse_issuer_signed(data: bytes) -> UnverifiedIssuerSigned:
    """Read IssuerSigned; FormatError("MDOC_…", "MSO_…", "COSE_…", "CBOR_…")."""
    return issuer_signed_of(tagged_cbor.decode(data))


def issuer_signed_of(value: object) -> UnverifiedIssuerSigned:
    """Read IssuerSigned from a decoded map; FormatError as `parse_issuer_signed`."""
    if not isinstance(value, Mapping) or "issuerAuth" not in value:
        raise FormatError("MDOC_FORMAT", "issuerSigned")
    message = message_of(value["issuerAuth"])
    if message.payload is None:
        raise FormatError("MDOC_FORMAT", "issuerAuth")
    mso = parse_mso(unwrap_bytes(message.payload))
    spaces = value.get("nameSpaces", {})
    if not isinstance(spaces, dict) or not all(isinstance(one, list) for one in spaces.values()):
        raise FormatError("MDOC_FORMAT", "nameSpaces")
    if sum(map(len, spaces.values())) > MAX_ELEMENTS:
        raise FormatError("MDOC_FORMAT", "nameSpaces")
    items = {space: _read_items(space, found) for space, found in spaces.items()}
    return UnverifiedIssuerSigned(items, message, mso)


def verify_issuer_signed(
    unverified: UnverifiedIssuerSigned, leaf: Leaf, *, now: int, leeway: int = _LEEWAY
) -> IssuedDocument:
    """Return the document when the leaf's key signed it and every element is what was signed.

    `leaf` is what `x509_chain.verify_chain` gave for `unverified.chain`, with the usage
    `DOCUMENT_SIGNER`. ISO 18013-5 section 9.3.1, inspection procedure for issuer data.

    SignatureError: SIGNATURE_INVALID, DIGEST_MISSING, DIGEST_MISMATCH, SIGNED_OUTSIDE_CERTIFICATE,
    ISSUER_MISMATCH (another `issuing_country` than the certificate's). ClaimError: NOT_YET_VALID,
    EXPIRED. The caller still checks the document type, the status and the device's signature.
    """
    verify_message(unverified.message, leaf.public_key)
    mso = unverified.mso
    elements = {
        namespace: {item.name: item.value for item in _verified(items, namespace, mso)}
        for namespace, items in unverified.items.items()
    }
    if not leaf.not_before <= mso.validity.signed_at <= leaf.not_after:
        raise SignatureError("SIGNED_OUTSIDE_CERTIFICATE")
    if any(found.get(_COUNTRY, leaf.country) != leaf.country for found in elements.values()):
        raise SignatureError("ISSUER_MISMATCH")
    if now + leeway < mso.validity.valid_from:
        raise ClaimError("NOT_YET_VALID")
    if now - leeway > mso.validity.valid_until:
        raise ClaimError("EXPIRED")
    return IssuedDocument(mso.doctype, elements, mso.device_key, mso.validity, mso.status)


def choose(
    unverified: UnverifiedIssuerSigned, wanted: Iterable[tuple[str, str]]
) -> dict[str, object]:
    """Return IssuerSigned, ready to be encoded, with the (namespace, element) pairs asked for.

    ClaimError("CLAIM_ABSENT") when the mdoc has no such element.
    """
    spaces: dict[str, list[CBORTag]] = {}
    for namespace, name in wanted:
        found = [item for item in unverified.items.get(namespace, ()) if item.name == name]
        if not found:
            raise ClaimError("CLAIM_ABSENT")
        spaces.setdefault(namespace, []).append(CBORTag(ENCODED, found[0].encoded))
    message = unverified.message
    chain = message.chain[0] if len(message.chain) == 1 else list(message.chain)
    header = {HEADER_CHAIN: chain} if message.chain else {}
    auth = [message.protected, header, message.payload, message.signature]
    return {"nameSpaces": spaces, "issuerAuth": auth}


def _verified(items: tuple[Item, ...], namespace: str, mso: SecurityObject) -> tuple[Item, ...]:
    digests, digest_of = mso.digests.get(namespace, {}), _HASHES[mso.algorithm]
    for item in items:
        expected = digests.get(item.digest_id)
        if expected is None:
            raise SignatureError("DIGEST_MISSING")
        found = digest_of(wrapped(item.encoded)).digest()
        if found != expected:  # neither is a secret
            raise SignatureError("DIGEST_MISMATCH")
    return items


def _read_items(namespace: object, values: list[object]) -> tuple[Item, ...]:
    if not isinstance(namespace, str) or not 0 < len(namespace) <= MAX_TEXT or not values:
        raise FormatError("MDOC_FORMAT", "nameSpaces")
    encoded = list(map(unwrap, values))
    items = tuple(map(_read_item, encoded, tagged_cbor.decode_all(encoded)))
    if len({item.name for item in items}) != len(items):
        raise FormatError("MDOC_DUPLICATE_ELEMENT")
    if len({item.digest_id for item in items}) != len(items):
        raise FormatError("MDOC_DUPLICATE_DIGEST")
    return items


def _read_item(encoded: bytes, members: object) -> Item:
    if not isinstance(members, dict):
        raise FormatError("CBOR_NOT_MAP")
    number, name = members.get("digestID"), members.get("elementIdentifier")
    salt = members.get("random")
    if type(number) is not int or not 0 <= number < MAX_DIGEST_ID:
        raise FormatError("MDOC_ITEM", "digestID")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_TEXT:
        raise FormatError("MDOC_ITEM", "elementIdentifier")
    if not isinstance(salt, bytes) or len(salt) < MIN_SALT:
        raise FormatError("MDOC_ITEM", "random")
    if "elementValue" not in members:
        raise FormatError("MDOC_ITEM", "elementValue")
    return Item(number, name, tagged_cbor.plain(members["elementValue"]), encoded)
