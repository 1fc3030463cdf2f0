"""The folder of a desk that signs what it asks: its key, its request, its certificate.

    key-KID.pem        a private key; KID is its key id. More than one while it is renewed
    request.cbor       what goes to the registry
    certificate.cose   what came back; it says which key is in use

The key is made here and never leaves. A certificate is put in place in one step, after its key is
known to be here, so that a power cut leaves the old pair or the new one.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from credentials.errors import ClaimError, CredentialError, LintError
from credentials.key_set import KeySet
from credentials.presentation import NONCE_SIZE, Challenge
from credentials.relying_party import (
    RelyingPartyCertificate,
    parse_certificate,
    verify_certificate,
)
from credentials.relying_party_request import MAX_CODE, sign_renewal, sign_request
from credentials.signed_challenge import (
    parse_signed_challenge,
    room_for_purpose,
    sign_challenge,
)
from credentials.signing import PemSigner, compress, generate_pem, key_id
from verifier.errors import VerifierError
from verifier.files import write_atomically

REQUEST = "request.cbor"
CERTIFICATE = "certificate.cose"
_READ_LIMIT = 4096


class RequesterError(VerifierError):
    """This desk cannot sign what it asks."""


@dataclass(frozen=True, slots=True)
class Requester:
    """A key with its certificate. `certificate` is the file, `held` what it says."""

    certificate: bytes
    held: RelyingPartyCertificate
    signer: PemSigner

    @property
    def expires_at(self) -> datetime:
        """End of the certificate, UTC."""
        return datetime.fromtimestamp(self.held.not_after, UTC)

    @property
    def room(self) -> int:
        """Bytes of UTF-8 that a purpose may have."""
        return room_for_purpose(self.certificate)

    def check_trusted(self, keys: KeySet, moment: int) -> None:
        """Look at the certificate as phones will; RequesterError."""
        try:
            verify_certificate(parse_certificate(self.certificate), keys, moment=moment)
        except ClaimError as error:
            raise RequesterError("REQUESTER_EXPIRED", error.code) from None
        except CredentialError as error:
            raise RequesterError("REQUESTER_UNTRUSTED", error.code) from None

    def check_purpose(self, purpose: str) -> None:
        """Require that a purpose can be signed: readable, and short enough; RequesterError."""
        self.ask(self.held.profiles[0], purpose=purpose, at=self.held.not_before)

    def ask(self, profile: int, *, purpose: str, at: int) -> tuple[Challenge, str]:
        """Return a new question and its "IDC:" text; RequesterError."""
        try:
            text = sign_challenge(
                certificate=self.certificate,
                requester=self.signer,
                nonce=secrets.token_bytes(NONCE_SIZE),
                profile=profile,
                at=at,
                purpose=purpose,
            )
        except LintError as error:
            raise RequesterError("REQUESTER_PURPOSE", f"{error.code}, {self.room}") from None
        return parse_signed_challenge(text).challenge, text


def load_requester(folder: Path) -> Requester:
    """Load key and certificate; RequesterError."""
    data = _read(folder / CERTIFICATE, missing="REQUESTER_NO_CERTIFICATE")
    return Requester(data, *_pair(folder, data))


def make_request(folder: Path, *, code: str, at: int) -> Path:
    """Make a key and the request for its first certificate; return the request's file."""
    if (folder / CERTIFICATE).exists():
        raise RequesterError("REQUESTER_EXISTS")
    if not 0 < len(code) <= MAX_CODE or not code.isprintable():
        raise RequesterError("REQUESTER_CODE")
    return _write_request(folder, sign_request(_new_key(folder), code=code, at=at))


def make_renewal(folder: Path, *, at: int) -> Path:
    """Make the next key and the request that the present one stands behind; its file."""
    before = load_requester(folder)
    serial = before.held.serial
    renewal = sign_renewal(_new_key(folder), before=before.signer, serial=serial, at=at)
    return _write_request(folder, renewal)


def install(folder: Path, certificate: Path) -> Requester:
    """Put a certificate in place whose key is here, and drop keys of no use; RequesterError."""
    data = _read(certificate, missing="REQUESTER_NO_CERTIFICATE")
    found = Requester(data, *_pair(folder, data))
    installed = folder / CERTIFICATE
    if installed.exists() and installed.read_bytes() == data:
        return found  # a key that waits for its certificate stays
    write_atomically(folder / CERTIFICATE, data)
    (folder / REQUEST).unlink(missing_ok=True)
    for file in folder.glob("key-*.pem"):
        if file.name != _key_name(found.signer.kid):
            file.unlink(missing_ok=True)
    return found


def _pair(folder: Path, data: bytes) -> tuple[RelyingPartyCertificate, PemSigner]:
    try:
        held = parse_certificate(data).claimed
    except CredentialError as error:
        raise RequesterError("REQUESTER_CERTIFICATE", error.code) from None
    file = folder / _key_name(key_id(held.public_key))
    try:
        signer = PemSigner(_read(file, missing="REQUESTER_OTHER_KEY"))
    except CredentialError as error:
        raise RequesterError("REQUESTER_KEY", error.code) from None
    if compress(signer.public_key) != compress(held.public_key):
        raise RequesterError("REQUESTER_OTHER_KEY")
    return held, signer


def _new_key(folder: Path) -> PemSigner:
    pem = generate_pem()
    signer = PemSigner(pem)
    path = folder / _key_name(signer.kid)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        raise RequesterError("REQUESTER_NOT_WRITABLE", path.name) from None
    return signer


def _write_request(folder: Path, request: bytes) -> Path:
    write_atomically(folder / REQUEST, request)
    return folder / REQUEST


def _key_name(kid: bytes) -> str:
    return f"key-{kid.hex()}.pem"


def _read(path: Path, *, missing: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_READ_LIMIT)
    except OSError:
        raise RequesterError(missing, path.name) from None
