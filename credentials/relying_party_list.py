"""What phones fetch to know genuine askers: the key sets, and which certificates were revoked.

    list    = COSE_Sign1 by a publisher of the key set, untagged, external_aad "IKD-RP-LIST"
    payload = { 1: format (1), 2: version, 3: issued at, 4: [ + key set ], 5: [ * serial ] }

The way of trust is that of the bundle (`credentials.key_set`): the phone pins the root, the root
signs which keys certify relying parties and which one publishes. Serials ascend and stand here
until their certificate is over. Rollback is the phone's to refuse: it knows what it had before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from credentials import cbor, cose
from credentials.errors import FormatError, LintError, SignatureError
from credentials.key_set import KeyChain, publisher_keys, verify_key_sets
from credentials.relying_party import MAX_SERIAL
from credentials.signing import SIGNATURE_SIZE, Signer

CONTEXT: Final = b"IKD-RP-LIST"
FORMAT: Final = 1
MAX_SIZE: Final = 2 << 20
MAX_REVOKED: Final = 100_000

_KEYS = frozenset(range(1, 6))
_MAX_TIME = 1 << 40


@dataclass(frozen=True, slots=True)
class RelyingPartyList:
    """A list whose signatures held. `version` only grows, `issued_at` is its moment (unix s)."""

    version: int
    issued_at: int
    chain: KeyChain
    revoked: frozenset[int]


@dataclass(frozen=True, slots=True)
class UnverifiedList:
    """A well-formed list as read; not even its key sets were looked at."""

    sign1: cose.UnverifiedSign1
    kid: bytes
    version: int
    issued_at: int
    key_sets: tuple[bytes, ...]
    revoked: frozenset[int]


def sign_list(
    publisher: Signer,
    *,
    version: int,
    at: int,
    key_sets: Sequence[bytes],
    revoked: Sequence[int],
) -> bytes:
    """Return the signed list of a moment; LintError when our own parser would refuse it."""
    payload = cbor.encode({1: FORMAT, 2: version, 3: at, 4: list(key_sets), 5: sorted(revoked)})
    signed = cose.sign1(payload, publisher, external_aad=CONTEXT)
    try:
        parse_list(signed)
    except FormatError as error:
        raise LintError(error.code) from None
    return signed


def parse_list(data: bytes) -> UnverifiedList:
    """Read a list; FormatError."""
    sign1 = cose.parse_sign1(data, max_size=MAX_SIZE)
    kid = sign1.kid
    if sign1.unprotected or not kid or sign1.alg is None:
        raise FormatError("LIST_HEADER")
    if len(sign1.signature) != SIGNATURE_SIZE:
        raise FormatError("LIST_FORMAT")
    value = cbor.decode(sign1.payload, max_size=MAX_SIZE)
    if not isinstance(value, dict) or value.keys() != _KEYS:
        raise FormatError("LIST_FORMAT")
    if value[1] != FORMAT:
        raise FormatError("LIST_VERSION")
    for key in (2, 3):
        if type(value[key]) is not int or not 0 <= value[key] < _MAX_TIME:
            raise FormatError("LIST_FORMAT")
    return UnverifiedList(sign1, kid, value[2], value[3], _key_sets(value[4]), _serials(value[5]))


def verify_list(
    unverified: UnverifiedList, root_public_key: ec.EllipticCurvePublicKey
) -> RelyingPartyList:
    """Return the list when the root signed its key set and a publisher of that set the rest.

    SignatureError when one did not; FormatError when a key set is none.
    """
    chain = verify_key_sets(unverified.key_sets, root_public_key)
    for key in publisher_keys(chain, unverified.kid, unverified.issued_at):
        try:
            cose.verify_sign1(unverified.sign1, key, external_aad=CONTEXT)
        except SignatureError:
            continue
        return RelyingPartyList(unverified.version, unverified.issued_at, chain, unverified.revoked)
    raise SignatureError("SIGNATURE_INVALID")


def _key_sets(value: object) -> tuple[bytes, ...]:
    if not isinstance(value, list) or any(type(one) is not bytes for one in value):
        raise FormatError("LIST_FORMAT")
    return tuple(value)


def _serials(value: object) -> frozenset[int]:
    if not isinstance(value, list) or len(value) > MAX_REVOKED:
        raise FormatError("LIST_FORMAT")
    if any(type(one) is not int or not 0 < one <= MAX_SERIAL for one in value):
        raise FormatError("LIST_FORMAT")
    serials = frozenset(value)
    if value != sorted(serials):
        raise FormatError("LIST_FORMAT")
    return serials
