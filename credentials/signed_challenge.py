"""A challenge that says who asks and why, under the asker's certificate.

    signed challenge = [ certificate, COSE_Sign1 ]                                   text "IDC:…"
    payload          = [ 1, nonce (16 bytes), profile, t (unix s), purpose ]
    external_aad     = SHA-256("IKD-IDC" || certificate)

The protected header is {1: -7}; the key is that of the certificate, and the external_aad ties the
question to this one certificate. The audience is not carried: it is computed from the certificate,
so that an answer serves nobody else. The phone's answer is the same presentation as for an
unsigned challenge. At most 450 characters, so that it scans from a screen at arm's length.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from credentials import cbor, cose
from credentials.errors import ClaimError, FormatError, LintError
from credentials.presentation import NONCE_SIZE, Challenge, parse_challenge
from credentials.qr_text import PREFIX_CHALLENGE, from_text, to_text
from credentials.relying_party import (
    MAX_PROFILE,
    RelyingPartyCertificate,
    UnverifiedCertificate,
    certificate_of,
    parse_certificate,
    readable,
)
from credentials.signing import ES256, SIGNATURE_SIZE, Signer, compress

CONTEXT: Final = b"IKD-IDC"
VERSION: Final = 1
MAX_TEXT: Final = 450  # characters, prefix included
MAX_BYTES: Final = 297  # the bytes behind so many
MAX_PURPOSE: Final = 64  # bytes of UTF-8, where the certificate leaves room
ALWAYS_FITS: Final = 23  # bytes of a purpose, beside the largest certificate
FRESH_PAST: Final = 600  # seconds a question may be old when it is read
FRESH_FUTURE: Final = 120

_PARTS = 2
_PAYLOAD_PARTS = 5
_PROTECTED = cbor.encode({cose.HEADER_ALG: ES256})
_MAX_TIME = 1 << 40


@dataclass(frozen=True, slots=True)
class UnverifiedSignedChallenge:
    """A well-formed signed challenge as read; who asks is only claimed."""

    certificate: UnverifiedCertificate
    sign1: cose.UnverifiedSign1
    challenge: Challenge
    purpose: str


@dataclass(frozen=True, slots=True)
class SignedChallenge:
    """A question whose asker is certain: the certificate's key signed it, to this profile."""

    certificate: RelyingPartyCertificate
    challenge: Challenge
    purpose: str


def sign_challenge(
    *, certificate: bytes, requester: Signer, nonce: bytes, profile: int, at: int, purpose: str
) -> str:
    """Return the "IDC:" text that a desk shows; LintError when our own parser would refuse it.

    `certificate` is the file as issued, `requester` the key it names, `at` unix seconds. Codes:
    CHALLENGE_TOO_LARGE where the purpose does not fit (see `room_for_purpose`), CHALLENGE_KEY,
    CHALLENGE_PROFILE, CHALLENGE_FORMAT, CHALLENGE_PURPOSE.
    """
    try:
        held = parse_certificate(certificate)
        if compress(held.claimed.public_key) != compress(requester.public_key):
            raise LintError("CHALLENGE_KEY")
        readable(purpose, most=MAX_PURPOSE, code="CHALLENGE_PURPOSE")
        payload = cbor.encode([VERSION, nonce, profile, at, purpose])
        _read_payload(payload, held.claimed)
    except FormatError as error:
        raise LintError(error.code) from None
    if profile not in held.claimed.profiles:
        raise LintError("CHALLENGE_PROFILE")
    if len(purpose.encode()) > room_for_purpose(certificate):
        raise LintError("CHALLENGE_TOO_LARGE")
    signed = sig_structure(held.raw, payload)
    message = [_PROTECTED, {}, payload, requester.sign(signed)]
    return to_text(PREFIX_CHALLENGE, cbor.encode([cbor.decode(held.raw), message]))


def room_for_purpose(certificate: bytes) -> int:
    """Return how many bytes of UTF-8 a purpose may have beside this certificate.

    Counted with a profile number of two bytes and a time of today's size, so that it is the same
    for every question.
    """
    frame = cbor.encode(
        [[], [_PROTECTED, {}, bytes(SIGNATURE_SIZE + NONCE_SIZE), bytes(SIGNATURE_SIZE)]]
    )
    # The payload: array, version, nonce, profile, time, and the purpose's own head.
    fixed = len(cbor.encode([VERSION, bytes(NONCE_SIZE), MAX_PROFILE, 1 << 31, "x" * 24])) - 24
    frame_size = len(frame) - 1 - (SIGNATURE_SIZE + NONCE_SIZE)
    left = MAX_BYTES - frame_size - len(certificate) - fixed
    return max(0, min(MAX_PURPOSE, left))


def parse_signed_challenge(text: str) -> UnverifiedSignedChallenge:
    """Read a signed "IDC:" text; FormatError, for an unsigned one CHALLENGE_UNSIGNED."""
    if len(text) > MAX_TEXT:
        raise FormatError("QR_TOO_LONG")
    _, data = from_text(text, prefixes=(PREFIX_CHALLENGE,))
    value = cbor.decode(data, max_size=MAX_BYTES)
    if not isinstance(value, list) or not value:
        raise FormatError("CHALLENGE_FORMAT")
    if not isinstance(value[0], list):
        raise FormatError("CHALLENGE_UNSIGNED")
    if len(value) != _PARTS:
        raise FormatError("CHALLENGE_FORMAT")
    certificate, sign1 = certificate_of(value[0]), cose.sign1_of(value[1])
    if sign1.protected != _PROTECTED or sign1.unprotected:
        raise FormatError("CHALLENGE_HEADER")
    if len(sign1.signature) != SIGNATURE_SIZE:
        raise FormatError("CHALLENGE_FORMAT")
    challenge, purpose = _read_payload(sign1.payload, certificate.claimed)
    return UnverifiedSignedChallenge(certificate, sign1, challenge, purpose)


def read_challenge(text: str) -> Challenge | UnverifiedSignedChallenge:
    """Read an "IDC:" text of either form; FormatError."""
    try:
        return parse_signed_challenge(text)
    except FormatError as error:
        if error.code != "CHALLENGE_UNSIGNED":
            raise
    return parse_challenge(text)


def verify_signed_challenge(
    unverified: UnverifiedSignedChallenge, certificate: RelyingPartyCertificate, *, moment: int
) -> SignedChallenge:
    """Return the question when the certificate's key signed it, for a profile it may ask, lately.

    `certificate` is what `verify_certificate` returned for `unverified.certificate`. Raises
    SignatureError; ClaimError CHALLENGE_PROFILE, CHALLENGE_OLD, CHALLENGE_FROM_FUTURE: a question
    that was photographed must not ask for ever.
    """
    aad = _bound_to(unverified.certificate.raw)
    cose.verify_sign1(unverified.sign1, certificate.public_key, external_aad=aad)
    asked = unverified.challenge
    if asked.profile not in certificate.profiles:
        raise ClaimError("CHALLENGE_PROFILE")
    if asked.issued_at > moment + FRESH_FUTURE:
        raise ClaimError("CHALLENGE_FROM_FUTURE")
    if asked.issued_at < moment - FRESH_PAST:
        raise ClaimError("CHALLENGE_OLD")
    return SignedChallenge(certificate, asked, unverified.purpose)


def _bound_to(certificate: bytes) -> bytes:
    return hashlib.sha256(CONTEXT + certificate).digest()


def sig_structure(certificate: bytes, payload: bytes) -> bytes:
    """Return the bytes that the desk's key signs, bound to the certificate's file."""
    return cose.sig_structure(_PROTECTED, _bound_to(certificate), payload)


def _read_payload(payload: bytes, claimed: RelyingPartyCertificate) -> tuple[Challenge, str]:
    value = cbor.decode(payload, max_size=MAX_BYTES)
    if not isinstance(value, list) or len(value) != _PAYLOAD_PARTS:
        raise FormatError("CHALLENGE_FORMAT")
    version, nonce, profile, issued_at, purpose = value
    if type(version) is not int or version != VERSION:
        raise FormatError("CHALLENGE_VERSION")
    if type(nonce) is not bytes or len(nonce) != NONCE_SIZE:
        raise FormatError("CHALLENGE_FORMAT")
    if type(profile) is not int or not 0 < profile <= MAX_PROFILE:
        raise FormatError("CHALLENGE_FORMAT")
    if type(issued_at) is not int or not 0 <= issued_at < _MAX_TIME:
        raise FormatError("CHALLENGE_FORMAT")
    told = readable(purpose, most=MAX_PURPOSE, code="CHALLENGE_PURPOSE")
    return Challenge(nonce, claimed.audience, profile, issued_at), told
