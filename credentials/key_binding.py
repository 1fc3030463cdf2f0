"""Key binding of SD-JWT (RFC 9901 section 4.3): the holder's signature for one verifier.

A JWT of type `kb+jwt` over the verifier's name, its nonce, the time, and the hash of exactly the
credential and the disclosures shown with it.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import ClaimError, FormatError, SignatureError
from credentials.jose import parse_jws, sign_jws, verify_jws
from credentials.jwk import b64url_encode
from credentials.sd_jwt import UnverifiedSdJwt
from credentials.signing import Signer
from credentials.token_claims import LEEWAY, check_times, find_time, read_text, read_time

TYP = "kb+jwt"
MAX_AGE = 300  # seconds a proof may be old
_MAX_SIZE = 1 << 14


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """What the holder signed. `issued_at` is unix seconds; `claims` is the whole payload."""

    audience: str
    nonce: str
    issued_at: int
    claims: dict[str, object]


def bind(presented: str, holder: Signer, *, audience: str, nonce: str, issued_at: int) -> str:
    """Return `presented` (an SD-JWT ending in "~") with the holder's key binding JWT behind it."""
    claims = {
        "iat": issued_at,
        "aud": audience,
        "nonce": nonce,
        "sd_hash": hash_presented(presented),
    }
    return presented + sign_jws(claims, holder, typ=TYP)


def verify_key_binding(
    unverified: UnverifiedSdJwt,
    holder_key: ec.EllipticCurvePublicKey,
    *,
    audience: str,
    nonce: str,
    now: int,
    max_age: int = MAX_AGE,
    leeway: int = LEEWAY,
) -> KeyBinding:
    """Return what the holder signed (RFC 9901 section 7.3, steps 3 and 5).

    `holder_key` comes from the verified credential (`cnf`), `audience` is our full client id.
    SignatureError: KEY_BINDING_MISSING, SIGNATURE_INVALID, KEY_BINDING_HASH. ClaimError: AUDIENCE,
    NONCE, KEY_BINDING_OLD, ISSUED_IN_FUTURE, EXPIRED, NOT_YET_VALID. FormatError otherwise.
    """
    if unverified.key_binding is None:
        raise SignatureError("KEY_BINDING_MISSING")
    jws = parse_jws(unverified.key_binding, typ=TYP, max_size=_MAX_SIZE)
    claims = verify_jws(jws, holder_key)
    if not _equal(read_text(claims, "sd_hash"), hash_presented(unverified.presented)):
        raise SignatureError("KEY_BINDING_HASH")
    if read_text(claims, "aud") != audience:
        raise ClaimError("AUDIENCE")
    if not _equal(read_text(claims, "nonce"), nonce):
        raise ClaimError("NONCE")
    issued_at = read_time(claims, "iat")
    if issued_at + max_age + leeway < now:
        raise ClaimError("KEY_BINDING_OLD")
    check_times(
        now,
        issued_at=issued_at,
        not_before=find_time(claims, "nbf"),
        expires_at=find_time(claims, "exp"),
        leeway=leeway,
    )
    return KeyBinding(audience, nonce, issued_at, claims)


def hash_presented(presented: str) -> str:
    """Return `sd_hash`: base64url of SHA-256 over the SD-JWT with its last "~".

    FormatError("SDJWT_FORMAT") for a text that does not end there.
    """
    if not presented.endswith("~") or not presented.isascii():
        raise FormatError("SDJWT_FORMAT")
    return b64url_encode(hashlib.sha256(presented.encode("ascii")).digest())


def _equal(first: str, second: str) -> bool:
    return hmac.compare_digest(first.encode(), second.encode())
