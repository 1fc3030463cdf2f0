"""DPoP proofs of foreign wallets (RFC 9449), always with a nonce of ours.

The nonce decides how old a proof may be, so a phone's clock may be a little off; the ``jti`` is
used once, in whichever worker (T20).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import Connection

from credentials.errors import CredentialError, FormatError
from credentials.jose import UnverifiedJws, parse_jws, verify_jws
from credentials.jwk import b64url_encode, load_jwk, thumbprint
from wallet_api.errors import NonceRequired
from wallet_api.errors.openid import OpenIdError
from wallet_api.services import nonces
from wallet_api.services.deps import Deps

PROOF_TYPE: Final = "dpop+jwt"
ALGORITHMS: Final = ("ES256",)
MOST_TEXT: Final = 4096
LONGEST_JTI: Final = 256
OLDEST_SECONDS, FURTHEST_SECONDS = 60, 10  # FAPI 2.0 section 5.3.2.1: 10 s ahead is still good
LATEST_TIME: Final = 1 << 40
NONCE_HEADER: Final = "DPoP-Nonce"
_PORTS: Final = {"https": 443, "http": 80}


def check_proof(
    deps: Deps, proof: str, *, method: str, url: str, token: str | None = None
) -> tuple[str, str]:
    """Return (key thumbprint, ``jti`` that is still to be used up by ``use_proof``).

    ``token``: the access token that the proof must go with (``ath``). OpenIdError 400
    invalid_dpop_proof or use_dpop_nonce (RFC 9449 sections 5 and 8).
    """
    unverified, jkt = _read(proof)
    claims = unverified.claims
    jti, nonce = claims.get("jti"), claims.get("nonce")
    ath = None if token is None else b64url_encode(hashlib.sha256(token.encode()).digest())
    if claims.get("htm") != method or not _is_for(claims.get("htu"), url):
        raise _invalid("the proof is for another request")
    if ath is not None and claims.get("ath") != ath:
        raise _invalid("the proof is for another access token")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise _invalid("jti is missing or too long")
    if not isinstance(nonce, str) or not nonces.is_fresh(deps, nonce):
        raise OpenIdError(
            "use_dpop_nonce",
            "the proof needs the nonce of the DPoP-Nonce header",
            headers={NONCE_HEADER: nonces.make(deps)},
        )
    _check_times(claims, int(deps.now().timestamp()))
    return jkt, jti


def use_proof(deps: Deps, jkt: str, jti: str) -> None:
    """Use the proof's ``jti`` up; OpenIdError invalid_dpop_proof for a replay."""
    with refusing_replays(), deps.statements() as db:
        use_up(db, deps, jkt, jti)


def use_up(db: Connection, deps: Deps, jkt: str, jti: str) -> None:
    """Do the same in the caller's transaction, which stands inside ``refusing_replays``."""
    ends = deps.now() + timedelta(seconds=OLDEST_SECONDS + FURTHEST_SECONDS + 1)
    nonces.use_up(db, deps, "openid-dpop", (f"{jkt}|{jti}",), expires_at=ends)


@contextmanager
def refusing_replays() -> Iterator[None]:
    """Say what a used ``jti`` means here; around the transaction, which has to end first."""
    try:
        yield
    except NonceRequired:
        raise _invalid("the proof was used before") from None


def _read(proof: str) -> tuple[UnverifiedJws, str]:
    """Verify the proof with the key it brings: whose key that is, the token says."""
    try:
        unverified = parse_jws(proof, typ=PROOF_TYPE, max_size=MOST_TEXT, key_in_header=True)
        key = load_jwk(unverified.jwk or {})
        verify_jws(unverified, key)
    except CredentialError as error:
        kind = "cannot be read" if isinstance(error, FormatError) else "is not signed by its key"
        raise _invalid(f"the proof {kind}") from None
    return unverified, thumbprint(key)


def _check_times(claims: dict[str, object], now: int) -> None:
    issued_at = _time(claims, "iat")
    if issued_at is None or not now - OLDEST_SECONDS <= issued_at <= now + FURTHEST_SECONDS:
        raise _invalid("iat is too far from the time of the server")
    expires_at, not_before = _time(claims, "exp"), _time(claims, "nbf")
    if (expires_at is not None and expires_at <= now - FURTHEST_SECONDS) or (
        not_before is not None and not_before > now + FURTHEST_SECONDS
    ):
        raise _invalid("the proof is not valid now")


def _time(claims: dict[str, object], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > LATEST_TIME:
        raise _invalid(f"{name} is no time")
    return value


def _is_for(claimed: object, expected: str) -> bool:
    """Compare as RFC 9449 section 4.3 says: without query and fragment, after normalisation."""
    if not isinstance(claimed, str) or not claimed.isascii():
        return False
    try:
        return _normal(urlsplit(claimed)) == _normal(urlsplit(expected))
    except ValueError:
        return False


def _normal(parts: SplitResult) -> tuple[str, str, int | None, str]:
    port = parts.port or _PORTS.get(parts.scheme)
    return parts.scheme, (parts.hostname or ""), port, parts.path or "/"


def _invalid(description: str) -> OpenIdError:
    return OpenIdError("invalid_dpop_proof", description)
