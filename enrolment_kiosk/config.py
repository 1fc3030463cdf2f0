"""The kiosk's folder: who this counter is, its keys, and the running shift's frame key.

Plain files, readable by the account that runs the kiosk only (mode 0600 where the system has
modes). The shift's frame key lies here as well, so that a restart goes on showing frames without
an operator. Nothing about residents or operators is ever written.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from enrolment_kiosk.errors import HomeError, SetupError

SECRET_SIZE = 32

_SETTINGS = "kiosk.json"
_IDENTITY = "identity.pem"
_SECRET = "frame-secret.bin"  # noqa: S105 - a file's name
_SHIFT = "shift.json"
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Office:
    """The registry office this counter belongs to."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class KioskSettings:
    """What enrolling this kiosk settled. `time_key` is a JWK, `kiosk_ca` a PEM certificate."""

    api: str
    kiosk: str
    name: str
    office: Office
    time_key: dict[str, str]
    kiosk_ca: str


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift as the display needs it: the frame key, its certificate, and when both end."""

    shift: str
    frame_key: bytes = field(repr=False)
    certificate: str
    ends_at: datetime


class Home:
    """Reads and writes the folder. Writing replaces whole files: never a half one after a crash."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; nothing is read or made yet."""
        self._folder = folder

    @property
    def is_set_up(self) -> bool:
        """Whether a kiosk was enrolled in this folder."""
        return (self._folder / _SETTINGS).exists()

    def create(self, settings: KioskSettings, *, identity: bytes, secret: bytes) -> None:
        """Store a newly enrolled kiosk; the settings last, because they say that all is there."""
        self._write(_IDENTITY, identity)
        self._write(_SECRET, secret)
        document = {
            "api": settings.api,
            "kiosk": settings.kiosk,
            "name": settings.name,
            "office": {"code": settings.office.code, "name": settings.office.name},
            "time_key": settings.time_key,
            "kiosk_ca": settings.kiosk_ca,
        }
        self._write(_SETTINGS, json.dumps(document, indent=2, ensure_ascii=False).encode())

    def load_settings(self) -> KioskSettings:
        """Return who this kiosk is; HomeError when the folder does not say."""
        try:
            document = json.loads(self._read(_SETTINGS))
            office = document["office"]
            return KioskSettings(
                api=str(document["api"]),
                kiosk=str(document["kiosk"]),
                name=str(document["name"]),
                office=Office(str(office["code"]), str(office["name"])),
                time_key={str(key): str(value) for key, value in document["time_key"].items()},
                kiosk_ca=str(document["kiosk_ca"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise HomeError("HOME_DAMAGED") from None

    def load_identity(self) -> bytes:
        """Return the identity key, PEM."""
        return self._read(_IDENTITY)

    def load_secret(self) -> bytes:
        """Return the secret that frame nonces come from, 32 bytes."""
        secret = self._read(_SECRET)
        if len(secret) != SECRET_SIZE:
            raise HomeError("HOME_DAMAGED")
        return secret

    def save_shift(self, shift: Shift) -> None:
        """Keep the shift for a restart."""
        document = {
            "shift": shift.shift,
            "frame_key": shift.frame_key.decode("ascii"),
            "certificate": shift.certificate,
            "ends_at": shift.ends_at.isoformat(),
        }
        self._write(_SHIFT, json.dumps(document).encode())

    def find_shift(self) -> Shift | None:
        """Return the shift kept, or None when there is none that can be read."""
        try:
            document = json.loads((self._folder / _SHIFT).read_bytes())
            ends_at = datetime.fromisoformat(document["ends_at"])
            return Shift(
                shift=str(document["shift"]),
                frame_key=str(document["frame_key"]).encode("ascii"),
                certificate=str(document["certificate"]),
                ends_at=ends_at,
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def forget_shift(self) -> None:
        """Remove the shift and its frame key."""
        (self._folder / _SHIFT).unlink(missing_ok=True)

    def _read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            raise HomeError("HOME_MISSING") from None
        except OSError:
            raise HomeError("HOME_UNREADABLE") from None

    def _write(self, name: str, data: bytes) -> None:
        """Write beside, then replace; the new file never has more permissions than 0600."""
        fresh = self._folder / f"{name}.new"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            with os.fdopen(os.open(fresh, flags, _OWNER_ONLY), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._folder / name)
        except OSError:
            raise HomeError("HOME_NOT_WRITABLE") from None


def check_api_address(address: str) -> str:
    """Return the API's base address without a slash at its end.

    Raises SetupError unless it is https, or http on this very machine (a desk's demo): operators'
    passwords travel on it.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise SetupError("API_ADDRESS")
    if parts.query or parts.fragment:
        raise SetupError("API_ADDRESS")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise SetupError("API_NOT_HTTPS")
    return address.rstrip("/")


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
