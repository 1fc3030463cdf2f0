"""The rotating frame on the kiosk's display: which counter, which ten seconds, signed.

`seq` comes from time and the nonce from `HMAC(kiosk secret, seq)`: a kiosk that restarts shows the
same frame again, while a clone that knows the key but not the secret collides: the same seq with
another nonce under a valid signature blocks the kiosk.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from credentials import cbor, cose
from credentials.errors import FormatError, LintError
from credentials.qr_text import PREFIX_FRAME, from_text, to_text
from credentials.signing import SIGNATURE_SIZE, Signer

CONTEXT = b"IKD-IDK-FRAME"
VERSION = 1
ROTATE_SECONDS = 10
LIFE_SECONDS = 20
NONCE_SIZE = 16

_PARTS = 7
_MAX_ID = 64
_MAX_LIFE = 120
_MAX_SECRET = 16
_MAX_TIME = 1 << 40


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. `kiosk` and `office` are ids (1-64 characters); times are unix seconds."""

    kiosk: str
    office: str
    seq: int
    nonce: bytes
    issued_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class UnverifiedFrame:
    """A well-formed frame as read; the certificate of `kid` decides what it is worth."""

    sign1: cose.UnverifiedSign1
    kid: bytes
    frame: Frame

    @property
    def kiosk(self) -> str:
        """Claimed kiosk id."""
        return self.frame.kiosk


def frame_nonce(secret: bytes, seq: int) -> bytes:
    """Return HMAC-SHA256(secret, "IKD-IDK-NONCE" || seq as 8 bytes), cut to 16 bytes."""
    if len(secret) < _MAX_SECRET:
        raise LintError("FRAME_SECRET")
    message = b"IKD-IDK-NONCE" + seq.to_bytes(8, "big")
    return hmac.digest(secret, message, hashlib.sha256)[:NONCE_SIZE]


def frame_at(kiosk: str, office: str, secret: bytes, moment: int) -> Frame:
    """Return the frame to show at unix time `moment`: seq = moment // 10, valid for 20 s."""
    seq = moment // ROTATE_SECONDS
    issued_at = seq * ROTATE_SECONDS
    nonce = frame_nonce(secret, seq)
    return Frame(kiosk, office, seq, nonce, issued_at, issued_at + LIFE_SECONDS)


def sign_frame(frame: Frame, signer: Signer) -> str:
    """Return the "IDK:" text of a signed frame; LintError when our own parser would refuse it."""
    fields = [
        VERSION,
        frame.kiosk,
        frame.office,
        frame.seq,
        frame.nonce,
        frame.issued_at,
        frame.expires_at,
    ]
    payload = cbor.encode(fields)
    try:
        _read_frame(payload)
    except FormatError as error:
        raise LintError(error.code) from None
    return to_text(PREFIX_FRAME, cose.sign1(payload, signer, external_aad=CONTEXT))


def parse_frame(text: str) -> UnverifiedFrame:
    """Read an "IDK:" text; FormatError."""
    _, data = from_text(text, prefixes=(PREFIX_FRAME,))
    sign1 = cose.parse_sign1(data)
    kid = sign1.kid
    if sign1.unprotected or kid is None or sign1.alg is None:
        raise FormatError("FRAME_HEADER")
    if len(sign1.signature) != SIGNATURE_SIZE:
        raise FormatError("FRAME_SIGNATURE_SIZE")
    return UnverifiedFrame(sign1, kid, _read_frame(sign1.payload))


def verify_frame(unverified: UnverifiedFrame, public_key: ec.EllipticCurvePublicKey) -> Frame:
    """Return the frame when the kiosk's key signed it, else raise SignatureError.

    The caller still checks the kiosk's certificate, that it is the one the frame names, the time
    of first arrival, single use, and seq against the nonce seen before.
    """
    cose.verify_sign1(unverified.sign1, public_key, external_aad=CONTEXT)
    return unverified.frame


def _read_frame(payload: bytes) -> Frame:
    value = cbor.decode(payload)
    if not isinstance(value, list) or len(value) != _PARTS:
        raise FormatError("FRAME_FORMAT")
    version, kiosk, office, seq, nonce, issued_at, expires_at = value
    if type(version) is not int or version != VERSION:
        raise FormatError("FRAME_VERSION")
    if type(nonce) is not bytes or len(nonce) != NONCE_SIZE:
        raise FormatError("FRAME_FORMAT")
    if type(seq) is not int or type(issued_at) is not int or type(expires_at) is not int:
        raise FormatError("FRAME_FORMAT")
    if not 0 <= seq < _MAX_TIME or not 0 <= issued_at < expires_at <= issued_at + _MAX_LIFE:
        raise FormatError("FRAME_FORMAT")
    if issued_at > _MAX_TIME:
        raise FormatError("FRAME_FORMAT")
    return Frame(_id(kiosk), _id(office), seq, nonce, issued_at, expires_at)


def _id(value: object) -> str:
    if type(value) is not str or not 0 < len(value) <= _MAX_ID or not value.isprintable():
        raise FormatError("FRAME_FORMAT")
    return value
