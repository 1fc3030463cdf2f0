"""A relying party's folder: who it is, its key and certificate, its secrets.

relying-party.json   the settings below; edited by hand
signing-key.pem      signs request objects       certificate.pem  its chain, leaf first
root.pem             development only: the root that wallets are told to trust
secret.key           seals what lies in requests.db; derives response codes
api-key              for the bank's back end     webhook-secret   signs the webhook
requests.db          open and ended requests
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from credentials.errors import CredentialError
from credentials.signing import PemSigner
from verifier.openid4vp.errors import SetupError
from verifier.openid4vp.queries import FORMATS, SD_JWT, CredentialFormat
from verifier.openid4vp.request_objects import PREFIXES, ClientPrefix, Identity

SETTINGS = "relying-party.json"
SIGNING_KEY, CERTIFICATE, ROOT = "signing-key.pem", "certificate.pem", "root.pem"
SECRET, API_KEY, WEBHOOK_SECRET, DATABASE = "secret.key", "api-key", "webhook-secret", "requests.db"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Offer:
    """One check that the page offers: a policy and the document it asks for."""

    policy: str
    document_type: str
    format: CredentialFormat = SD_JWT


@dataclass(frozen=True, slots=True)
class Settings:
    """What `relying-party.json` says. Durations are seconds.

    `public_url` stands verbatim in every address. `return_urls` are prefixes of addresses a back
    end may name for the way back; `webhook_url` is the only address that is ever called.
    """

    name: str
    public_url: str
    trust: str = "trust.json"
    client_prefix: ClientPrefix = "x509_hash"
    offers: tuple[Offer, ...] = (Offer("bank-kyc", "id_card"),)
    request_seconds: int = 300
    keep_seconds: int = 900
    cross_device: bool = True
    webhook_url: str = ""
    return_urls: tuple[str, ...] = field(default=())

    @property
    def base_path(self) -> str:
        """The path of the public address, "" or "/…"."""
        return urlsplit(self.public_url).path

    @property
    def origin(self) -> str:
        """Scheme, host and port of the public address, as a browser says it."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def is_secure(self) -> bool:
        """Whether browsers come over TLS."""
        return self.public_url.startswith("https://")


class Folder:
    """Reads the files of a relying party's folder; SetupError names the file."""

    def __init__(self, path: Path) -> None:
        """Take the folder."""
        self.path = path

    def load_settings(self) -> Settings:
        """Return the settings."""
        try:
            value = json.loads((self.path / SETTINGS).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise SetupError("NOT_INITIALISED", str(self.path)) from None
        except (OSError, ValueError, RecursionError):
            raise SetupError("SETTINGS_UNREADABLE", SETTINGS) from None
        settings = parse_settings(value)
        offers = tuple(replace(one, policy=self._policy(one.policy)) for one in settings.offers)
        return replace(settings, offers=offers)

    def _policy(self, name: str) -> str:
        """A policy of one's own is a file beside the settings, wherever the server is started."""
        return str((self.path / name).resolve()) if name.endswith(".json") else name

    def load_identity(self) -> Identity:
        """Return the signing key with its certificates; KEY_MISMATCH when they do not fit."""
        try:
            signer = PemSigner(self._bytes(SIGNING_KEY))
            loaded = x509.load_pem_x509_certificates(self._bytes(CERTIFICATE))
        except (CredentialError, ValueError):
            raise SetupError("IDENTITY_INVALID", CERTIFICATE) from None
        chain = tuple(one.public_bytes(Encoding.DER) for one in loaded)
        if loaded[0].public_key() != signer.public_key:
            raise SetupError("KEY_MISMATCH", CERTIFICATE)
        return Identity(signer, chain)

    def secret(self) -> bytes:
        """Return the sealing secret."""
        return self._bytes(SECRET)

    def text(self, name: str) -> str:
        """Return a one-line file, "" when it is not there."""
        try:
            return (self.path / name).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""
        except (OSError, ValueError):
            raise SetupError("SETTINGS_UNREADABLE", name) from None

    def _bytes(self, name: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except OSError:
            raise SetupError("SETTINGS_UNREADABLE", name) from None


def parse_settings(value: object) -> Settings:
    """Read the settings strictly: a misspelt member is named; SetupError("SETTINGS_INVALID")."""
    if not isinstance(value, dict):
        raise _wrong("must be a JSON object")
    known = {
        "name": str, "public_url": str, "trust": str, "client_prefix": str, "offers": list,
        "request_seconds": int, "keep_seconds": int, "cross_device": bool, "webhook_url": str,
        "return_urls": list,
    }  # fmt: skip
    for name, member in value.items():
        if name not in known or type(member) is not known[name]:
            raise _wrong(str(name))
    members: dict[str, Any] = dict(value)
    if "name" not in members or "public_url" not in members:
        raise _wrong("name and public_url")
    if "offers" in members:
        members["offers"] = tuple(_offer(one) for one in members["offers"])
    members["return_urls"] = tuple(map(str, members.get("return_urls", [])))
    settings = Settings(**members)
    _check(settings)
    return settings


def check_public_url(url: str) -> str:
    """Return the address; https, or http on this machine; no trailing slash."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not (parts.scheme == "https" or local) or not parts.hostname or url.endswith("/"):
        raise _wrong('public_url: https://…, without "/" at the end')
    if parts.query or parts.fragment or parts.username:
        raise _wrong("public_url")
    return url


def _check(settings: Settings) -> None:
    check_public_url(settings.public_url)
    if settings.client_prefix not in PREFIXES:
        raise _wrong(f"client_prefix: {' or '.join(PREFIXES)}")
    if not 30 <= settings.request_seconds <= 3600:
        raise _wrong("request_seconds: 30 to 3600")
    if not 60 <= settings.keep_seconds <= 86_400:
        raise _wrong("keep_seconds: 60 to 86400")
    for url in (settings.webhook_url, *settings.return_urls):
        parts = urlsplit(url)
        if url and not (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        ):
            raise _wrong("webhook_url, return_urls: https://…")
    if any(not urlsplit(url).path for url in settings.return_urls):
        raise _wrong("return_urls: with a path")


def _offer(value: object) -> Offer:
    if not isinstance(value, Mapping) or not value.keys() <= {"policy", "type", "format"}:
        raise _wrong("offers")
    policy, kind = value.get("policy"), value.get("type")
    form = value.get("format", SD_JWT)
    if not isinstance(policy, str) or not isinstance(kind, str) or form not in FORMATS:
        raise _wrong("offers")
    return Offer(policy, kind, cast("CredentialFormat", form))


def _wrong(what: str) -> SetupError:
    return SetupError("SETTINGS_INVALID", what)
