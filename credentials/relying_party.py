"""Who may ask: a relying party's certificate, issued by the registry for the key of a desk.

    certificate = COSE_Sign1, untagged, external_aad "IKD-RP", by a "relying-parties" key
    payload     = [ 1, serial, name, key (compressed P-256), first day, last day, [ + profile ] ]

Days are counted from 1970-01-01 UTC, both inclusive. The name is what a resident reads, so it is
short, visible and without tricks of direction. A certificate travels in every challenge its desk
shows, so its room is measured: `credentials.signed_challenge` says what is left for a purpose.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from credentials import cbor, cose
from credentials.errors import ClaimError, FormatError, LintError, SignatureError
from credentials.key_set import RELYING_PARTIES, KeySet
from credentials.presentation import AUDIENCE_SIZE
from credentials.signing import ES256, SIGNATURE_SIZE, Signer, compress, load_compressed

CONTEXT: Final = b"IKD-RP"
VERSION: Final = 1
MAX_NAME: Final = 32  # bytes of UTF-8
MAX_PROFILES: Final = 4
MAX_PROFILE: Final = 255
MAX_SERIAL: Final = (1 << 31) - 1
MAX_SIZE: Final = 192
DAY: Final = 86_400

_AUDIENCE_CONTEXT = b"IKD-RP-AUD"
_PARTS = 7
_MAX_DAY = 1 << 16
_MAX_LIFE = 400  # days


@dataclass(frozen=True, slots=True)
class RelyingPartyCertificate:
    """What a certificate says. `profiles` are the numbers that may be asked for, ascending."""

    serial: int
    name: str
    public_key: ec.EllipticCurvePublicKey
    first_day: int
    last_day: int
    profiles: tuple[int, ...]

    @property
    def not_before(self) -> int:
        """First second of its validity, unix time."""
        return self.first_day * DAY

    @property
    def not_after(self) -> int:
        """Last second of its validity, unix time."""
        return self.last_day * DAY + DAY - 1

    @property
    def audience(self) -> bytes:
        """Eight bytes that stand for this very certificate: answers are bound to them.

        Computed, never carried: nobody can ask with one certificate for another's audience.
        """
        payload = certificate_payload(self)
        return hashlib.sha256(_AUDIENCE_CONTEXT + payload).digest()[:AUDIENCE_SIZE]

    def valid_at(self, moment: int) -> bool:
        """Tell whether that unix time lies within its days."""
        return self.not_before <= moment <= self.not_after


@dataclass(frozen=True, slots=True)
class UnverifiedCertificate:
    """A well-formed certificate as read; nobody has vouched for `claimed` yet."""

    sign1: cose.UnverifiedSign1
    kid: bytes
    claimed: RelyingPartyCertificate
    raw: bytes


def certificate_payload(certificate: RelyingPartyCertificate) -> bytes:
    """Return the bytes to be signed; LintError when our own parser would refuse them."""
    fields = [
        VERSION,
        certificate.serial,
        certificate.name,
        compress(certificate.public_key),
        certificate.first_day,
        certificate.last_day,
        list(certificate.profiles),
    ]
    try:
        readable(certificate.name, most=MAX_NAME, code="CERTIFICATE_NAME")
        payload = cbor.encode(fields)
        read_payload(payload)
    except FormatError as error:
        raise LintError(error.code) from None
    return payload


def sign_certificate(payload: bytes, registry: Signer) -> bytes:
    """Return the certificate of a payload that was planned; LintError when it is none."""
    try:
        read_payload(payload)
    except FormatError as error:
        raise LintError(error.code) from None
    return cose.sign1(payload, registry, external_aad=CONTEXT)


def parse_certificate(data: bytes) -> UnverifiedCertificate:
    """Read a certificate's file; FormatError."""
    return certificate_of(cbor.decode(data, max_size=MAX_SIZE))


def certificate_of(value: object) -> UnverifiedCertificate:
    """Take a certificate from decoded CBOR; FormatError when it is none."""
    sign1 = cose.sign1_of(value)
    kid = sign1.kid
    header = cbor.encode({cose.HEADER_ALG: ES256, cose.HEADER_KID: kid or b""})
    if not kid or sign1.unprotected or sign1.protected != header:
        raise FormatError("CERTIFICATE_HEADER")
    if len(sign1.signature) != SIGNATURE_SIZE:
        raise FormatError("CERTIFICATE_FORMAT")
    raw = cbor.encode([sign1.protected, {}, sign1.payload, sign1.signature])
    if len(raw) > MAX_SIZE:
        raise FormatError("CERTIFICATE_FORMAT")
    return UnverifiedCertificate(sign1, kid, read_payload(sign1.payload), raw)


def verify_certificate(
    unverified: UnverifiedCertificate, keys: KeySet, *, moment: int
) -> RelyingPartyCertificate:
    """Return the certificate when a relying-parties key of the set signed it, else raise.

    SignatureError: CERTIFICATE_UNKNOWN for a key that the set does not name at `moment` (unix s),
    KEYS_EXPIRED after the set's end, SIGNATURE_INVALID. ClaimError: CERTIFICATE_NOT_YET_VALID,
    CERTIFICATE_EXPIRED. Whether it was revoked is the caller's to look up, by its serial.
    """
    if moment > keys.expires_at:
        raise SignatureError("KEYS_EXPIRED")
    found = keys.find(RELYING_PARTIES, unverified.kid, moment)
    if not found:
        raise SignatureError("CERTIFICATE_UNKNOWN")
    _verify_by_any(unverified.sign1, [one.public_key for one in found])
    certificate = unverified.claimed
    if moment < certificate.not_before:
        raise ClaimError("CERTIFICATE_NOT_YET_VALID")
    if moment > certificate.not_after:
        raise ClaimError("CERTIFICATE_EXPIRED")
    return certificate


def _verify_by_any(
    sign1: cose.UnverifiedSign1, candidates: list[ec.EllipticCurvePublicKey]
) -> None:
    for key in candidates:
        try:
            cose.verify_sign1(sign1, key, external_aad=CONTEXT)
        except SignatureError:
            continue
        return
    raise SignatureError("SIGNATURE_INVALID")


def read_payload(payload: bytes) -> RelyingPartyCertificate:
    """Read what a certificate says, signed or still to be signed; FormatError."""
    value = cbor.decode(payload, max_size=MAX_SIZE)
    if not isinstance(value, list) or len(value) != _PARTS:
        raise FormatError("CERTIFICATE_FORMAT")
    version, serial, name, key, first_day, last_day, profiles = value
    if type(version) is not int or version != VERSION:
        raise FormatError("CERTIFICATE_VERSION")
    if type(serial) is not int or not 0 < serial <= MAX_SERIAL:
        raise FormatError("CERTIFICATE_FORMAT")
    if type(key) is not bytes:
        raise FormatError("CERTIFICATE_FORMAT")
    if type(first_day) is not int or type(last_day) is not int:
        raise FormatError("CERTIFICATE_FORMAT")
    if not 0 <= first_day <= last_day < _MAX_DAY or last_day - first_day > _MAX_LIFE:
        raise FormatError("CERTIFICATE_DAYS")
    return RelyingPartyCertificate(
        serial,
        readable(name, most=MAX_NAME, code="CERTIFICATE_NAME"),
        load_compressed(key),
        first_day,
        last_day,
        _profiles(profiles),
    )


def readable(value: object, *, most: int, code: str) -> str:
    """Return a text that a resident can read as it stands, else FormatError(`code`).

    At most `most` bytes of UTF-8, composed (NFC), every character visible, no space at either end:
    no line breaks, no invisible letters, nothing that turns the direction of what follows.
    """
    if type(value) is not str or not 0 < len(value) <= most:
        raise FormatError(code)
    if len(value.encode(errors="replace")) > most or not value.isprintable():
        raise FormatError(code)
    if value != value.strip() or not unicodedata.is_normalized("NFC", value):
        raise FormatError(code)
    return value


def _profiles(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_PROFILES:
        raise FormatError("CERTIFICATE_PROFILES")
    if any(type(one) is not int or not 0 < one <= MAX_PROFILE for one in value):
        raise FormatError("CERTIFICATE_PROFILES")
    if value != sorted(set(value)):
        raise FormatError("CERTIFICATE_PROFILES")
    return tuple(value)
