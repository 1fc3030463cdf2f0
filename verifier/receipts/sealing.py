"""The sealed part: what names a person, for the institution's key and nobody else's.

A compact JWE (ECDH-ES, A256GCM) around a JSON object: `text`, the scanned code itself, so that the
issuer's signature can be checked again in years; `claims`, what the policy let the desk see. The
place in the chain is part of the key derivation: a sealed part opens nowhere but in its own record.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import FormatError
from credentials.jwe import decrypt_jwe, encrypt_jwe, parse_jwe
from credentials.jwk import thumbprint
from credentials.qr_text import MAX_TEXT
from verifier.report import plain

TYP: Final = "ikd-receipt+jwe"
_MAX_SEALED: Final = 30000


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was sealed. `claims` as JSON can hold them."""

    text: str
    claims: dict[str, object]


def seal(
    text: str,
    claims: Mapping[str, object],
    *,
    recipient: ec.EllipticCurvePublicKey,
    chain: bytes,
    salt: bytes,
) -> str:
    """Return the JWE; LintError or FormatError when it does not fit."""
    content = json.dumps({"text": text, "claims": plain(claims)}, ensure_ascii=False)
    sealed = encrypt_jwe(
        content.encode(),
        recipient,
        enc="A256GCM",
        random=secrets.token_bytes,
        kid=thumbprint(recipient),
        apv=chain + salt,
        typ=TYP,
    )
    if len(sealed) > _MAX_SEALED:
        raise FormatError("RECEIPT_FORMAT", "size")
    return sealed


def recipient_of(sealed: str) -> str | None:
    """Return the fingerprint of the key that it is for; FormatError."""
    return parse_jwe(sealed, max_size=_MAX_SEALED).kid


def unseal(
    sealed: str, private_key: ec.EllipticCurvePrivateKey, *, chain: bytes, salt: bytes
) -> Evidence:
    """Open a sealed part; CredentialError when it is not for this key or not of this record."""
    unopened = parse_jwe(sealed, max_size=_MAX_SEALED)
    if unopened.header.get("typ") != TYP or unopened.apv != chain + salt:
        raise FormatError("EVIDENCE_FORMAT")
    return _evidence(decrypt_jwe(unopened, private_key))


def _evidence(content: bytes) -> Evidence:
    try:
        value = json.loads(content)
        text, claims = value["text"], value["claims"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise FormatError("EVIDENCE_FORMAT") from None
    if not isinstance(text, str) or len(text) > MAX_TEXT or not isinstance(claims, dict):
        raise FormatError("EVIDENCE_FORMAT")
    return Evidence(text, claims)
