"""The phone's keys: the device key, the PIN key and the holder keys. All are P-256.

- **Device key**: made once for each enrolment. In a real app it lives in the phone's secure
  hardware (Android Keystore with StrongBox, iOS Secure Enclave) and cannot be exported; here it
  is a PEM file.
- **PIN key**: never stored. It is derived from the PIN and a random salt each time it is needed,
  and forgotten at once. The server knows only its public half. Nobody, the registry included, can
  compute it without the PIN *and* the salt on this phone.
- **Holder keys**: one a batch of credentials; a presentation is signed with it.

The phone must not keep the PIN key's public half or its thumbprint either: beside the salt it would
let a thief try all million PINs offline.
"""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from credentials.signing import PemSigner, generate_pem

SALT_SIZE = 32
PIN_KEY_INFO = b"wallet PIN key v1"
PIN_KEY_MATERIAL = 48
# Order n of the P-256 group, FIPS 186-5 / SP 800-186 section 3.2.1.3.
P256_ORDER = 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551


def new_key() -> bytes:
    """Make a P-256 private key; PKCS#8 PEM."""
    return generate_pem()


def new_salt() -> bytes:
    """Make the 32 random bytes that never leave the phone."""
    return secrets.token_bytes(SALT_SIZE)


def pin_scalar(pin: str, salt: bytes) -> int:
    """Return the private scalar d of the PIN key, 1 ≤ d ≤ n - 1 (activation.md, "Keys").

    48 bytes of HKDF-SHA256 (RFC 5869), so that the reduction leaves no measurable bias.
    """
    if len(salt) != SALT_SIZE:
        raise ValueError("salt must be 32 bytes")
    kdf = HKDF(hashes.SHA256(), length=PIN_KEY_MATERIAL, salt=salt, info=PIN_KEY_INFO)
    material = kdf.derive(pin.encode("utf-8"))
    return int.from_bytes(material, "big") % (P256_ORDER - 1) + 1


def pin_key(pin: str, salt: bytes) -> PemSigner:
    """Derive the PIN key. Keep it for one step only."""
    private = ec.derive_private_key(pin_scalar(pin, salt), ec.SECP256R1())
    return PemSigner(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
