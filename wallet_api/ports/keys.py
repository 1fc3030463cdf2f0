"""The registry's own keys: who signs what. One key, one purpose (rule 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.signing import Signer


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """An issuer key with its validity and the types it may sign.

    ``signer`` is None when the private half is gone: what it signed still
    verifies, nothing new is signed.
    """

    kid: bytes
    public_key: ec.EllipticCurvePublicKey
    signer: Signer | None
    not_before: datetime
    not_after: datetime
    document_types: tuple[str, ...]


class KeyRing(Protocol):
    """Every signing key of the service."""

    @property
    def bundle_root(self) -> Signer:
        """Signs verifier bundles."""
        ...

    @property
    def status_signer(self) -> Signer:
        """Signs status lists."""
        ...

    @property
    def token_key(self) -> ec.EllipticCurvePrivateKey:
        """Signs access tokens."""
        ...

    @property
    def time_key(self) -> ec.EllipticCurvePrivateKey:
        """Signs the server's time for kiosks."""
        ...

    @property
    def challenge_key(self) -> ec.EllipticCurvePrivateKey:
        """Signs the prompts of a face capture."""
        ...

    @property
    def kiosk_ca(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """Certifies the frame keys of kiosks."""
        ...

    def issuer_keys(self) -> tuple[IssuerKey, ...]:
        """List every published issuer key, the newest first."""
        ...

    def issuer_for(self, document_type: str, at: datetime) -> IssuerKey:
        """Choose the key that signs ``document_type`` now; raises ``LookupError``."""
        ...
