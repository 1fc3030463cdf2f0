"""What lies in the database readable for nobody: request keys and results; and codes from secrets.

AES-256-GCM with the request's id and the purpose as additional data, so that a row's content is of
no use in another row. A response code is derived, not stored: a copy of the database holds none.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from credentials.jwk import b64url_encode
from verifier.openid4vp.errors import SetupError

SECRET_SIZE = 32
_NONCE_SIZE = 12


class Seal:
    """Seals with one secret of 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        """Derive a key for each purpose; SetupError("SECRET_INVALID")."""
        if len(secret) != SECRET_SIZE:
            raise SetupError("SECRET_INVALID")
        self._secret = secret
        self._cipher = AESGCM(self._derive("sealing"))

    def close(self, data: bytes, *, request: str, purpose: str) -> bytes:
        """Return `data` sealed for one request and purpose."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return nonce + self._cipher.encrypt(nonce, data, f"{purpose}:{request}".encode())

    def open(self, sealed: bytes, *, request: str, purpose: str) -> bytes:
        """Return what was sealed; SetupError("SEAL_BROKEN") when the secret is another one."""
        nonce, data = sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:]
        try:
            return self._cipher.decrypt(nonce, data, f"{purpose}:{request}".encode())
        except InvalidTag:
            raise SetupError("SEAL_BROKEN") from None

    def response_code(self, request: str) -> str:
        """Return the response code of a request: 256 bits that only this server can say."""
        key = self._derive("response code")
        return b64url_encode(hmac.digest(key, request.encode(), hashlib.sha256))

    def browser_tag(self, token: str) -> bytes:
        """Return what the database keeps of a browser's cookie."""
        return hmac.digest(self._derive("browser"), token.encode(), hashlib.sha256)

    def _derive(self, purpose: str) -> bytes:
        return hmac.digest(self._secret, f"ikd-verifier openid4vp {purpose}".encode(), "sha256")
