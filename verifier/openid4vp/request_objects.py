"""The signed question (OpenID4VP 1.0 sections 5 and 5.10; RFC 9101).

A wallet gets a link with our name and an address; there it fetches this JWT, whose certificate
proves the name. Each request has its own nonce, state and encryption key: an answer to one is
nothing to another, and nobody who copies the traffic can read it later.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import quote, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import CredentialError
from credentials.jose import sign_jws
from credentials.jwe import ALG, KEY_SIZES
from credentials.jwk import b64url_encode, public_jwk, thumbprint
from credentials.signing import ES256, Signer
from credentials.x509_chain import load_certificate
from verifier.openid4vp.errors import Rejected, SetupError
from verifier.openid4vp.queries import Query

ClientPrefix = Literal["x509_hash", "x509_san_dns"]
PREFIXES: tuple[ClientPrefix, ...] = get_args(ClientPrefix)
TYP = "oauth-authz-req+jwt"
CONTENT_TYPE = f"application/{TYP}"
AUDIENCE = "https://self-issued.me/v2"
SCHEME = "openid4vp://"
FORMATS_SUPPORTED: dict[str, object] = {
    "dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]},
    "mso_mdoc": {"issuerauth_alg_values": [ES256], "deviceauth_alg_values": [ES256]},
}
_WALLET_NONCE = re.compile(r"[\x21-\x7e]{1,512}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are to wallets: the signing key and its certificates (DER, leaf first, no anchor)."""

    signer: Signer
    chain: tuple[bytes, ...]

    def client_id(self, prefix: ClientPrefix, public_url: str) -> str:
        """Return the client id with its prefix (section 5.9.3); SetupError.

        CERTIFICATE_NAME: x509_san_dns needs the public address's host among the leaf's DNS names.
        """
        if prefix == "x509_hash":
            return f"x509_hash:{b64url_encode(hashlib.sha256(self.chain[0]).digest())}"
        host = urlsplit(public_url).hostname or ""
        if host not in _dns_names(self.chain[0]):
            raise SetupError("CERTIFICATE_NAME", host)
        return f"x509_san_dns:{host}"


@dataclass(frozen=True, slots=True)
class Question:
    """All that a request object says about one request. Times are unix seconds."""

    client_id: str
    response_uri: str
    nonce: str
    state: str
    issued_at: int
    expires_at: int
    encryption_key: ec.EllipticCurvePublicKey


def make_link(client_id: str, request_uri: str, *, post: bool) -> str:
    """Return what goes into the QR code and behind the button."""
    parameters = {"client_id": client_id, "request_uri": request_uri}
    if post:
        parameters["request_uri_method"] = "post"
    return f"{SCHEME}?{urlencode(parameters, quote_via=quote)}"


def sign_request(
    question: Question,
    query: Query,
    identity: Identity,
    *,
    client_name: str,
    wallet_nonce: str | None = None,
) -> str:
    """Return the request object as a signed JWT."""
    claims: dict[str, object] = {
        "aud": AUDIENCE,
        "client_id": question.client_id,
        "response_type": "vp_token",
        "response_mode": "direct_post.jwt",
        "response_uri": question.response_uri,
        "nonce": question.nonce,
        "state": question.state,
        "dcql_query": query.encode(),
        "client_metadata": _client_metadata(question.encryption_key, client_name, query),
        "iat": question.issued_at,
        "exp": question.expires_at,
    }
    if wallet_nonce is not None:
        claims["wallet_nonce"] = wallet_nonce
    return sign_jws(claims, identity.signer, typ=TYP, chain=identity.chain)


def read_wallet_nonce(form: Mapping[str, str]) -> str | None:
    """Return the nonce a wallet wants to see again; whatever else it says is ignored (5.10.1)."""
    value = form.get("wallet_nonce")
    if value is not None and not _WALLET_NONCE.fullmatch(value):
        raise Rejected("WALLET_NONCE")
    return value


def _client_metadata(
    key: ec.EllipticCurvePublicKey, client_name: str, query: Query
) -> dict[str, object]:
    jwk = {**public_jwk(key), "kid": thumbprint(key), "alg": ALG, "use": "enc"}
    return {
        "client_name": client_name,
        "jwks": {"keys": [jwk]},
        "encrypted_response_enc_values_supported": sorted(KEY_SIZES),
        "vp_formats_supported": {query.format: FORMATS_SUPPORTED[query.format]},
    }


def _dns_names(leaf: bytes) -> list[str]:
    try:
        extensions = load_certificate(leaf).extensions
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (CredentialError, x509.ExtensionNotFound):
        return []
    return list(names.get_values_for_type(x509.DNSName))
