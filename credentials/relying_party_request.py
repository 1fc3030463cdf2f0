"""What a desk asks the registry for: a certificate for its key, with the proof that it holds it.

    request = COSE_Sign1 by the new key, external_aad "IKD-RP-REQUEST"
    payload = [ 1, key (compressed P-256), made at, code: tstr / null, renewal: bstr / null ]
    renewal = COSE_Sign1 by the key before, external_aad "IKD-RP-RENEWAL"; payload [ serial, key ]

A first request carries the one-time code of the registry's offer, a renewal the word of the key
that is certified already: one of the two, never both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from credentials import cbor, cose
from credentials.errors import FormatError, LintError
from credentials.relying_party import MAX_SERIAL
from credentials.signing import SIGNATURE_SIZE, Signer, compress, load_compressed

CONTEXT: Final = b"IKD-RP-REQUEST"
RENEWAL_CONTEXT: Final = b"IKD-RP-RENEWAL"
VERSION: Final = 1
MAX_SIZE: Final = 1024
MAX_CODE: Final = 64

_PARTS = 5
_RENEWAL_PARTS = 2
_MAX_TIME = 1 << 40


@dataclass(frozen=True, slots=True)
class RelyingPartyRequest:
    """A request whose key signed it. Exactly one of `code` and `before` is there.

    `before` is the serial of the certificate to be renewed, `renewal` the word of its key; it is
    worth nothing until `verify_renewal`.
    """

    public_key: ec.EllipticCurvePublicKey
    made_at: int
    code: str | None
    before: int | None
    renewal: cose.UnverifiedSign1 | None


@dataclass(frozen=True, slots=True)
class UnverifiedRequest:
    """A well-formed request as read."""

    sign1: cose.UnverifiedSign1
    claimed: RelyingPartyRequest


def sign_request(requester: Signer, *, code: str, at: int) -> bytes:
    """Return a first request, `at` in unix seconds; LintError."""
    return _signed(requester, [VERSION, compress(requester.public_key), at, code, None])


def sign_renewal(requester: Signer, *, before: Signer, serial: int, at: int) -> bytes:
    """Return the request for a new key in place of that of certificate `serial`; LintError."""
    key = compress(requester.public_key)
    word = cose.sign1(cbor.encode([serial, key]), before, external_aad=RENEWAL_CONTEXT)
    return _signed(requester, [VERSION, key, at, None, word])


def _signed(requester: Signer, fields: list[object]) -> bytes:
    payload = cbor.encode(fields)
    try:
        _read(payload)
    except FormatError as error:
        raise LintError(error.code) from None
    return cose.sign1(payload, requester, external_aad=CONTEXT)


def parse_request(data: bytes) -> UnverifiedRequest:
    """Read a request's file; FormatError."""
    sign1 = _plain(cose.parse_sign1(data, max_size=MAX_SIZE))
    return UnverifiedRequest(sign1, _read(sign1.payload))


def verify_request(unverified: UnverifiedRequest) -> RelyingPartyRequest:
    """Return the request when the key that it names signed it: proof of possession."""
    request = unverified.claimed
    cose.verify_sign1(unverified.sign1, request.public_key, external_aad=CONTEXT)
    return request


def verify_renewal(request: RelyingPartyRequest, before: ec.EllipticCurvePublicKey) -> int:
    """Return the serial to be renewed when the key of that certificate agreed; SignatureError."""
    if request.renewal is None or request.before is None:
        raise FormatError("REQUEST_FORMAT")
    cose.verify_sign1(request.renewal, before, external_aad=RENEWAL_CONTEXT)
    return request.before


def _plain(sign1: cose.UnverifiedSign1) -> cose.UnverifiedSign1:
    if sign1.unprotected or sign1.kid is None or sign1.alg is None:
        raise FormatError("REQUEST_HEADER")
    if len(sign1.signature) != SIGNATURE_SIZE:
        raise FormatError("REQUEST_FORMAT")
    return sign1


def _read(payload: bytes) -> RelyingPartyRequest:
    value = cbor.decode(payload, max_size=MAX_SIZE)
    if not isinstance(value, list) or len(value) != _PARTS:
        raise FormatError("REQUEST_FORMAT")
    version, key, made_at, code, renewal = value
    if type(version) is not int or version != VERSION:
        raise FormatError("REQUEST_VERSION")
    if type(key) is not bytes or type(made_at) is not int or not 0 <= made_at < _MAX_TIME:
        raise FormatError("REQUEST_FORMAT")
    public_key = load_compressed(key)
    if type(code) is str and 0 < len(code) <= MAX_CODE and renewal is None:
        return RelyingPartyRequest(public_key, made_at, code, None, None)
    if code is None and type(renewal) is bytes:
        word = _plain(cose.parse_sign1(renewal, max_size=MAX_SIZE))
        return RelyingPartyRequest(public_key, made_at, None, _read_renewal(word, key), word)
    raise FormatError("REQUEST_FORMAT")


def _read_renewal(word: cose.UnverifiedSign1, key: bytes) -> int:
    value = cbor.decode(word.payload, max_size=MAX_SIZE)
    if not isinstance(value, list) or len(value) != _RENEWAL_PARTS:
        raise FormatError("REQUEST_FORMAT")
    serial, named = value
    if type(serial) is not int or not 0 < serial <= MAX_SERIAL or named != key:
        raise FormatError("REQUEST_FORMAT")
    return serial
