"""PIN public keys as they are stored: sealed, beside a keyed hash (threat T17).

A stolen database gives nothing to test a PIN against: the public key opens
only with the key-encryption key, its hash only with the MAC key.
"""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from credentials.signing import compress
from wallet_api.services.deps import Deps

PEPPER: Final = "p1"


@dataclass(frozen=True, slots=True)
class SealedPinKey:
    """Sealed key, keyed hash, and the name of the pepper in the hash."""

    sealed: bytes
    mac: bytes
    pepper: str


def seal_pin_key(
    deps: Deps, data_key: bytes, row: str, public_key: ec.EllipticCurvePublicKey
) -> SealedPinKey:
    """Seal a PIN key for ``row`` ("enrolment|id" or "wallet|id")."""
    return seal_point(deps, data_key, row, compress(public_key))


def seal_point(deps: Deps, data_key: bytes, row: str, point: bytes) -> SealedPinKey:
    """Seal a PIN key that was checked before: its compressed point as ``open_pin_key`` gives it."""
    return SealedPinKey(
        deps.vault.seal(data_key, f"pin|{row}", point),
        deps.vault.mac(f"pin key|{PEPPER}", point),
        PEPPER,
    )


def open_pin_key(deps: Deps, data_key: bytes, row: str, held: SealedPinKey) -> bytes:
    """Open it again and hold it against its keyed hash; returns the compressed point."""
    point = deps.vault.open(data_key, f"pin|{row}", held.sealed)
    if not compare_digest(deps.vault.mac(f"pin key|{held.pepper}", point), held.mac):
        message = "PIN key and its keyed hash disagree"
        raise ValueError(message)
    return point
