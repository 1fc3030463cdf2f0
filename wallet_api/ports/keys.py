"""The registry's own keys: who signs what. One key, one purpose (rule 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.signing import Signer

ISSUER_NAME: Final = "Direktorat Jenderal Kependudukan dan Pencatatan Sipil"


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


@dataclass(frozen=True, slots=True)
class Certified:
    """A key that signs with its certificate beside: ``chain`` is DER, leaf first, no anchor."""

    signer: Signer
    chain: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class BundleRoot:
    """The root that verifiers pin. Its private key is not needed here and may lie in a safe."""

    public_key: ec.EllipticCurvePublicKey


class KeyRing(Protocol):
    """Every signing key of the service."""

    @property
    def bundle_root(self) -> BundleRoot:
        """The root that signed the key sets."""
        ...

    @property
    def publisher(self) -> Signer:
        """Signs bundles and deltas, as the key set allows it."""
        ...

    @property
    def relying_parties(self) -> Signer:
        """Signs certificates of desks that ask, as the key set allows it.

        Raises ``OSError`` where the key is kept away from this machine.
        """
        ...

    @property
    def key_sets(self) -> tuple[bytes, ...]:
        """The chain of signed key sets that every bundle carries (`credentials.key_set`)."""
        ...

    @property
    def issuer_root(self) -> x509.Certificate:
        """The anchor (IACA) of what signs in the world's formats; its key is not needed here."""
        ...

    @property
    def sd_jwt(self) -> Certified:
        """Signs SD-JWT VCs and the issuer's metadata; its leaf names the service's address."""
        ...

    @property
    def document_signer(self) -> Certified:
        """Signs mdocs (ISO 18013-5 B.1.4)."""
        ...

    @property
    def status(self) -> Certified:
        """Signs status lists; its leaf names the service's address."""
        ...

    @property
    def request_key(self) -> ec.EllipticCurvePrivateKey:
        """Opens encrypted credential requests; signs nothing."""
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
