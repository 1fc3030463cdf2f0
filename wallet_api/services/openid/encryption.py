"""Encrypted credential requests and responses (OpenID4VCI 1.0 sections 8.2, 8.3 and 10).

A request is encrypted to our published key, an answer to the key that the request names. Section
8.2 demands an encrypted request from whoever wants an encrypted answer: else somebody between could
put in a key of his own. Wallets that cannot do so exist; `openid_encryption` says who wins.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import CredentialError
from credentials.jwe import ALG, KEY_SIZES, decrypt_jwe, encrypt_jwe, parse_jwe
from credentials.jwk import load_jwk
from wallet_api.errors.openid import OpenIdError
from wallet_api.services.deps import Deps

PARAMETER: Final = "credential_response_encryption"
LONGEST_KID: Final = 512


@dataclass(frozen=True, slots=True)
class ResponseKey:
    """The key an answer is encrypted to; ``kid`` is echoed, so that the wallet finds it."""

    public_key: ec.EllipticCurvePublicKey
    enc: str
    kid: str | None


def open_request(deps: Deps, text: str) -> bytes:
    """Decrypt a request; OpenIdError invalid_encryption_parameters."""
    try:
        return decrypt_jwe(parse_jwe(text), deps.keys.request_key)
    except CredentialError:
        raise _refused("the request is not encrypted as the metadata says") from None


def find_response_key(
    deps: Deps, request: Mapping[str, object], *, encrypted: bool
) -> ResponseKey | None:
    """Return the key the answer shall be encrypted to, None for an answer in the clear.

    ``encrypted`` says whether the request was. OpenIdError invalid_encryption_parameters.
    """
    if PARAMETER not in request:
        return None
    found = read_response_key(request[PARAMETER])
    if not encrypted and deps.settings.openid_encryption == "strict":
        raise _refused("an encrypted answer takes an encrypted request (section 8.2)")
    return found


def read_response_key(value: object) -> ResponseKey:
    """Read the parameter; OpenIdError invalid_encryption_parameters.

    Compression is not offered: a few bytes could unfold without end.
    """
    jwk = value.get("jwk") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(jwk, Mapping) or "zip" in value:
        raise _refused("jwk and enc are needed, zip is not offered")
    enc, kid = value.get("enc"), jwk.get("kid")
    if not isinstance(enc, str) or enc not in KEY_SIZES:
        raise _refused("this enc is not offered")
    if jwk.get("alg") != ALG or value.get("alg", ALG) != ALG:
        raise _refused("this alg is not offered")
    if not (kid is None or (isinstance(kid, str) and len(kid) <= LONGEST_KID)):
        raise _refused("kid is not a text")
    try:
        return ResponseKey(load_jwk(jwk), enc, kid)
    except CredentialError:
        raise _refused("jwk is not a public P-256 key") from None


def seal_response(content: bytes, key: ResponseKey) -> str:
    """Encrypt an answer to the wallet's key."""
    return encrypt_jwe(
        content, key.public_key, enc=key.enc, random=secrets.token_bytes, kid=key.kid
    )


def _refused(description: str) -> OpenIdError:
    return OpenIdError("invalid_encryption_parameters", description)
