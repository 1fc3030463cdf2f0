"""The key that signs a chain, and the institution's key that the sealed part is for.

The first stays in the desk's folder: it shows that records were not changed later by somebody
without it, not that the desk itself was honest. The second's private half never comes near a desk.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import FormatError
from credentials.jwk import load_jwk, thumbprint
from credentials.signing import PemSigner
from verifier.receipts.errors import ReceiptError

KEY, PUBLIC, RECIPIENT = "key.pem", "key.public.pem", "recipient.pem"
MAX_KEY_FILE: Final = 16384

PublicKey = ec.EllipticCurvePublicKey
PrivateKey = ec.EllipticCurvePrivateKey


def load_signer(folder: Path) -> PemSigner:
    """Load the chain's key; RECEIPTS_NOT_BEGUN, RECEIPT_KEY_INVALID."""
    if not folder.is_dir():
        raise ReceiptError("RECEIPTS_NOT_BEGUN")
    try:
        return PemSigner((folder / KEY).read_bytes())
    except (OSError, FormatError):
        raise ReceiptError("RECEIPT_KEY_INVALID", KEY) from None


def load_recipient(folder: Path) -> ec.EllipticCurvePublicKey | None:
    """Load the institution's public key, None where none was set; RECIPIENT_INVALID."""
    path = folder / RECIPIENT
    return load_public(path, code="RECIPIENT_INVALID") if path.exists() else None


def load_public(path: Path, *, code: str) -> ec.EllipticCurvePublicKey:
    """Load a public P-256 key from PEM or JWK; ReceiptError(code)."""
    try:
        data = path.read_bytes()[: MAX_KEY_FILE + 1]
    except (OSError, ValueError):
        raise ReceiptError(code, path.name) from None
    with suppress(ValueError, RecursionError, FormatError):
        if data.lstrip().startswith(b"{"):
            return load_jwk(json.loads(data))
        key = serialization.load_pem_public_key(data)
        if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1":
            return key
    raise ReceiptError(code, path.name)


def load_private(path: Path, password: bytes | None) -> ec.EllipticCurvePrivateKey:
    """Load the institution's private key; RECIPIENT_KEY_INVALID, also for a wrong password."""
    with suppress(OSError, ValueError, TypeError):
        key = serialization.load_pem_private_key(path.read_bytes()[: MAX_KEY_FILE + 1], password)
        if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1":
            return key
    raise ReceiptError("RECIPIENT_KEY_INVALID", path.name)


def public_pem(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as PEM."""
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def new_private_pem(password: bytes | None) -> tuple[bytes, ec.EllipticCurvePublicKey]:
    """Make the institution's key pair: PKCS#8 PEM, encrypted under a password when one is given."""
    key = ec.generate_private_key(ec.SECP256R1())
    sealing: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        sealing = serialization.BestAvailableEncryption(password)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, sealing), key.public_key()


def fingerprint(key: ec.EllipticCurvePublicKey) -> str:
    """Return what a person compares: the RFC 7638 thumbprint, base64url, 43 characters."""
    return thumbprint(key)
