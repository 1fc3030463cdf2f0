"""Vectors of the counter: which frames a phone trusts, and what it sends when it claims."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from credentials import cbor, cose
from credentials.kiosk_frame import Frame, frame_at, sign_frame
from credentials.qr_text import PREFIX_FRAME, from_text, to_text
from samples.client_vectors import statements
from samples.client_vectors.made_keys import named
from samples.keys import private_key

KIOSK = "kio_sample0000000001"
OFFICE = "3171"
SECRET = b"sample kiosk secret, 32 bytes !!"
NOW = datetime.fromtimestamp(statements.NOW, UTC)
CA, FRAME_KEY, STRANGER = "kiosk-ca", "kiosk frame", "stranger"


def certificate(
    *,
    ca: str = CA,
    key: str = FRAME_KEY,
    kiosk: str = KIOSK,
    not_before: datetime = NOW - timedelta(minutes=5),
    not_after: datetime = NOW + timedelta(hours=12),
) -> str:
    """Return the PEM of a kiosk certificate, the same bytes every time."""
    subject = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, OFFICE),
        x509.NameAttribute(NameOID.COMMON_NAME, kiosk),
    ]
    return _signed(ca, key, x509.Name(subject), not_before, not_after, is_ca=False)


def authority(name: str = CA) -> str:
    """Return the PEM of the kiosk CA."""
    begin, end = NOW - timedelta(days=365), NOW + timedelta(days=3650)
    return _signed(name, name, _ca_name(), begin, end, is_ca=True)


def _ca_name() -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "IKD kiosk CA (sample)")])


def _signed(
    ca: str, key: str, subject: x509.Name, begin: datetime, end: datetime, *, is_ca: bool
) -> str:
    constraints = x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_ca_name())
        .public_key(private_key(key).public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(constraints, critical=True)
        .sign(private_key(ca), hashes.SHA256(), ecdsa_deterministic=True)
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def frame_text(*, key: str = FRAME_KEY, kiosk: str = KIOSK) -> str:
    """Return a frame of NOW."""
    return sign_frame(frame_at(kiosk, OFFICE, SECRET, statements.NOW), named(key))


def cases() -> Iterator[dict[str, Any]]:
    """Yield frames with the phone's decision."""
    good = frame_text()
    yield _case("good", "an official kiosk, certificate in force", good, certificate(), None)
    early = certificate(not_before=NOW - timedelta(days=2), not_after=NOW - timedelta(days=1))
    yield _case("certificate-over", "yesterday's certificate", good, early, "validity")
    coming = certificate(not_before=NOW + timedelta(hours=1))
    yield _case("certificate-to-come", "not in force yet", good, coming, "validity")
    foreign = certificate(ca=STRANGER)
    yield _case(
        "other-ca", "same issuer name, another key: not the pinned CA", good, foreign, "issuer"
    )
    other = certificate(key=STRANGER)
    yield _case("other-key", "a good certificate of another frame key", good, other, "kid")
    renamed = frame_text(kiosk="kio_sample0000000002")
    yield _case("other-kiosk", "the frame names another kiosk", renamed, certificate(), "kiosk")
    forged = _forged(good)
    yield _case(
        "forged", "right key id, wrong signature", forged, certificate(), "SIGNATURE_INVALID"
    )
    link = good.replace(PREFIX_FRAME, "https://")
    yield _case("not-a-frame", "a link, as a swindler would send", link, certificate(), "QR_PREFIX")


def _case(name: str, why: str, text: str, pem: str, reason: str | None) -> dict[str, Any]:
    given = {"text": text, "certificate": pem, "kiosk_ca": authority(), "now": statements.NOW}
    expected: dict[str, Any] = {"accepted": reason is None, "reason": reason}
    if reason is None:
        expected["frame"] = _shown(frame_at(KIOSK, OFFICE, SECRET, statements.NOW))
    return {"name": name, "why": why, "input": given, "expected": expected}


def _shown(frame: Frame) -> dict[str, Any]:
    return {
        "kiosk": frame.kiosk,
        "office": frame.office,
        "seq": frame.seq,
        "nonce_hex": frame.nonce.hex(),
        "iat": frame.issued_at,
        "exp": frame.expires_at,
    }


def _forged(text: str) -> str:
    """Return the frame with one bit of its signature turned."""
    _, data = from_text(text, prefixes=(PREFIX_FRAME,))
    sign1 = cose.parse_sign1(data)
    last = bytes([sign1.signature[-1] ^ 1])
    bent = sign1._replace(signature=sign1.signature[:-1] + last)
    return to_text(
        PREFIX_FRAME, cbor.encode([bent.protected, bent.unprotected, bent.payload, bent.signature])
    )


def claim_cases() -> Iterator[dict[str, Any]]:
    """Yield what the phone sends at once after scanning."""
    body = {"frame": frame_text()}
    yield statements.step(
        "claim", "the scanned text goes to the server as it is", "claim", statements.ENROLMENT, body
    )
