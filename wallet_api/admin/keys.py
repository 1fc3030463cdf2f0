"""`admin keys init` and `admin bundle-root`."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime

from cryptography.hazmat.primitives import serialization

from wallet_api import bootstrap


def init(options: Namespace) -> str:
    """Make every key that is missing; existing ones are never touched."""
    made = bootstrap.init_keys(options.dir, now=datetime.now(UTC))
    listed = "\n".join(f"  {name}" for name in made)
    return f"{len(made)} keys made in {options.dir}\n{listed}" if made else "nothing was missing"


def show_bundle_root(_: Namespace) -> str:
    """Return the public key that verifiers pin, as PEM."""
    with bootstrap.opened_deps() as deps:
        key = deps.keys.bundle_root.public_key
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode().strip()
