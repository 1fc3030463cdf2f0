"""Private JWKs of published examples as PEM, which our signer takes."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.jwk import b64url_decode


def private_pem(jwk: Mapping[str, str]) -> bytes:
    """Return PKCS#8 PEM of a P-256 private JWK."""
    key = ec.derive_private_key(int.from_bytes(b64url_decode(jwk["d"]), "big"), ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
