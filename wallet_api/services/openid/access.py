"""Access tokens of foreign wallets: what one opens, and whether it still does.

An ``at+jwt`` (RFC 9068) whose audience is the credential issuer: the national app's tokens have
none, so neither is good in the place of the other. A token names its grant; whether the grant is
open and the resident's wallet ACTIVE is asked at every use, so that blocking and closing end all.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any, Final, cast

import jwt
from sqlalchemy import CursorResult, bindparam, select

from credentials.errors import CredentialError
from credentials.jose import parse_jws, verify_jws
from wallet_api.errors.openid import OpenIdError
from wallet_api.models import OpenIdGrant, Wallet, table_of
from wallet_api.rules import lifecycle
from wallet_api.services.deps import Deps
from wallet_api.services.openid import addresses, dpop

TOKEN_TYPE: Final = "at+jwt"  # noqa: S105 - RFC 9068 media type
MOST_TEXT: Final = 4096
SKEW_SECONDS: Final = 10
ANONYMOUS: Final = "anonymous"
_grant = table_of(OpenIdGrant).c
_wallet = table_of(Wallet).c
# Asked at every use of a token: columns of a statement made once, no entity.
_FIND: Final = (
    select(
        _grant.id,
        _grant.wallet_id,
        _grant.client_id,
        _grant.jkt,
        _grant.configurations,
        _grant.identifiers,
        _grant.expires_at,
        _grant.ended_at,
        _wallet.state,
    )
    .join(table_of(Wallet), _grant.wallet_id == _wallet.id)
    .where(_grant.id == bindparam("grant"))
)
_OFFERED: Final = f'DPoP algs="{" ".join(dpop.ALGORITHMS)}"'


@dataclass(frozen=True, slots=True)
class Access:
    """An access token that holds now. ``identifiers`` only where they were asked for."""

    grant: str
    wallet: str
    client_id: str
    jkt: str | None  # the DPoP key; None: bearer
    configurations: tuple[str, ...]
    identifiers: Mapping[str, str] | None  # credential identifier → configuration


def make_token(deps: Deps, grant: OpenIdGrant, configurations: tuple[str, ...]) -> str:
    """Sign an access token of the grant, for these of its configurations."""
    now = int(deps.now().timestamp())
    claims: dict[str, object] = {
        "iss": addresses.issuer(deps),
        "aud": addresses.issuer(deps),
        "sub": grant.id,
        "client_id": grant.client_id or ANONYMOUS,
        "jti": secrets.token_urlsafe(16),
        "iat": now,
        "exp": now + deps.settings.session_seconds,
        "scope": " ".join(configurations),
    }
    if grant.jkt is not None:
        claims["cnf"] = {"jkt": grant.jkt}
    return jwt.encode(claims, deps.keys.token_key, "ES256", headers={"typ": TOKEN_TYPE})


def check_access(
    deps: Deps, *, authorization: str | None, proof: str | None, method: str, url: str
) -> Access:
    """Return what the token opens (RFC 6750, RFC 9449 section 7); the proof is used up.

    ``url`` is the endpoint's public address. OpenIdError 401 with WWW-Authenticate otherwise.
    """
    scheme, _, token = (authorization or "").strip().partition(" ")
    if not token:
        raise OpenIdError(
            "invalid_token",
            "an access token is needed in the Authorization header",
            status=401,
            headers={"WWW-Authenticate": f"{_OFFERED}, Bearer"},
        )
    claims = _read_token(deps, token)
    jkt = _bound_to(claims)
    if scheme.lower() != ("bearer" if jkt is None else "dpop"):
        raise _refused("this token goes with the other scheme", dpop_scheme=jkt is not None)
    grant = {"grant": claims.get("sub")}
    if jkt is None:
        with deps.looking() as db:
            return _judge(deps, db.execute(_FIND, grant), claims, jkt)
    jti = _check_proof(deps, proof or "", jkt, token=token, method=method, url=url)
    try:
        with dpop.refusing_replays(), deps.statements() as db:
            access = _judge(deps, db.execute(_FIND, grant), claims, jkt)
            dpop.use_up(db, deps, jkt, jti)
    except OpenIdError as error:
        raise (_challenge(error) if error.error == "invalid_dpop_proof" else error) from None
    return access


def _read_token(deps: Deps, token: str) -> dict[str, object]:
    try:
        unverified = parse_jws(token, typ=TOKEN_TYPE, max_size=MOST_TEXT)
        claims = verify_jws(unverified, deps.keys.token_key.public_key())
    except CredentialError:
        raise _refused("the token is not one of ours") from None
    issuer = addresses.issuer(deps)
    if claims.get("iss") != issuer or claims.get("aud") != issuer:
        raise _refused("the token is for something else")
    issued_at, expires_at = claims.get("iat"), claims.get("exp")
    if not isinstance(issued_at, int) or not isinstance(expires_at, int):
        raise _refused("the token has no time")
    now = int(deps.now().timestamp())
    if not issued_at - SKEW_SECONDS <= now < expires_at:
        raise _refused("the token has expired")
    return claims


def _bound_to(claims: Mapping[str, object]) -> str | None:
    confirmation = claims.get("cnf")
    if confirmation is None:
        return None
    return str(cast("dict[str, object]", confirmation).get("jkt"))


def _check_proof(deps: Deps, proof: str, jkt: str, *, token: str, method: str, url: str) -> str:
    """Return the ``jti`` of a proof by the token's key, still unused."""
    try:
        key, jti = dpop.check_proof(deps, proof, method=method, url=url, token=token)
    except OpenIdError as error:
        raise _challenge(error) from None
    if not compare_digest(key, jkt):
        raise _refused("the token is bound to another key", dpop_scheme=True)
    return jti


def _judge(
    deps: Deps, rows: CursorResult[Any], claims: Mapping[str, object], jkt: str | None
) -> Access:
    """Return what the grant opens; OpenIdError unless it is open and the wallet ACTIVE."""
    grant = rows.one_or_none()
    if (
        grant is None
        or grant.state != lifecycle.ACTIVE
        or grant.jkt != jkt
        or not is_open(grant, deps.now())
    ):
        raise _refused("the grant has ended", dpop_scheme=jkt is not None)
    names = str(claims.get("scope", "")).split()
    identifiers = read_identifiers(grant)
    if identifiers is not None:
        identifiers = {name: held for name, held in identifiers.items() if held in names}
    allowed = tuple(name for name in json.loads(grant.configurations) if name in names)
    return Access(grant.id, grant.wallet_id, grant.client_id, jkt, allowed, identifiers)


def is_open(grant: Any, now: datetime) -> bool:
    """Say whether a grant, the row or its columns, holds at ``now``."""
    return grant.ended_at is None and now < grant.expires_at


def read_identifiers(grant: Any) -> dict[str, str] | None:
    """Return the grant's credential identifiers, or None where they were not asked for."""
    if grant.identifiers is None:
        return None
    return cast("dict[str, str]", json.loads(grant.identifiers))


def _challenge(error: OpenIdError) -> OpenIdError:
    """Turn a refused proof into the answer of a protected resource (RFC 9449 section 9)."""
    text = f'DPoP error="{error.error}", error_description="{error.description}"'
    headers = error.headers | {"WWW-Authenticate": f'{text}, algs="{" ".join(dpop.ALGORITHMS)}"'}
    return OpenIdError(error.error, error.description, status=401, headers=headers)


def _refused(description: str, *, dpop_scheme: bool = False) -> OpenIdError:
    scheme = "DPoP" if dpop_scheme else "Bearer"
    text = f'{scheme} error="invalid_token", error_description="{description}"'
    headers = {"WWW-Authenticate": text}
    return OpenIdError("invalid_token", description, status=401, headers=headers)
