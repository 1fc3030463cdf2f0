"""`admin keys init`, `admin keys new-root`, `admin bundle-root` and `admin issuer-root`."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime

from cryptography.hazmat.primitives import serialization

from wallet_api import bootstrap
from wallet_api.config import find_public_url


def init(options: Namespace) -> str:
    """Make every key that is missing, and renew certificates; existing keys are never touched."""
    public_url = options.public_url or find_public_url()
    made = bootstrap.init_keys(options.dir, now=datetime.now(UTC), public_url=public_url)
    listed = "\n".join(f"  {name}" for name in made)
    return f"{len(made)} keys made in {options.dir}\n{listed}" if made else "nothing was missing"


def new_root(options: Namespace) -> str:
    """Make a new bundle root that the present one introduces; verifiers follow by themselves."""
    bootstrap.replace_bundle_root(options.dir, now=datetime.now(UTC))
    return (
        "the next bundle introduces the new root; restart API and jobs, print it with "
        "`admin bundle-root`, and destroy bundle-root-before.pem"
    )


def show_bundle_root(_: Namespace) -> str:
    """Return the public key that verifiers pin, as PEM."""
    with bootstrap.opened_deps() as deps:
        key = deps.keys.bundle_root.public_key
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode().strip()


def show_issuer_root(_: Namespace) -> str:
    """Return the root that verifiers of SD-JWT VCs, mdocs and status lists trust, as PEM."""
    with bootstrap.opened_deps() as deps:
        root = deps.keys.issuer_root
    return root.public_bytes(serialization.Encoding.PEM).decode().strip()
