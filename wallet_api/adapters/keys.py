"""The signing keys as PEM files in one folder, with a manifest of who may sign what.

``make_keys`` makes every key the service needs and never overwrites one; run
again it adds what is missing (a new document type, the next year).
Issuer keys are one a document type and year, two years always published, so
that a change of year or an emergency never waits for verifiers (threat T26).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from credentials.jwk import thumbprint
from credentials.signing import (
    PemSigner,
    Signer,
    compress,
    generate_pem,
    key_id,
    load_compressed,
)
from wallet_api.adapters import issuer_certificates, key_sets
from wallet_api.adapters.vault import FileVault
from wallet_api.ports.keys import BundleRoot, Certified, IssuerKey

REQUEST_KEY = "credential-request"
SINGLE_KEYS = (
    *("publisher", "status", "token", "time", "challenge", "kiosk-ca"),
    *("sd-jwt", "document-signer", REQUEST_KEY),
)
RELYING_PARTIES_KEY = "relying-parties"  # needed by one command, not by the service
CALIBRATION_KEY = "calibration"
CALIBRATION_PUBLIC = "calibration-public.pem"
OVERLAP = timedelta(days=31)  # a credential signed on the last day is still verifiable
CA_LIFE = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class _Held:
    key: IssuerKey
    signs_until: datetime


class PemKeyRing:
    """``KeyRing`` over the folder that ``make_keys`` fills."""

    def __init__(self, folder: Path) -> None:
        """Read the manifest; raises ``OSError``, ``ValueError`` or ``KeyError`` if unusable."""
        self._folder = folder
        manifest = json.loads((folder / "keys.json").read_text())
        self._issuers = [self._load_issuer(entry) for entry in manifest["issuers"]]
        self._issuers.sort(key=lambda held: held.key.not_before, reverse=True)

    def holds_any_of(self, thumbprints: frozenset[str]) -> bool:
        """Say whether a key that credentials or bundles are trusted by is among those named."""
        certified = (self.sd_jwt, self.document_signer, self.status)
        keys = [held.key.public_key for held in self._issuers]
        keys += [self.bundle_root.public_key, self.publisher.public_key]
        keys += [self.relying_parties.public_key] if self._holds(RELYING_PARTIES_KEY) else []
        keys += [one.signer.public_key for one in certified]
        keys.append(cast("ec.EllipticCurvePublicKey", self.issuer_root.public_key()))
        return any(thumbprint(key) in thumbprints for key in keys)

    def names(self, address: str) -> bool:
        """Say whether the leaves that must name the service's address name this one."""
        leaves = (
            x509.load_der_x509_certificate(one.chain[0]) for one in (self.sd_jwt, self.status)
        )
        return all(issuer_certificates.named_addresses(leaf) == [address] for leaf in leaves)

    def _load_issuer(self, entry: dict[str, str]) -> _Held:
        public_key = load_compressed(bytes.fromhex(entry["public"]))
        path = self._folder / entry["file"]
        signer = PemSigner(path.read_bytes()) if path.exists() else None
        if signer is not None and compress(signer.public_key) != compress(public_key):
            message = f"{entry['file']} is not the key that keys.json names"
            raise ValueError(message)
        not_before, until, not_after = (
            datetime.fromisoformat(entry[name])
            for name in ("not_before", "signs_until", "not_after")
        )
        key = IssuerKey(
            key_id(public_key), public_key, signer, not_before, not_after, (entry["type"],)
        )
        return _Held(key, until)

    def _holds(self, name: str) -> bool:
        return (self._folder / f"{name}.pem").exists()

    def _signer(self, name: str) -> PemSigner:
        return PemSigner((self._folder / f"{name}.pem").read_bytes())

    def _private(self, name: str) -> ec.EllipticCurvePrivateKey:
        pem = (self._folder / f"{name}.pem").read_bytes()
        return cast(
            "ec.EllipticCurvePrivateKey", serialization.load_pem_private_key(pem, password=None)
        )

    @cached_property
    def bundle_root(self) -> BundleRoot:
        """The root that signed the key sets."""
        return BundleRoot(key_sets.load_root_public(self._folder))

    @cached_property
    def publisher(self) -> Signer:
        """Signs bundles and deltas."""
        return self._signer("publisher")

    @cached_property
    def relying_parties(self) -> Signer:
        """Signs certificates of desks; raises ``OSError`` where it is kept elsewhere."""
        return self._signer(RELYING_PARTIES_KEY)

    @cached_property
    def key_sets(self) -> tuple[bytes, ...]:
        """The chain of signed key sets."""
        return key_sets.load_sets(self._folder)

    @cached_property
    def issuer_root(self) -> x509.Certificate:
        """The anchor of what signs in the world's formats."""
        return issuer_certificates.load_root(self._folder)

    @cached_property
    def sd_jwt(self) -> Certified:
        """Signs SD-JWT VCs and metadata."""
        return issuer_certificates.load_certified(self._folder, issuer_certificates.SD_JWT)

    @cached_property
    def document_signer(self) -> Certified:
        """Signs mdocs."""
        return issuer_certificates.load_certified(self._folder, issuer_certificates.DOCUMENTS)

    @cached_property
    def status(self) -> Certified:
        """Signs status lists."""
        return issuer_certificates.load_certified(self._folder, issuer_certificates.STATUS)

    @cached_property
    def request_key(self) -> ec.EllipticCurvePrivateKey:
        """Opens encrypted credential requests."""
        return self._private(REQUEST_KEY)

    @cached_property
    def token_key(self) -> ec.EllipticCurvePrivateKey:
        """Signs access tokens."""
        return self._private("token")

    @cached_property
    def time_key(self) -> ec.EllipticCurvePrivateKey:
        """Signs the server's time."""
        return self._private("time")

    @cached_property
    def challenge_key(self) -> ec.EllipticCurvePrivateKey:
        """Signs the prompts of a face capture."""
        return self._private("challenge")

    @cached_property
    def kiosk_ca(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """Certifies kiosks."""
        certificate = x509.load_pem_x509_certificate((self._folder / "kiosk-ca.crt").read_bytes())
        return self._private("kiosk-ca"), certificate

    def issuer_keys(self) -> tuple[IssuerKey, ...]:
        """List every published issuer key, the newest first."""
        return tuple(held.key for held in self._issuers)

    def issuer_for(self, document_type: str, at: datetime) -> IssuerKey:
        """Choose the key whose signing period holds ``at``; raises ``LookupError``."""
        for held in self._issuers:
            inside = held.key.not_before <= at < held.signs_until
            able = held.key.signer is not None and document_type in held.key.document_types
            if inside and able:
                return held.key
        message = f"no issuer key for {document_type} at this time: run `admin keys init`"
        raise LookupError(message)


def make_keys(
    folder: Path,
    document_types: tuple[str, ...],
    *,
    now: datetime,
    public_url: str | None = None,
) -> list[str]:
    """Make every missing key below ``folder`` (0700, files 0600); return the names made.

    Certificates name ``public_url`` (None: the address they have) and are renewed when they come
    near their end. Raises ``RootAwayError`` when that needs the root's key and it is elsewhere.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = key_sets.make_root(folder, _write_new)
    single = (*SINGLE_KEYS, RELYING_PARTIES_KEY)
    made += [name for name in single if _write_new(folder / f"{name}.pem", generate_pem())]
    if _write_new(folder / "vault.json", FileVault.new_key_file().encode()):
        made.append("vault")
    made += _make_calibration_key(folder)
    if not (folder / "kiosk-ca.crt").exists():
        _write_new(folder / "kiosk-ca.crt", _self_signed(folder / "kiosk-ca.pem", now))
        made.append("kiosk-ca certificate")
    made += _make_issuers(folder, document_types, now)
    made += issuer_certificates.make_certificates(folder, now=now, public_url=public_url)
    return made + key_sets.renew_key_set(folder, PemKeyRing(folder).issuer_keys(), now=now)


def _make_calibration_key(folder: Path) -> list[str]:
    """Make the evaluator's key, unless its public half says that it lives somewhere else."""
    if (folder / CALIBRATION_PUBLIC).exists():
        return []
    made = _write_new(folder / f"{CALIBRATION_KEY}.pem", generate_pem())
    _write_new(folder / CALIBRATION_PUBLIC, _public_pem(folder / f"{CALIBRATION_KEY}.pem"))
    return [CALIBRATION_KEY] if made else []


def load_calibration_key(folder: Path) -> ec.EllipticCurvePrivateKey:
    """Return the key that signs calibrations; the service itself never needs it.

    Raises ``OSError`` where it has been taken to another machine, ``ValueError`` if unusable.
    """
    pem = (folder / f"{CALIBRATION_KEY}.pem").read_bytes()
    return cast(
        "ec.EllipticCurvePrivateKey", serialization.load_pem_private_key(pem, password=None)
    )


def load_calibration_public(folder: Path) -> ec.EllipticCurvePublicKey:
    """Return the key that calibrations are checked with; raises ``OSError`` or ``ValueError``."""
    key = serialization.load_pem_public_key((folder / CALIBRATION_PUBLIC).read_bytes())
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise ValueError(f"{CALIBRATION_PUBLIC} is no key on P-256")


def _public_pem(pem: Path) -> bytes:
    key = serialization.load_pem_private_key(pem.read_bytes(), password=None).public_key()
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _make_issuers(folder: Path, document_types: tuple[str, ...], now: datetime) -> list[str]:
    path = folder / "keys.json"
    manifest: dict[str, Any] = {"issuers": []}
    if path.exists():
        manifest = json.loads(path.read_text())
    made = []
    for document_type in document_types:
        for year in (now.year, now.year + 1):
            stem = f"issuer-{document_type}-{year}"
            same = [entry for entry in manifest["issuers"] if entry["file"].startswith(stem)]
            if any((folder / entry["file"]).exists() for entry in same):
                continue
            name = f"{stem}-{len(same) + 1}.pem" if same else f"{stem}.pem"
            pem = generate_pem()
            _write_new(folder / name, pem)
            until = datetime(year + 1, 1, 1, tzinfo=UTC)
            manifest["issuers"].append(
                {
                    "file": name,
                    "type": document_type,
                    "public": compress(PemSigner(pem).public_key).hex(),
                    "not_before": datetime(year, 1, 1, tzinfo=UTC).isoformat(),
                    "signs_until": until.isoformat(),
                    "not_after": (until + OVERLAP).isoformat(),
                }
            )
            made.append(name.removesuffix(".pem"))
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(manifest, indent=1) + "\n")
    fresh.replace(path)
    return made


def _write_new(path: Path, content: bytes) -> bool:
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            file.write(content)
    except FileExistsError:
        return False
    return True


def _self_signed(pem: Path, now: datetime) -> bytes:
    key = cast(
        "ec.EllipticCurvePrivateKey",
        serialization.load_pem_private_key(pem.read_bytes(), password=None),
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "IKD Kiosk CA")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)
