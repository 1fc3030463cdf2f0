"""`init`: a relying party's folder with a development root, or with a certificate brought along."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from credentials.certificates import Subject, make_leaf, make_root
from credentials.errors import CredentialError
from credentials.signing import PemSigner, generate_pem
from verifier.files import write_atomically
from verifier.openid4vp.errors import SetupError
from verifier.openid4vp.sealing import SECRET_SIZE
from verifier.openid4vp.settings import (
    API_KEY,
    CERTIFICATE,
    ROOT,
    SECRET,
    SETTINGS,
    SIGNING_KEY,
    WEBHOOK_SECRET,
    Folder,
    check_public_url,
    parse_settings,
)

_DAY = 86_400
_LIFE = 397 * _DAY


@dataclass(frozen=True, slots=True)
class Brought:
    """A production certificate: paths of the key and of its chain (PEM, leaf first, no anchor)."""

    key: Path
    certificate: Path


def init_folder(
    path: Path, *, name: str, public_url: str, trust: str, brought: Brought | None = None
) -> None:
    """Make everything a relying party needs, once. SetupError("HOME_TAKEN", "IDENTITY_INVALID")."""
    if (path / SETTINGS).exists():
        raise SetupError("HOME_TAKEN", str(path))
    settings = {"name": name, "public_url": check_public_url(public_url), "trust": trust}
    parse_settings(settings)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if brought is None:
        _make_identity(path, name, public_url)
    else:
        _bring_identity(path, brought)
    write_atomically(path / SECRET, secrets.token_bytes(SECRET_SIZE))
    write_atomically(path / API_KEY, f"{secrets.token_urlsafe(32)}\n".encode())
    write_atomically(path / WEBHOOK_SECRET, f"{secrets.token_urlsafe(32)}\n".encode())
    offers = [{"policy": "bank-kyc", "type": "id_card"}]
    text = json.dumps({**settings, "offers": offers}, indent=2, ensure_ascii=False)
    write_atomically(path / SETTINGS, f"{text}\n".encode())


def _make_identity(path: Path, name: str, public_url: str) -> None:
    """Make a root that nobody keeps, and a leaf of a year under it."""
    now = int(time.time())
    root_signer, pem = PemSigner(generate_pem()), generate_pem()
    root = make_root(
        root_signer,
        Subject("IKD development relying parties", organisation=name),
        serial=secrets.randbits(120) + 1,
        not_before=now - _DAY,
        not_after=now + _LIFE + _DAY,
        website=public_url,
    )
    leaf = make_leaf(
        root,
        root_signer,
        Subject(name, organisation=name),
        PemSigner(pem).public_key,
        serial=secrets.randbits(120) + 1,
        not_before=now,
        not_after=now + _LIFE,
        website=public_url,
        uris=(public_url,),
        dns_names=(urlsplit(public_url).hostname or "",),
    )
    write_atomically(path / SIGNING_KEY, pem)
    write_atomically(path / CERTIFICATE, _pem(leaf))
    write_atomically(path / ROOT, _pem(root))


def _bring_identity(path: Path, brought: Brought) -> None:
    try:
        key, chain = brought.key.read_bytes(), brought.certificate.read_bytes()
    except OSError:
        raise SetupError("IDENTITY_INVALID", "cannot read the files") from None
    write_atomically(path / SIGNING_KEY, key)
    write_atomically(path / CERTIFICATE, chain)
    try:
        Folder(path).load_identity()
    except (SetupError, CredentialError):
        (path / SIGNING_KEY).unlink(missing_ok=True)
        (path / CERTIFICATE).unlink(missing_ok=True)
        raise


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
