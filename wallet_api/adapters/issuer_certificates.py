"""The certificates of the world's formats: one root, and under it a leaf for each use.

``make_certificates`` is the part of ``admin keys init`` that issues them. A leaf is issued again
when it is missing, is not for the key beside it or not of the present root, names another address
than the service's, or comes near its end; its key stays. Credentials carry their leaf, so those
that are out go on verifying. The root's private key is needed only here: it may lie in a safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.certificates import Subject, make_leaf, make_root
from credentials.signing import PemSigner, generate_pem
from credentials.x509_chain import DOCUMENT_SIGNER
from wallet_api.config import DEFAULT_PUBLIC_URL
from wallet_api.ports.keys import Certified

ROOT: Final = "issuer-root"
SD_JWT, DOCUMENTS, STATUS = "sd-jwt", "document-signer", "status"
AUTHORITY: Final = "Direktorat Jenderal Kependudukan dan Pencatatan Sipil"
BACKDATED: Final = timedelta(days=1)  # for verifiers whose clock is behind
ROOT_LIFE: Final = timedelta(days=15 * 365)  # at most 20 years, ISO 18013-5 B.1.2
LEAF_LIFE: Final = timedelta(days=400)  # at most 457 days, B.1.4
RENEWED: Final = timedelta(days=120)  # before its end: three quarterly chances to run `keys init`
_DER, _PEM = serialization.Encoding.DER, serialization.Encoding.PEM


class RootAwayError(ValueError):
    """A certificate must be issued and the root's private key is not in the folder."""


@dataclass(frozen=True, slots=True)
class _Use:
    """What a leaf is for. `addressed`: it names the service's address, as `iss` does."""

    name: str
    title: str
    usage: str | None = None
    addressed: bool = True


_USES: Final = (
    _Use(SD_JWT, "IKD SD-JWT Issuer"),
    _Use(DOCUMENTS, "IKD Document Signer", DOCUMENT_SIGNER, addressed=False),
    _Use(STATUS, "IKD Status List Issuer"),
)


def make_certificates(folder: Path, *, now: datetime, public_url: str | None) -> list[str]:
    """Make the root and every leaf that is missing or due; return the names made.

    ``public_url`` None keeps the address that the leaves have, and that of a desk where there is
    none. Raises ``RootAwayError`` when a leaf is due and the root's key lies elsewhere.
    """
    address = public_url or _address(folder)
    made = _make_root(folder, now, address)
    root = load_root(folder)
    for use in _USES:
        key = PemSigner((folder / f"{use.name}.pem").read_bytes()).public_key
        held = _find(folder, use.name)
        if held is not None and not _is_due(held, use, key, root=root, address=address, now=now):
            continue
        issued = _issue_leaf(folder, use, key, now=now, address=address)
        _replace(folder / f"{use.name}.crt", issued)
        made.append(f"{use.name} certificate")
    return made


def load_root(folder: Path) -> x509.Certificate:
    """Return the certificate that verifiers trust; raises ``OSError`` or ``ValueError``."""
    return x509.load_pem_x509_certificate((folder / f"{ROOT}.crt").read_bytes())


def load_certified(folder: Path, name: str) -> Certified:
    """Return a key with its certificate; raises ``OSError``, or ``ValueError`` if not a pair."""
    signer = PemSigner((folder / f"{name}.pem").read_bytes())
    leaf = x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())
    if leaf.public_key() != signer.public_key:
        message = f"{name}.crt is not for {name}.pem"
        raise ValueError(message)
    return Certified(signer, (leaf.public_bytes(_DER),))


def _make_root(folder: Path, now: datetime, address: str) -> list[str]:
    key, certificate = folder / f"{ROOT}.pem", folder / f"{ROOT}.crt"
    if certificate.exists():
        return []
    made = []
    if not key.exists():
        _replace(key, generate_pem())
        made.append(ROOT)
    begin = now - BACKDATED
    der = make_root(
        PemSigner(key.read_bytes()),
        Subject("IKD Issuer Root", organisation=AUTHORITY),
        serial=x509.random_serial_number(),
        not_before=int(begin.timestamp()),
        not_after=int((begin + ROOT_LIFE).timestamp()),
        website=address,
    )
    _replace(certificate, _to_pem(der))
    return [*made, f"{ROOT} certificate"]


def _issue_leaf(
    folder: Path, use: _Use, key: ec.EllipticCurvePublicKey, *, now: datetime, address: str
) -> bytes:
    try:
        signer = PemSigner((folder / f"{ROOT}.pem").read_bytes())
    except FileNotFoundError:
        message = f"{use.name}.crt must be issued: put {ROOT}.pem into the folder for it"
        raise RootAwayError(message) from None
    root = load_root(folder)
    begin = now - BACKDATED
    end = min(begin + LEAF_LIFE, root.not_valid_after_utc)
    der = make_leaf(
        root.public_bytes(_DER),
        signer,
        Subject(use.title, organisation=AUTHORITY),
        key,
        serial=x509.random_serial_number(),
        not_before=int(begin.timestamp()),
        not_after=int(end.timestamp()),
        website=address,
        usage=use.usage,
        uris=(address,) if use.addressed else (),
    )
    return _to_pem(der)


def _is_due(
    held: x509.Certificate,
    use: _Use,
    key: ec.EllipticCurvePublicKey,
    *,
    root: x509.Certificate,
    address: str,
    now: datetime,
) -> bool:
    try:
        held.verify_directly_issued_by(root)
    except (InvalidSignature, ValueError, TypeError):
        return True
    misnamed = use.addressed and named_addresses(held) != [address]
    ending = held.not_valid_after_utc - now < RENEWED
    return misnamed or ending or held.public_key() != key


def named_addresses(leaf: x509.Certificate) -> list[str]:
    """Return the addresses that a leaf may speak for."""
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def _address(folder: Path) -> str:
    """Return the address that the present leaves name, or the default of the setting."""
    held = _find(folder, SD_JWT) or _find(folder, STATUS)
    return (named_addresses(held) if held is not None else [DEFAULT_PUBLIC_URL])[0]


def _find(folder: Path, name: str) -> x509.Certificate | None:
    path = folder / f"{name}.crt"
    return x509.load_pem_x509_certificate(path.read_bytes()) if path.exists() else None


def _to_pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(_PEM)


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    fresh.replace(path)
