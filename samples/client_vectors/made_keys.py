"""Keys of the vectors: fixed, with deterministic signatures, and shown with their private half."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from credentials.jwk import b64url_encode, public_jwk, thumbprint
from credentials.signing import key_id
from samples.keys import private_key
from samples.phone.keys import pin_scalar

_RFC6979 = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
PIN = "270391"
SALT = bytes(range(32))


class FixedSigner:
    """A Signer over a given private key; signs deterministically."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        """Take the private key."""
        self._key = key
        self.public_key = key.public_key()
        self.kid = key_id(self.public_key)

    def sign(self, data: bytes) -> bytes:
        """Return the raw 64-byte ES256 signature."""
        r, s = decode_dss_signature(self._key.sign(data, _RFC6979))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def shown(self) -> dict[str, str]:
        """Return the private JWK and the thumbprint, as a vector's input shows a key."""
        d = self._key.private_numbers().private_value.to_bytes(32, "big")
        public = public_jwk(self.public_key)
        return {**public, "d": b64url_encode(d), "thumbprint": thumbprint(self.public_key)}


def named(name: str) -> FixedSigner:
    """Return the sample key of that name."""
    return FixedSigner(private_key(name))


def pin_signer(pin: str = PIN, salt: bytes = SALT) -> FixedSigner:
    """Return the PIN key of a PIN and a salt."""
    return FixedSigner(ec.derive_private_key(pin_scalar(pin, salt), ec.SECP256R1()))
