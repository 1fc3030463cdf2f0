"""Whom we believe about wallets and their keys: the attesters' roots, from the operators' file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from credentials.x509_chain import Anchors
from wallet_api.services.deps import Deps


def attestation_roots(deps: Deps) -> Anchors:
    """Return the roots of `openid_attestation_roots`; none when the setting is empty.

    OSError or ValueError when the file cannot be read: nobody is believed by accident.
    """
    path = deps.settings.openid_attestation_roots
    return _load(path) if path else Anchors(())


@lru_cache(maxsize=8)
def _load(path: str) -> Anchors:
    found = x509.load_pem_x509_certificates(Path(path).read_bytes())
    return Anchors(tuple(one.public_bytes(Encoding.DER) for one in found))
