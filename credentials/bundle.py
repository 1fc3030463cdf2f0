"""The verifier bundle: all a terminal without network needs, signed by the root key.

    bundle  = COSE_Sign1, untagged, external_aad "IKD-BUNDLE"
    payload = { 1: format (1), 2: version, 3: issued at, 4: expires at, 5: status as of,
                6: trust list, 7: revocation, 8: catalogue (JSON), 9: regions (packed),
                10: minimum app version }

Nothing of the payload is read before the root signature holds. Rollback (a lower version) and
expiry are the caller's to refuse: it knows the time and what it had before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from credentials import cbor, cose
from credentials.catalogue import Catalogue
from credentials.errors import FormatError, LintError
from credentials.regions import Regions
from credentials.revocation import RevocationSet, encode_revocation, parse_revocation
from credentials.signing import Signer
from credentials.trust import TrustList, encode_trust_list, parse_trust_list

CONTEXT = b"IKD-BUNDLE"
FORMAT = 1
MAX_SIZE = 64 * 1024 * 1024

_KEYS = frozenset(range(1, 11))
_APP_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){2}", re.ASCII)
_MAX_TIME = 1 << 40


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose root signature held. Times are unix seconds.

    `version` only ever grows; `status_as_of` is the moment the revocations were read.
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


@dataclass(frozen=True, slots=True)
class UnverifiedBundle:
    """A COSE_Sign1 that may be a bundle; `kid` says which root key to try."""

    sign1: cose.UnverifiedSign1
    kid: bytes


def sign_bundle(bundle: Bundle, root_signer: Signer) -> bytes:
    """Return the signed bundle; LintError when our own parser would refuse it."""
    payload = cbor.encode(
        {
            1: FORMAT,
            2: bundle.version,
            3: bundle.issued_at,
            4: bundle.expires_at,
            5: bundle.status_as_of,
            6: encode_trust_list(bundle.trust),
            7: encode_revocation(bundle.revocation),
            8: bundle.catalogue.source,
            9: bundle.regions.packed,
            10: bundle.minimum_app_version,
        }
    )
    try:
        _read(payload)
    except FormatError as error:
        raise LintError(error.code, error.detail) from None
    return cose.sign1(payload, root_signer, external_aad=CONTEXT)


def parse_bundle(data: bytes) -> UnverifiedBundle:
    """Read the envelope only; FormatError."""
    sign1 = cose.parse_sign1(data, max_size=MAX_SIZE)
    kid = sign1.kid
    if sign1.unprotected or kid is None or sign1.alg is None:
        raise FormatError("BUNDLE_HEADER")
    return UnverifiedBundle(sign1, kid)


def verify_bundle(
    unverified: UnverifiedBundle, root_public_key: ec.EllipticCurvePublicKey
) -> Bundle:
    """Return the bundle when the root key signed it.

    SignatureError when it did not; FormatError when the signed content is not a bundle we know.
    """
    payload = cose.verify_sign1(unverified.sign1, root_public_key, external_aad=CONTEXT)
    return _read(payload)


def _read(payload: bytes) -> Bundle:
    value = cbor.decode(payload, max_size=MAX_SIZE)
    if not isinstance(value, dict) or value.get(1) != FORMAT:
        raise FormatError("BUNDLE_FORMAT")
    if value.keys() != _KEYS:
        raise FormatError("BUNDLE_MEMBERS")
    version, issued_at, expires_at, status_as_of = (_uint(value[key]) for key in (2, 3, 4, 5))
    if not status_as_of <= issued_at < expires_at:
        raise FormatError("BUNDLE_TIMES")
    catalogue, regions, app = value[8], value[9], value[10]
    if type(catalogue) is not bytes or type(regions) is not bytes:
        raise FormatError("BUNDLE_MEMBERS")
    if type(app) is not str or not _APP_VERSION.fullmatch(app):
        raise FormatError("BUNDLE_MEMBERS")
    return Bundle(
        version=version,
        issued_at=issued_at,
        expires_at=expires_at,
        status_as_of=status_as_of,
        trust=parse_trust_list(value[6]),
        revocation=parse_revocation(value[7]),
        catalogue=Catalogue.parse(catalogue),
        regions=Regions(regions),
        minimum_app_version=app,
    )


def _uint(value: object) -> int:
    if type(value) is not int or not 0 <= value < _MAX_TIME:
        raise FormatError("BUNDLE_MEMBERS")
    return value
