"""SD-JWT VC (`dc+sd-jwt`): a credential as others know it, on top of SD-JWT.

What says who, until when and for whom (`iss`, `nbf`, `exp`, `cnf`, `vct`, `status`) always stands
in the open and is refused in a disclosure. The times are rounded to days by whoever issues
(`credentials.vc_claims.coarse_times`), so that they tell nobody apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from credentials.disclosures import Random
from credentials.errors import FormatError, LintError
from credentials.jwk import load_jwk, public_jwk
from credentials.sd_jwt import UnverifiedSdJwt, issue_sd_jwt, parse_sd_jwt, verify_sd_jwt
from credentials.signing import PublicKey, Signer
from credentials.token_claims import (
    LEEWAY,
    StatusReference,
    check_times,
    find_time,
    read_status,
    read_text,
    read_time,
)

TYP = "dc+sd-jwt"
# SD-JWT VC section 3.2.2.2: never selectively disclosable. `iat` may be, but ours never is.
OPEN_CLAIMS = frozenset({"iss", "nbf", "exp", "iat", "cnf", "vct", "vct#integrity", "status"})

_NEVER_DISCLOSED = tuple(OPEN_CLAIMS - {"iat"})


@dataclass(frozen=True, slots=True)
class SdJwtVc:
    """A credential whose issuer signature held. Times are unix seconds.

    `claims` is everything that was disclosed, the open claims among it. `holder_key` is None for
    a credential without holder binding, `status` None when it cannot be revoked.
    """

    vct: str
    claims: dict[str, object]
    issuer: str | None
    issued_at: int | None
    expires_at: int
    holder_key: ec.EllipticCurvePublicKey | None
    status: StatusReference | None


def issue_sd_jwt_vc(
    claims: Mapping[str, object],
    signer: Signer,
    *,
    vct: str,
    issued_at: int,
    expires_at: int,
    random: Random,
    chain: tuple[bytes, ...],
    holder_key: ec.EllipticCurvePublicKey | None = None,
    status: StatusReference | None = None,
    issuer: str | None = None,
    vct_integrity: str | None = None,
    decoys: int = 0,
) -> str:
    """Sign a credential; `claims` holds `Selective` values where the holder may withhold.

    `chain` is DER, leaf first, without the anchor; `issuer` must be one of the leaf's names.
    LintError("CLAIM_NAME") when `claims` has one of the open claims or a reserved name,
    LintError("CLAIM_TIMES") when it would expire before it begins.
    """
    if not OPEN_CLAIMS.isdisjoint(claims):
        raise LintError("CLAIM_NAME")
    if not 0 <= issued_at < expires_at:
        raise LintError("CLAIM_TIMES")
    payload: dict[str, object] = {"vct": vct}
    if vct_integrity is not None:
        payload["vct#integrity"] = vct_integrity
    if issuer is not None:
        payload["iss"] = issuer
    payload |= {"iat": issued_at, "nbf": issued_at, "exp": expires_at}
    if holder_key is not None:
        payload["cnf"] = {"jwk": public_jwk(holder_key)}
    if status is not None:
        payload["status"] = status.encode()
    payload |= claims
    return issue_sd_jwt(payload, signer, typ=TYP, random=random, chain=chain, decoys=decoys)


def parse_sd_jwt_vc(text: str) -> UnverifiedSdJwt:
    """Read a credential or a presentation; FormatError, also when no `vct` is in the open."""
    unverified = parse_sd_jwt(text, typ=TYP)
    read_text(unverified.jws.claims, "vct")
    return unverified


def verify_sd_jwt_vc(
    unverified: UnverifiedSdJwt, public_key: PublicKey, *, now: int, leeway: int = LEEWAY
) -> SdJwtVc:
    """Return the credential when `public_key` signed it and it is valid at `now`.

    The key is one the caller trusts: the leaf of `credentials.x509_chain.verify_chain`, or from a
    trust list. The caller still checks `check_issuer(leaf, issuer)` when there is an issuer, the
    vct, the status, and the key binding with `holder_key`.
    SignatureError, ClaimError (ISSUED_IN_FUTURE, NOT_YET_VALID, EXPIRED) or FormatError, among
    them CLAIM_DISCLOSED when a disclosure carries what must stand in the open.
    """
    claims = verify_sd_jwt(unverified, public_key)
    _check_open(unverified.jws.claims, claims)
    issued_at, expires_at = find_time(claims, "iat"), read_time(claims, "exp")
    check_times(
        now,
        issued_at=issued_at,
        not_before=find_time(claims, "nbf"),
        expires_at=expires_at,
        leeway=leeway,
    )
    return SdJwtVc(
        vct=read_text(claims, "vct"),
        claims=claims,
        issuer=read_text(claims, "iss") if "iss" in claims else None,
        issued_at=issued_at,
        expires_at=expires_at,
        holder_key=read_holder_key(claims) if "cnf" in claims else None,
        status=read_status(claims["status"]) if "status" in claims else None,
    )


def read_holder_key(claims: Mapping[str, object]) -> ec.EllipticCurvePublicKey:
    """Return the key of `cnf.jwk` (RFC 7800 section 3.2); FormatError("CLAIM_INVALID", "cnf").

    A key that is only named (`kid`, `jku`) is refused: it would have to be fetched.
    """
    cnf = claims.get("cnf")
    jwk = cnf.get("jwk") if isinstance(cnf, dict) else None
    if not isinstance(jwk, dict):
        raise FormatError("CLAIM_INVALID", "cnf")
    return load_jwk(jwk)


def _check_open(signed: Mapping[str, object], disclosed: Mapping[str, object]) -> None:
    """Refuse open claims that came out of a disclosure, whole or in part."""
    for name in _NEVER_DISCLOSED:
        if disclosed.get(name) != signed.get(name):
            raise FormatError("CLAIM_DISCLOSED", name)
