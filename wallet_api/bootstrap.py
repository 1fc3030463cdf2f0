"""Putting the service together: the only place that names concrete adapters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote, urlsplit

from credentials.catalogue import Catalogue
from credentials.errors import CredentialError
from wallet_api import data, db
from wallet_api.adapters import json_logs
from wallet_api.adapters.clock import SystemClock
from wallet_api.adapters.faces.opening import closed_faces, open_faces
from wallet_api.adapters.file_outbox import FileMessenger
from wallet_api.adapters.issuer_certificates import RootAwayError
from wallet_api.adapters.key_sets import replace_root
from wallet_api.adapters.keys import PemKeyRing, make_keys
from wallet_api.adapters.mail import SmtpMessenger
from wallet_api.adapters.registry.guard import People
from wallet_api.adapters.registry.opening import open_registry
from wallet_api.adapters.sms import HttpSmsMessenger
from wallet_api.adapters.vault import FileVault
from wallet_api.config import Settings, load_settings
from wallet_api.errors import ConfigurationError
from wallet_api.ports.delivery import Messenger
from wallet_api.services.deps import Deps
from wallet_api.services.openid.attesters import attestation_roots


def make_deps(settings: Settings, *, with_faces: bool = True) -> Deps:
    """Open everything the services need; raises ``ConfigurationError`` with what to mend.

    Without ``with_faces`` neither models nor calibration are looked at, and no face is compared;
    nor are certificates, so that an administrator can revoke and block whatever else is wrong.
    """
    try:
        vault = FileVault(settings.keys_dir / "vault.json")
        keys = PemKeyRing(settings.keys_dir)
    except (OSError, ValueError, KeyError) as error:
        raise _unusable_keys(error) from None
    _check_keys(settings, keys, certified=with_faces)
    people = People.REAL if settings.environment == "production" else People.SYNTHETIC
    faces = open_faces(settings) if with_faces else closed_faces()
    deps = Deps(
        settings=settings,
        sessions=db.make_sessions(db.make_engine(settings.database_url)),
        clock=SystemClock(),
        vault=vault,
        keys=keys,
        registry=open_registry(
            settings.registry_url, people=people, timeout=settings.registry_timeout_seconds
        ),
        faces=faces,
        portraits=faces,
        mail=_mail(settings),
        sms=_sms(settings),
        catalogue=load_catalogue(),
        regions=data.load_region_codes(),
        publish_dir=settings.publish_dir,
    )
    _check_attesters(deps)
    return deps


def _check_keys(settings: Settings, keys: PemKeyRing, *, certified: bool) -> None:
    try:
        if settings.environment == "production" and keys.holds_any_of(data.load_sample_keys()):
            raise ConfigurationError(errors=["WALLET_KEYS_DIR: sample keys are public knowledge"])
        if certified and not keys.names(settings.public_url):
            message = (
                "WALLET_PUBLIC_URL: the certificates of WALLET_KEYS_DIR name another address:"
                " run `python -m wallet_api admin keys init`"
            )
            raise ConfigurationError(errors=[message])
    except (OSError, ValueError) as error:
        raise _unusable_keys(error) from None


def _unusable_keys(error: Exception) -> ConfigurationError:
    message = f"WALLET_KEYS_DIR: {type(error).__name__}: run `python -m wallet_api admin keys init`"
    return ConfigurationError(errors=[message])


def _check_attesters(deps: Deps) -> None:
    try:
        attestation_roots(deps)
    except (OSError, ValueError, CredentialError) as error:
        message = f"WALLET_OPENID_ATTESTATION_ROOTS: {type(error).__name__}: no PEM of certificates"
        raise ConfigurationError(errors=[message]) from None


def start_logging(settings: Settings) -> None:
    """Log to stdout as JSON lines without personal data."""
    json_logs.start(settings.log_level)


@contextmanager
def opened_deps() -> Iterator[Deps]:
    """Open all but the faces under the environment's settings for one command; close it again."""
    deps = make_deps(load_settings(), with_faces=False)
    try:
        yield deps
    finally:
        deps.sessions.kw["bind"].dispose()


def init_keys(folder: Path, *, now: datetime, public_url: str | None) -> list[str]:
    """Make every key and certificate that ``folder`` lacks, for all document types; name them.

    Raises ``ConfigurationError`` when a certificate is due and the root's key is not there.
    """
    document_types = tuple(held.name for held in load_catalogue().types)
    try:
        return make_keys(folder, document_types, now=now, public_url=public_url)
    except RootAwayError as error:
        raise ConfigurationError(errors=[f"WALLET_KEYS_DIR: {error}"]) from None


def replace_bundle_root(folder: Path, *, now: datetime) -> None:
    """Let the bundle root introduce a new one (``admin keys new-root``)."""
    try:
        replace_root(folder, PemKeyRing(folder).issuer_keys(), now=now)
    except RootAwayError as error:
        raise ConfigurationError(errors=[f"WALLET_KEYS_DIR: {error}"]) from None


def load_catalogue() -> Catalogue:
    """Read every document type of ``catalogue/``, in the order of their names."""
    folder = files("wallet_api").joinpath("catalogue")
    sources = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".json")),
        key=lambda entry: entry.name,
    )
    return Catalogue.parse([json.loads(entry.read_text(encoding="utf-8")) for entry in sources])


def _mail(settings: Settings) -> Messenger:
    parts = urlsplit(settings.mail_url)
    if parts.scheme == "file":
        return FileMessenger(Path(unquote(parts.path)), "email")
    if parts.scheme in ("smtp", "smtps"):
        return SmtpMessenger(settings.mail_url, settings.mail_from)
    raise ConfigurationError(errors=["WALLET_MAIL_URL: file:///DIR, smtp:// or smtps://"])


def _sms(settings: Settings) -> Messenger:
    parts = urlsplit(settings.sms_url)
    if parts.scheme == "file":
        return FileMessenger(Path(unquote(parts.path)), "sms")
    if parts.scheme in ("http", "https"):
        return HttpSmsMessenger(settings.sms_url)
    raise ConfigurationError(errors=["WALLET_SMS_URL: file:///DIR, http:// or https://"])
