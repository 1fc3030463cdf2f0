"""Who asks: a wallet under any name, or one that its maker vouches for.

Attestation-based client authentication (draft-ietf-oauth-attestation-based-client-auth, as HAIP
demands it): the attester's signature over the wallet's key, chained to a root that we were given,
and the wallet's own proof for us, used once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NoReturn, cast

from credentials.errors import CredentialError
from credentials.jose import parse_jws, verify_jws
from credentials.jwk import load_jwk
from credentials.x509_chain import verify_chain
from wallet_api.errors.openid import OpenIdError
from wallet_api.services import nonces
from wallet_api.services.deps import Deps
from wallet_api.services.openid import addresses
from wallet_api.services.openid.attesters import attestation_roots

ATTESTATION_TYPE: Final = "oauth-client-attestation+jwt"
PROOF_TYPE: Final = "oauth-client-attestation-pop+jwt"
MOST_TEXT: Final = 32_768
LONGEST_NAME: Final = 512
LONGEST_JTI: Final = 256
PROOF_SECONDS: Final = 300  # how old a wallet's proof may be; its jti is remembered as long
SKEW_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Client:
    """The wallet that asks; an empty ``id`` is nobody in particular."""

    id: str
    attested: bool = False


def identify(
    deps: Deps, client_id: str | None, attestation: str | None, proof: str | None
) -> Client:
    """Return who asks; OpenIdError invalid_client for an attestation that does not hold.

    ``client_id`` is what the form says; with an attestation it may only say the same.
    """
    if attestation is None and proof is None:
        if deps.settings.openid_require_wallet_attestation:
            _refuse("a wallet attestation is needed")
        return Client(_plain_name(client_id))
    if not attestation or not proof:
        _refuse("attestation and proof go together")
    try:
        name, jti = _verify(deps, attestation, proof)
    except CredentialError:
        _refuse("the wallet attestation or its proof does not hold")
    if client_id is not None and client_id != name:
        _refuse("client_id is not the one attested")
    ends = deps.now() + timedelta(seconds=PROOF_SECONDS + SKEW_SECONDS)
    if not nonces.consume(deps, "openid-attestation", f"{name}|{jti}", expires_at=ends):
        _refuse("the proof was used before")
    return Client(name, attested=True)


def _verify(deps: Deps, attestation: str, proof: str) -> tuple[str, str]:
    """Return (client id, ``jti`` of the proof)."""
    now = int(deps.now().timestamp())
    outer = parse_jws(attestation, typ=ATTESTATION_TYPE, max_size=MOST_TEXT)
    leaf = verify_chain(outer.chain, attestation_roots(deps), now=now)
    claims = verify_jws(outer, leaf.public_key)
    name, confirmation = claims.get("sub"), claims.get("cnf")
    if not isinstance(name, str) or not name or not isinstance(confirmation, Mapping):
        _refuse("the attestation lacks sub or cnf")
    _check_validity(claims, now)
    held = confirmation.get("jwk")
    key = load_jwk(cast("dict[str, object]", held) if isinstance(held, dict) else {})
    inner = verify_jws(parse_jws(proof, typ=PROOF_TYPE, max_size=MOST_TEXT), key)
    return _plain_name(name), _check_proof(deps, inner, name, now)


def _check_validity(claims: Mapping[str, object], now: int) -> None:
    expires_at, not_before = claims.get("exp"), claims.get("nbf", 0)
    if not _is_time(expires_at) or now >= cast("float", expires_at):
        _refuse("the attestation has expired")
    if not _is_time(not_before) or now + SKEW_SECONDS < cast("float", not_before):
        _refuse("the attestation is not valid yet")


def _check_proof(deps: Deps, claims: Mapping[str, object], name: str, now: int) -> str:
    audience, jti, issued_at = claims.get("aud"), claims.get("jti"), claims.get("iat")
    if audience not in (addresses.issuer(deps), [addresses.issuer(deps)]):
        _refuse("the proof is for somebody else")
    if claims.get("iss", name) != name:
        _refuse("the proof is of another client")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        _refuse("the proof has no jti")
    if not _is_time(issued_at) or not (
        now - PROOF_SECONDS <= cast("float", issued_at) <= now + SKEW_SECONDS
    ):
        _refuse("the proof is not of this moment")
    expires_at = claims.get("exp", now + 1)
    if not _is_time(expires_at) or now >= cast("float", expires_at):
        _refuse("the proof has expired")
    return jti


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain_name(client_id: str | None) -> str:
    name = client_id or ""
    if len(name) > LONGEST_NAME or not name.isascii() or not (name.isprintable() or not name):
        raise OpenIdError("invalid_request", "client_id is too long or has odd characters")
    return name


def _refuse(description: str) -> NoReturn:
    raise OpenIdError("invalid_client", description, status=401)
