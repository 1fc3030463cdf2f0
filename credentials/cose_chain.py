"""COSE_Sign1 as mdocs and status lists carry it: the certificate chain in the header.

RFC 9052 section 4.2 with `x5chain` (RFC 9360) in the unprotected header and, for device
signatures, a detached payload. Beside `credentials.cose`, whose messages name a key id and are
deterministic. The protected header decides nothing but must say ES256; a critical header, a key or
the address of one is refused.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, cast

import cbor2

from credentials import tagged_cbor
from credentials.cose import HEADER_ALG, HEADER_CRIT, HEADER_TYP, sig_structure
from credentials.errors import FormatError, SignatureError
from credentials.signing import ES256, SIGNATURE_SIZE, PublicKey, Signer, verify_es256
from credentials.x509_chain import MAX_CERTIFICATES

HEADER_CHAIN = 33  # x5chain
_HEADER_URL = 35  # x5u
_TAG_SIGN1 = 0xD2
_PARTS = 4
_MAX_HEADER = 1 << 14
_MAX_CACHED = 64  # bytes


class UnverifiedMessage(NamedTuple):
    """The parts as read, checked against no key. `payload` is None when it is detached."""

    protected: bytes
    payload: bytes | None
    signature: bytes
    chain: tuple[bytes, ...]
    typ: str | int | None


def parse_message(data: bytes, *, max_size: int = tagged_cbor.MAX_SIZE) -> UnverifiedMessage:
    """Read a COSE_Sign1, tagged 18 or not; FormatError("COSE_…", "CBOR_…")."""
    untagged = data[1:] if data[:1] == bytes((_TAG_SIGN1,)) else data
    return message_of(tagged_cbor.decode(untagged, max_size=max_size))


def message_of(value: object) -> UnverifiedMessage:
    """Take the parts from a decoded array; FormatError("COSE_…").

    COSE_ALG for any algorithm but ES256 and for one outside the protected header, COSE_CRIT for
    critical headers, COSE_CHAIN for certificates of the wrong form.
    """
    if not isinstance(value, list) or len(value) != _PARTS:
        raise FormatError("COSE_NOT_SIGN1")
    protected, unprotected, payload, signature = value
    if type(protected) is not bytes or type(unprotected) is not dict:
        raise FormatError("COSE_NOT_SIGN1")
    if type(payload) not in (bytes, type(None)) or type(signature) is not bytes:
        raise FormatError("COSE_NOT_SIGN1")
    if len(signature) != SIGNATURE_SIZE:
        raise FormatError("COSE_SIGNATURE_SIZE")
    header = _read_protected(protected) if len(protected) <= _MAX_CACHED else _protected(protected)
    if HEADER_CRIT in unprotected:
        raise FormatError("COSE_CRIT")
    if not header.keys().isdisjoint(unprotected) or _HEADER_URL in unprotected:
        raise FormatError("COSE_HEADER")
    chain = _read_chain(header.get(HEADER_CHAIN, unprotected.get(HEADER_CHAIN)))
    typ = cast("str | int | None", header.get(HEADER_TYP))
    return UnverifiedMessage(protected, payload, signature, chain, typ)


def sign_message(
    payload: bytes,
    signer: Signer,
    *,
    chain: tuple[bytes, ...] = (),
    typ: str | None = None,
    detached: bool = False,
) -> list[object]:
    """Return the four parts, signed with ES256, ready to be encoded.

    The protected header holds the algorithm and the type only: readers in the field refuse more.
    """
    protected = cbor2.dumps({HEADER_ALG: ES256} | ({} if typ is None else {HEADER_TYP: typ}))
    unprotected: dict[int, object] = {}
    if chain:
        unprotected[HEADER_CHAIN] = chain[0] if len(chain) == 1 else list(chain)
    signature = signer.sign(sig_structure(protected, b"", payload))
    return [protected, unprotected, None if detached else payload, signature]


def verify_message(
    message: UnverifiedMessage, public_key: PublicKey, *, detached: bytes | None = None
) -> bytes:
    """Return the payload when `public_key` signed it; SignatureError.

    A detached payload is given by the caller; a message that brings its own is refused then.
    """
    if message.payload is not None and detached is not None:
        raise SignatureError("PAYLOAD_DETACHED")
    payload = message.payload if detached is None else detached
    if payload is None:
        raise SignatureError("PAYLOAD_DETACHED")
    verify_es256(public_key, sig_structure(message.protected, b"", payload), message.signature)
    return payload


def _protected(protected: bytes) -> dict[object, object]:
    header = tagged_cbor.decode_map(protected, max_size=_MAX_HEADER) if protected else {}
    if HEADER_CRIT in header:
        raise FormatError("COSE_CRIT")
    if type(header.get(HEADER_ALG)) is not int or header[HEADER_ALG] != ES256:
        raise FormatError("COSE_ALG")
    typ = header.get(HEADER_TYP)
    if typ is not None and (isinstance(typ, bool) or not isinstance(typ, str | int)):
        raise FormatError("COSE_HEADER")
    if _HEADER_URL in header:
        raise FormatError("COSE_HEADER")
    return header


# Nearly every message says only its algorithm. Nobody changes the map that comes back.
_read_protected = lru_cache(maxsize=64)(_protected)


def _read_chain(value: object) -> tuple[bytes, ...]:
    if value is None:
        return ()
    chain = [value] if isinstance(value, bytes) else value
    if not isinstance(chain, list) or not 0 < len(chain) <= MAX_CERTIFICATES:
        raise FormatError("COSE_CHAIN")
    if not all(type(one) is bytes for one in chain):
        raise FormatError("COSE_CHAIN")
    return tuple(chain)
