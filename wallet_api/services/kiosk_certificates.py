"""Certificates of the kiosks' frame keys: signed by the kiosk CA for one shift (at most 24 hours).

The app pins the CA and fetches the certificate by the key id of a scanned frame. Subject: common
name = kiosk id, organisation = office code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import BindParameter, Select, select
from sqlalchemy.orm import Session

from credentials.errors import CredentialError
from credentials.jwk import b64url_decode, b64url_encode
from credentials.signing import compress, key_id
from wallet_api.errors import KioskCertificateExpired, NotFound
from wallet_api.models import KioskCertificate
from wallet_api.rules.kiosks import ACTIVE
from wallet_api.services.deps import Deps

LONGEST: Final = timedelta(hours=24)
BACKDATED: Final = timedelta(minutes=5)  # phones whose clock is a little behind


@dataclass(frozen=True, slots=True)
class FrameCertificate:
    """A certified frame key, not yet stored."""

    kid: bytes
    public_key: bytes
    pem: str
    not_before: datetime
    not_after: datetime


def certify(
    deps: Deps,
    frame_key: ec.EllipticCurvePublicKey,
    *,
    kiosk_id: str,
    office_code: str,
    until: datetime,
) -> FrameCertificate:
    """Sign a certificate for ``frame_key``; never for longer than 24 hours."""
    authority, root = deps.keys.kiosk_ca
    now = deps.now().replace(microsecond=0)
    starts, ends = now - BACKDATED, min(until, now - BACKDATED + LONGEST).replace(microsecond=0)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, office_code),
            x509.NameAttribute(NameOID.COMMON_NAME, kiosk_id),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(root.subject)
        .public_key(frame_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_signs_only(), critical=True)
        .sign(authority, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return FrameCertificate(key_id(frame_key), compress(frame_key), pem, starts, ends)


def _signs_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def find_by_kid(db: Session, kid: bytes) -> KioskCertificate | None:
    """Return the certificate of that frame key, whatever its state."""
    return db.scalars(select(KioskCertificate).where(KioskCertificate.kid == kid)).first()


def check_covered(db: Session, kiosk_id: str, now: datetime) -> None:
    """Raise ``KioskCertificateExpired`` unless a certificate of the kiosk is valid now."""
    if db.scalars(covering(kiosk_id, now).limit(1)).first() is None:
        raise KioskCertificateExpired


def covering(
    kiosk_id: str | BindParameter[str], now: datetime | BindParameter[datetime]
) -> Select[str]:
    """Return the query for the certificates of a kiosk that are valid now."""
    return select(KioskCertificate.id).where(
        KioskCertificate.kiosk_id == kiosk_id,
        KioskCertificate.not_before <= now,
        KioskCertificate.not_after > now,
    )


def show(deps: Deps, kid_text: str) -> dict[str, object]:
    """Render the certificate of a key id (base64url) for a phone.

    Raises ``NotFound`` also for a kiosk that is blocked: its frames are worth nothing.
    """
    try:
        kid = b64url_decode(kid_text)
    except CredentialError:
        raise NotFound from None
    with deps.transaction() as db:
        row = find_by_kid(db, kid)
        if row is None or row.kiosk.state != ACTIVE or row.not_after <= deps.now():
            raise NotFound
        office = row.kiosk.office
        return {
            "kid": b64url_encode(kid),
            "certificate": row.pem,
            "kiosk": row.kiosk_id,
            "office": {"code": office.code, "name": office.name},
        }
