"""The pinned root: the one key this verifier believes without being told by anybody.

It is configuration, never something that arrives with a bundle. Without `--root` the package
knows only the sample root, whose private key is published for development: every output made
under it says DEVELOPMENT TRUST, also when the same key is given as a file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import FormatError
from credentials.jwk import load_jwk, thumbprint
from verifier.errors import RootError

MAX_ROOT_BYTES = 16384


@dataclass(frozen=True, slots=True)
class Root:
    """A root key; `development` marks keys whose private half everybody knows."""

    public_key: ec.EllipticCurvePublicKey
    fingerprint: str
    development: bool


def root_of(public_key: ec.EllipticCurvePublicKey) -> Root:
    """Return a root for a key, marked as development when it is a published sample key."""
    fingerprint = thumbprint(public_key)
    return Root(public_key, fingerprint, fingerprint in development_fingerprints())


def load_root(path: str | Path | None = None) -> Root:
    """Load the root key from a PEM or JWK file; None gives the built-in development root.

    Raises RootError: ROOT_NOT_FOUND, ROOT_INVALID.
    """
    if path is None:
        return root_of(load_jwk(_development_keys()[0]))
    try:
        data = Path(path).read_bytes()[: MAX_ROOT_BYTES + 1]
    except (OSError, ValueError):
        raise RootError("ROOT_NOT_FOUND", "cannot read the root key file") from None
    return root_of(_parse(data))


@cache
def development_fingerprints() -> frozenset[str]:
    """RFC 7638 thumbprints of every key that is public knowledge."""
    return frozenset(thumbprint(jwk) for jwk in _development_keys())


def _development_keys() -> list[dict[str, str]]:
    file = resources.files("verifier") / "development-roots.json"
    keys: list[dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))["keys"]
    return keys


def _parse(data: bytes) -> ec.EllipticCurvePublicKey:
    try:
        if data.lstrip().startswith(b"{"):
            jwk: Any = json.loads(data)
            return load_jwk(jwk)
        key = serialization.load_pem_public_key(data)
    except (ValueError, RecursionError, FormatError):
        raise RootError("ROOT_INVALID", "must be a P-256 public key, PEM or JWK") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise RootError("ROOT_INVALID", "must be a P-256 public key, PEM or JWK")
    return key
