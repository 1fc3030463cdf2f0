"""The sample keys: derived from fixed texts, so everybody has them. They protect nothing.

Vectors must come out byte for byte the same on every machine, so the keys and the signatures are
deterministic (RFC 6979). Whoever reads this file can sign as the sample registry; therefore the
verifier says DEVELOPMENT TRUST under the sample root, and production settings refuse every key
whose thumbprint stands in `samples/keys/fingerprints.json`.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from credentials.jwk import public_jwk, thumbprint
from credentials.signing import key_id

_CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_DETERMINISTIC = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)  # RFC 6979

# The keys with a role; any other name works as well (holders, strangers, thieves).
NAMES = (
    "root", "issuer-population", "issuer-population-next", "issuer-tax", "issuer-health",
    "issuer-vehicles", "issuer-claim169", "kiosk-ca", "time", "challenge", "calibration", "holder",
)  # fmt: skip
FOLDER = Path(__file__).with_suffix("")


class SampleSigner:
    """A Signer whose key and signatures are the same everywhere, for ever."""

    def __init__(self, name: str, *, kid: bytes | None = None) -> None:
        """Derive the key of that name; `kid` may be bent to stage a collision."""
        self._key = private_key(name)
        self._public_key = self._key.public_key()
        self._kid = key_id(self._public_key) if kid is None else kid

    @property
    def kid(self) -> bytes:
        """Key id, 4 bytes."""
        return self._kid

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self._public_key

    def sign(self, data: bytes) -> bytes:
        """Return the raw 64-byte ES256 signature, deterministic."""
        r, s = decode_dss_signature(self._key.sign(data, _DETERMINISTIC))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def private_key(name: str) -> ec.EllipticCurvePrivateKey:
    """Return the sample key of that name."""
    seed = hashlib.sha256(b"IKD sample key, public knowledge: " + name.encode()).digest()
    return ec.derive_private_key(int.from_bytes(seed, "big") % (ORDER - 1) + 1, _CURVE)


def sample_pem(name: str) -> bytes:
    """Return the key as unencrypted PKCS#8 PEM."""
    return private_key(name).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_pem(name: str) -> bytes:
    """Return the public half as PEM."""
    return (
        private_key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def build(out_dir: Path = FOLDER) -> None:
    """Write the keys' files: private and public PEM, and the thumbprints production refuses."""
    out_dir.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (out_dir / f"{name}.pem").write_bytes(sample_pem(name))
        (out_dir / f"{name}.public.pem").write_bytes(public_pem(name))
    prints = {name: thumbprint(private_key(name).public_key()) for name in NAMES}
    text = json.dumps({"public_knowledge": prints}, indent=2) + "\n"
    (out_dir / "fingerprints.json").write_text(text, encoding="utf-8")
    (out_dir / "README.md").write_text(_README, encoding="utf-8")


def development_roots() -> str:
    """Return the text of the verifier's `development-roots.json`."""
    jwk = public_jwk(private_key("root").public_key())
    return json.dumps({"keys": [jwk]}, indent=2) + "\n"


_README = """# Sample keys: public knowledge

These private keys are derived in `samples/keys.py` from fixed texts and are meant to be known by
everybody. They sign the samples and nothing else. A verifier whose pinned root is `root` prints
DEVELOPMENT TRUST on every output; production settings refuse every key in `fingerprints.json`.
"""

if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
