"""Key attestations: somebody we believe says where a wallet keeps its keys (OpenID4VCI, annex D).

Verified whenever one comes along, demanded by `openid_require_key_attestation`. Which key signed
is decided by the chain in its header, which has to end at one of the operators' roots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import FormatError
from credentials.jose import parse_jws, verify_jws
from credentials.jwk import load_jwk
from credentials.token_claims import check_times, find_time, read_text, read_time
from credentials.x509_chain import verify_chain
from wallet_api.services.deps import Deps
from wallet_api.services.openid.attesters import attestation_roots

TYPE: Final = "key-attestation+jwt"


@dataclass(frozen=True, slots=True)
class KeyAttestation:
    """The keys that somebody we believe speaks for, and the nonce that he was given."""

    keys: tuple[ec.EllipticCurvePublicKey, ...]
    nonce: str


def verify_key_attestation(
    deps: Deps, text: str, *, most: int, must_expire: bool
) -> KeyAttestation:
    """Verify an attestation of at most ``most`` keys; CredentialError for every other.

    ``must_expire``: beside a proof it has to say until when it holds (annex D.1).
    """
    unverified = parse_jws(text, typ=TYPE)
    now = int(deps.now().timestamp())
    leaf = verify_chain(unverified.chain, attestation_roots(deps), now=now)
    claims = verify_jws(unverified, leaf.public_key)
    check_times(
        now,
        issued_at=read_time(claims, "iat"),
        not_before=find_time(claims, "nbf"),
        expires_at=read_time(claims, "exp") if must_expire else find_time(claims, "exp"),
    )
    attested = claims.get("attested_keys")
    if not isinstance(attested, list) or not 0 < len(attested) <= most:
        raise FormatError("CLAIM_INVALID", "attested_keys")
    if not all(isinstance(one, dict) for one in attested):
        raise FormatError("CLAIM_INVALID", "attested_keys")
    return KeyAttestation(tuple(load_jwk(one) for one in attested), read_text(claims, "nonce"))
