"""Session transcripts of OpenID4VP (appendix B.2.6): what a device's signature is bound to.

[null, null, [name, SHA-256([who asks, nonce, thumbprint of the encryption key or null, …])]]
"""

from __future__ import annotations

import hashlib

from credentials import cbor
from credentials.errors import LintError

_THUMBPRINT = 32


def redirect_transcript(
    client_id: str, nonce: str, response_uri: str, *, key_thumbprint: bytes | None
) -> bytes:
    """Return the transcript for `direct_post` and `direct_post.jwt` (B.2.6.1).

    `client_id` with its prefix. `key_thumbprint` is the RFC 7638 SHA-256 thumbprint, 32 bytes, of
    the key the response is encrypted to; None for a response in clear.
    """
    return _transcript(
        "OpenID4VPHandover", [client_id, nonce, _checked(key_thumbprint), response_uri]
    )


def browser_transcript(origin: str, nonce: str, *, key_thumbprint: bytes | None) -> bytes:
    """Return the transcript for the Digital Credentials API (B.2.6.2); `origin` unprefixed."""
    return _transcript("OpenID4VPDCAPIHandover", [origin, nonce, _checked(key_thumbprint)])


def _transcript(name: str, info: list[object]) -> bytes:
    digest = hashlib.sha256(cbor.encode(info)).digest()
    return cbor.encode([None, None, [name, digest]])


def _checked(thumbprint: bytes | None) -> bytes | None:
    if thumbprint is not None and len(thumbprint) != _THUMBPRINT:
        raise LintError("KEY_THUMBPRINT")
    return thumbprint
