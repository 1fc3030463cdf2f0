"""Proofs that a wallet holds the keys its credentials are bound to (OpenID4VCI annex F).

Two types: `jwt`, a proof by each key, and `attestation`, where an attester speaks for the keys. All
proofs of a request may carry one nonce; it is used up with what the request is for, so that it is
good for one request however many proofs there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import CredentialError, SignatureError
from credentials.jose import UnverifiedJws, parse_jws, verify_jws
from credentials.jwk import load_jwk, thumbprint
from wallet_api.errors.openid import OpenIdError
from wallet_api.services import nonces
from wallet_api.services.deps import Deps
from wallet_api.services.openid import addresses
from wallet_api.services.openid.access import Access
from wallet_api.services.openid.issuer_metadata import BATCH_SIZE
from wallet_api.services.openid.key_attestations import KeyAttestation, verify_key_attestation

TYPE: Final = "openid4vci-proof+jwt"
JWT, ATTESTATION = "jwt", "attestation"
LARGEST: Final = 1 << 16  # characters; a key attestation may stand in the header
OLDEST_SECONDS, FURTHEST_SECONDS = 300, 60

Keys = tuple[ec.EllipticCurvePublicKey, ...]
Found = tuple[Keys, tuple[str, ...]]  # keys of a proof and the nonces in it


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key that a wallet holds, and its thumbprint."""

    public_key: ec.EllipticCurvePublicKey
    jkt: str


@dataclass(frozen=True, slots=True)
class Proven:
    """Different keys in the order they came, and the nonces to be used up with them."""

    keys: tuple[HeldKey, ...]
    nonces: frozenset[str]


def check_proofs(deps: Deps, access: Access, proofs: object) -> Proven:
    """Return the proven keys; OpenIdError invalid_proof or invalid_nonce (section 8.3.1.2)."""
    kind, texts = _read(proofs)
    if kind == ATTESTATION:
        found = [_check_attestation(deps, text) for text in texts]
    else:
        found = [_check_jwt(deps, access, text) for text in texts]
    keys = tuple(HeldKey(key, thumbprint(key)) for part, _ in found for key in part)
    if len({key.jkt for key in keys}) != len(keys):
        raise refused("each key is good for one credential of a request")
    if len(keys) > BATCH_SIZE:
        raise refused("there are more keys than batch_size")
    used = frozenset(nonce for _, held in found for nonce in held)
    if not all(nonces.is_fresh(deps, nonce) for nonce in used):
        raise nonce_refused()
    return Proven(keys, used)


def refused(description: str) -> OpenIdError:
    """Make the refusal of a proof."""
    return OpenIdError("invalid_proof", description)


def nonce_refused() -> OpenIdError:
    """Make the refusal of a nonce: the wallet fetches a fresh one and comes again."""
    return OpenIdError("invalid_nonce", "the nonce is not one of ours, too old or used")


def _read(proofs: object) -> tuple[str, Sequence[str]]:
    if not isinstance(proofs, Mapping) or len(proofs) != 1:
        raise refused("proofs with exactly one proof type are needed")
    ((kind, texts),) = proofs.items()
    if kind not in (JWT, ATTESTATION):
        raise refused("the proof types offered are jwt and attestation")
    if not isinstance(texts, list) or not 0 < len(texts) <= (
        1 if kind == ATTESTATION else BATCH_SIZE
    ):
        raise refused("there are no proofs or too many")
    if not all(isinstance(text, str) for text in texts):
        raise refused("a proof is a text")
    return kind, texts


def _check_attestation(deps: Deps, text: str) -> Found:
    attested = _attestation(deps, text, must_expire=False)
    return attested.keys, (attested.nonce,)


def _check_jwt(deps: Deps, access: Access, text: str) -> Found:
    """Return the keys a proof stands for: its own, or all that its attestation speaks for."""
    try:
        proof = parse_jws(text, typ=TYPE, max_size=LARGEST, key_in_header=True)
    except CredentialError:
        raise refused("a proof cannot be read") from None
    nonce = _check_claims(deps, access, proof.claims)
    text_of_attester = proof.header.get("key_attestation")
    if text_of_attester is None:
        if deps.settings.openid_require_key_attestation:
            raise refused("a key attestation is needed")
        return (_verify(proof, ()),), (nonce,)
    if not isinstance(text_of_attester, str):
        raise refused("the key attestation is not a text")
    attested = _attestation(deps, text_of_attester, must_expire=True)
    _verify(proof, attested.keys)
    return attested.keys, (nonce, attested.nonce)


def _attestation(deps: Deps, text: str, *, must_expire: bool) -> KeyAttestation:
    try:
        return verify_key_attestation(deps, text, most=BATCH_SIZE, must_expire=must_expire)
    except CredentialError:
        raise refused("the key attestation does not hold") from None


def _verify(proof: UnverifiedJws, attested: Keys) -> ec.EllipticCurvePublicKey:
    """Return the key that signed: the one in the header, or with an attestation one of its keys."""
    named, kid = proof.jwk, proof.kid
    several = named is not None and kid is not None
    if several or "x5c" in proof.header or (named is None and not attested):
        raise refused("the header names the key by jwk and nothing else")
    try:
        keys = attested if named is None else (load_jwk(named),)
    except CredentialError:
        raise refused("jwk is not a public P-256 key") from None
    if attested and named is not None and thumbprint(keys[0]) not in map(thumbprint, attested):
        raise refused("the attestation does not speak for the key of the proof")
    for key in keys:
        try:
            verify_jws(proof, key)
        except SignatureError:
            continue
        return key
    raise refused("a proof is not signed by its key")


def _check_claims(deps: Deps, access: Access, claims: Mapping[str, object]) -> str:
    """Return the nonce of a proof that is for us, of this client and of now (F.1)."""
    audience, issuer = claims.get("aud"), claims.get("iss")
    if addresses.issuer(deps) not in (audience if isinstance(audience, list) else [audience]):
        raise refused("a proof is for another issuer")
    # Wallets without a name of their own send one all the same; it then proves nothing.
    if access.client_id and issuer not in (None, access.client_id):
        raise refused("a proof is of another client")
    issued_at, now = claims.get("iat"), int(deps.now().timestamp())
    if (
        type(issued_at) is not int
        or not now - OLDEST_SECONDS <= issued_at <= now + FURTHEST_SECONDS
    ):
        raise refused("a proof is too old or of the future")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str):
        raise refused("a proof has no nonce")
    return nonce
