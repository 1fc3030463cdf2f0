"""The verifier bundle: all a terminal without network needs, signed by a key of the key set.

    bundle  = COSE_Sign1, untagged, external_aad "IKD-BUNDLE"; the payload is in `bundle_form`

The key set inside is signed by the root: it says whose credentials count, and which publisher key
may have signed the rest. So whoever holds a publisher key can tell lies about revocations for a
while, but can make no issuer and not stay when the next key set leaves that key out. Nothing of
the payload is believed before both signatures hold; it is read in place, so that a country's
bundle fits a small terminal. Rollback (a lower version or key set) and expiry are the caller's to
refuse: it knows the time and what it had before.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from credentials import cbor, cose
from credentials.bundle_form import (
    MAX_SIZE,
    Block,
    ListBlocks,
    Sections,
    read_sections,
    write_sections,
)
from credentials.catalogue import Catalogue
from credentials.cbor_reader import CborReader
from credentials.errors import FormatError, LintError, SignatureError
from credentials.key_set import KeyChain, KeySet, publisher_keys, sign_key_set, verify_key_sets
from credentials.regions import Regions
from credentials.revocation import RevocationSet, encode_gaps
from credentials.signing import ES256, Signer, verify_es256_digest
from credentials.trust import TrustList

__all__ = ["CONTEXT", "MAX_SIZE", "Bundle", "UnverifiedBundle", "parse_bundle", "sign_bundle"]

CONTEXT = b"IKD-BUNDLE"
NO_POLICIES = b"[]"
_APP_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose signatures held. Times are unix seconds.

    `version` only ever grows; `status_as_of` is the moment the revocations were read. `policies`
    is the JSON of policies the registry recommends. `chain` is None before it is signed.
    """

    version: int
    issued_at: int
    expires_at: int
    status_as_of: int
    trust: TrustList
    revocation: RevocationSet
    catalogue: Catalogue
    regions: Regions
    minimum_app_version: str = "1.0.0"
    policies: bytes = NO_POLICIES
    chain: KeyChain | None = None


@dataclass(frozen=True, slots=True)
class UnverifiedBundle:
    """A COSE_Sign1 that may be a bundle; views of the bytes it was read from."""

    protected: bytes
    payload: memoryview
    signature: bytes
    kid: bytes


def sign_bundle(
    bundle: Bundle, signer: Signer, *, key_sets: Sequence[bytes] | None = None
) -> bytes:
    """Return the signed bundle; LintError when our own parser would refuse it.

    `key_sets` is the chain the root signed, whose last set counts instead of `bundle.trust`.
    Without it `signer` is the root itself and vouches for `bundle.trust` with a set made here.
    """
    if key_sets is None:
        own = KeySet(bundle.version, bundle.issued_at, bundle.expires_at, bundle.trust)
        key_sets = (sign_key_set(own, signer),)
    payload = write_sections(_sections(bundle, key_sets))
    try:
        _interpret(read_sections(payload), None)
    except FormatError as error:
        raise LintError(error.code, error.detail) from None
    return cose.sign1(payload, signer, external_aad=CONTEXT)


def parse_bundle(data: bytes | memoryview) -> UnverifiedBundle:
    """Read the envelope only, without copying the payload; FormatError."""
    if len(data) > MAX_SIZE:
        raise FormatError("CBOR_TOO_LARGE")
    reader = CborReader(data)
    if reader.array() != 4:
        raise FormatError("COSE_NOT_SIGN1")
    protected = bytes(reader.byte_string())
    if reader.mapping() != 0:
        raise FormatError("BUNDLE_HEADER")
    payload, signature = reader.byte_string(), bytes(reader.byte_string())
    reader.end()
    return UnverifiedBundle(protected, payload, signature, header_kid(protected))


def verify_bundle(
    unverified: UnverifiedBundle, root_public_key: ec.EllipticCurvePublicKey
) -> Bundle:
    """Return the bundle when the root signed its key set and a publisher of that set the rest.

    SignatureError when one did not; FormatError when the content is not a bundle we know.
    """
    sections = read_sections(unverified.payload)
    chain = verify_key_sets(sections.key_sets, root_public_key)
    verify_published(unverified, chain, issued_at=sections.issued_at, context=CONTEXT)
    return _interpret(sections, chain)


def verify_published(
    message: UnverifiedBundle, chain: KeyChain, *, issued_at: int, context: bytes
) -> None:
    """Require that a publisher of the chain (or its root) signed; SignatureError."""
    digest = _digest(message, context)
    for key in publisher_keys(chain, message.kid, issued_at):
        try:
            verify_es256_digest(key, digest, message.signature)
        except SignatureError:
            continue
        return
    raise SignatureError("SIGNATURE_INVALID")


def header_kid(protected: bytes) -> bytes:
    """Return the key id of a protected header {1: -7, 4: kid}; FormatError for another."""
    header = cbor.decode(protected)
    if not isinstance(header, dict) or header.keys() != {1, 4} or header[1] != ES256:
        raise FormatError("BUNDLE_HEADER")
    kid = header[4]
    if type(kid) is not bytes or not kid:
        raise FormatError("BUNDLE_HEADER")
    return kid


def _digest(message: UnverifiedBundle, context: bytes) -> bytes:
    """Hash the Sig_structure (RFC 9052 section 4.4) with the payload where it lies."""
    size = len(message.payload)
    head = cose.sig_structure(message.protected, context, b"")[:-1]
    digest = hashlib.sha256(head + cbor.encode_bytes_head(size))
    digest.update(message.payload)
    return digest.digest()


def _sections(bundle: Bundle, key_sets: Sequence[bytes]) -> Sections:
    held = bundle.revocation
    return Sections(
        version=bundle.version,
        issued_at=bundle.issued_at,
        expires_at=bundle.expires_at,
        status_as_of=bundle.status_as_of,
        key_sets=tuple(key_sets),
        lists=tuple(
            ListBlocks(
                number, encode_gaps(held.revoked(number)), encode_gaps(held.suspended(number))
            )
            for number in held.lists
        ),
        catalogue=bundle.catalogue.source,
        regions=bundle.regions.packed,
        minimum_app_version=bundle.minimum_app_version,
        policies=bundle.policies,
    )


def _interpret(sections: Sections, chain: KeyChain | None) -> Bundle:
    if not _APP_VERSION.fullmatch(sections.minimum_app_version):
        raise FormatError("BUNDLE_MEMBERS")
    blocks = ((one.number, one.revoked, one.suspended) for one in sections.lists)
    return Bundle(
        version=sections.version,
        issued_at=sections.issued_at,
        expires_at=sections.expires_at,
        status_as_of=sections.status_as_of,
        trust=chain.keys.trust if chain else TrustList(()),
        revocation=RevocationSet.from_blocks(blocks),
        catalogue=Catalogue.parse(_copy(sections.catalogue)),
        regions=Regions(_copy(sections.regions)),
        minimum_app_version=sections.minimum_app_version,
        policies=_copy(sections.policies),
        chain=chain,
    )


def _copy(block: Block) -> bytes:
    return bytes(block)
