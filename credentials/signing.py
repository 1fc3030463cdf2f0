"""Keys and signatures: the Signer interface, its PEM form, and the only place that verifies.

A signer is two members (after securesystemslib): keys in a file, in an HSM or in a phone look the
same to whoever signs. ES256 signatures travel raw, r and s of 32 bytes each (RFC 9053 section 2.1).
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import Protocol, TypeGuard

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

from credentials.errors import FormatError, SignatureError

ES256 = -7  # COSE algorithm identifiers, RFC 9053
EDDSA = -8
SIGNATURE_SIZE = 64
KEY_ID_SIZE = 4
COMPRESSED_SIZE = 33

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

_CURVE = ec.SECP256R1()
_ECDSA = ec.ECDSA(hashes.SHA256())
_ECDSA_OF_DIGEST = ec.ECDSA(Prehashed(hashes.SHA256()))
_EC_KEY = type(ec.derive_private_key(1, _CURVE).public_key())


class Signer(Protocol):
    """Whatever can sign with one P-256 key."""

    @property
    def kid(self) -> bytes:
        """Key id, 4 bytes for issuer keys."""

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The key others verify with."""

    def sign(self, data: bytes) -> bytes:
        """Return the raw ES256 signature over `data`: r then s, 64 bytes."""


class PemSigner:
    """A signer whose P-256 private key is PKCS#8 PEM held in memory."""

    def __init__(self, pem: bytes, *, kid: bytes | None = None) -> None:
        """Load the key; `kid` defaults to `key_id` of its public key.

        Raises FormatError when the text is not an unencrypted P-256 private key.
        """
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise FormatError("KEY_INVALID") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != _CURVE.name:
            raise FormatError("KEY_NOT_P256")
        self._key = key
        self._public_key = key.public_key()
        self._kid = key_id(self._public_key) if kid is None else kid

    @property
    def kid(self) -> bytes:
        """Key id."""
        return self._kid

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self._public_key

    def sign(self, data: bytes) -> bytes:
        """Return the raw 64-byte ES256 signature over `data`."""
        r, s = decode_dss_signature(self._key.sign(data, _ECDSA))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def generate_pem() -> bytes:
    """Make a new P-256 private key, as unencrypted PKCS#8 PEM."""
    return ec.generate_private_key(_CURVE).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def thumbprint_input(public_key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the JSON that RFC 7638 section 3 hashes: crv, kty, x, y, nothing else, no spaces."""
    point = _uncompressed(public_key)
    members = {"crv": "P-256", "kty": "EC", "x": _b64(point[1:33]), "y": _b64(point[33:])}
    return json.dumps(members, separators=(",", ":")).encode()


def key_id(public_key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the first 4 bytes of the key's RFC 7638 SHA-256 thumbprint."""
    return hashlib.sha256(thumbprint_input(public_key)).digest()[:KEY_ID_SIZE]


def compress(public_key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the compressed point, 33 bytes (SEC 1 section 2.3.3)."""
    return public_key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )


def load_compressed(data: bytes) -> ec.EllipticCurvePublicKey:
    """Load a compressed P-256 point of 33 bytes; FormatError when it is not on the curve."""
    if len(data) != COMPRESSED_SIZE or data[0] not in (2, 3):
        raise FormatError("KEY_INVALID")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, data)
    except ValueError:
        raise FormatError("KEY_NOT_ON_CURVE") from None


def verify_es256(public_key: PublicKey, data: bytes, signature: bytes) -> None:
    """Check a raw ES256 signature; return nothing or raise SignatureError.

    Both s and n - s verify (ECDSA is malleable): never use a signature as an identifier.
    """
    verify_es256_digest(public_key, hashlib.sha256(data).digest(), signature)


def verify_es256_digest(public_key: PublicKey, digest: bytes, signature: bytes) -> None:
    """Check a raw ES256 signature over data of that SHA-256; SignatureError when it fails."""
    if not _is_p256(public_key):
        raise SignatureError("KEY_MISMATCH")
    if len(signature) != SIGNATURE_SIZE:
        raise SignatureError("SIGNATURE_INVALID")
    try:
        public_key.verify(_der(signature), digest, _ECDSA_OF_DIGEST)
    except InvalidSignature:
        raise SignatureError("SIGNATURE_INVALID") from None


def verify_eddsa(public_key: PublicKey, data: bytes, signature: bytes) -> None:
    """Check an Ed25519 signature (claim 169 issuers use it); SignatureError when it fails."""
    if not isinstance(public_key, ed25519.Ed25519PublicKey):
        raise SignatureError("KEY_MISMATCH")
    try:
        public_key.verify(signature, data)
    except InvalidSignature:
        raise SignatureError("SIGNATURE_INVALID") from None


def verify_signature(public_key: PublicKey, alg: int, data: bytes, signature: bytes) -> None:
    """Check a signature with the algorithm *we* chose (RFC 9053); SignatureError when it fails."""
    if alg == ES256:
        verify_es256(public_key, data, signature)
    elif alg == EDDSA:
        verify_eddsa(public_key, data, signature)
    else:
        raise SignatureError("ALG_UNKNOWN")


def _is_p256(public_key: PublicKey) -> TypeGuard[ec.EllipticCurvePublicKey]:
    """Tell a P-256 key; the exact type first, because isinstance on an abstract class is slow."""
    if type(public_key) is _EC_KEY or isinstance(public_key, ec.EllipticCurvePublicKey):
        return public_key.curve.name == _CURVE.name
    return False


def _der(signature: bytes) -> bytes:
    """Return r || s as the DER sequence of two integers that OpenSSL reads (RFC 3279, 2.2.3)."""
    r, s = signature[:32].lstrip(b"\0"), signature[32:].lstrip(b"\0")
    if not r or r[0] > 0x7F:  # a set first bit would make it negative
        r = b"\0" + r
    if not s or s[0] > 0x7F:
        s = b"\0" + s
    return b"\x30%c\x02%c%b\x02%c%b" % (len(r) + len(s) + 4, len(r), r, len(s), s)


def _uncompressed(public_key: ec.EllipticCurvePublicKey) -> bytes:
    return public_key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
