"""All settings, read once from the environment (prefix ``WALLET_``).

Only this module reads the environment. There is no default for any secret:
keys live in files below ``keys_dir`` which ``admin keys init`` makes.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from wallet_api.errors import ConfigurationError

DEFAULT_PUBLIC_URL = "http://127.0.0.1:8080"


class Settings(BaseSettings):
    """Frozen and typed; every wrong value is reported at once."""

    model_config = SettingsConfigDict(env_prefix="WALLET_", frozen=True, extra="ignore")

    environment: Literal["development", "demo", "production"] = Field(
        "development", description="production refuses sample keys, simulators and SQLite"
    )
    database_url: str = Field(description="SQLAlchemy address of the database")
    keys_dir: Path = Field(description="folder made by `admin keys init`")
    public_url: str = Field(
        DEFAULT_PUBLIC_URL,
        pattern=r"^https?://[^/?#@\s]+(/[^/?#\s]+)*$",
        description="base address, used verbatim; may have a path, ends without a slash",
    )
    proxies: int = Field(
        0, ge=0, le=3, description="reverse proxies in front, whose X-Forwarded-For is believed"
    )
    registry_url: str = Field(description="sqlite:///FILE or http(s)://… of the civil registry")
    registry_timeout_seconds: float = Field(3.0, gt=0, le=30, description="per registry call")
    mail_url: str = Field(
        "file:///var/lib/wallet/outbox", description="file:///DIR, smtp:// or smtps://host:port"
    )
    mail_from: str = Field("noreply@ikd.example", description="sender of the mails")
    sms_url: str = Field(
        "file:///var/lib/wallet/outbox", description="file:///DIR or http(s):// of the gateway"
    )
    publish_dir: Path = Field(description="folder of the published bundle and status lists")
    face_workers: int = Field(1, ge=1, le=32, description="matcher processes a web worker")
    face_engine: Literal["sface", "face-recognition"] = Field(
        "sface", description="the second is for comparison only: production refuses it"
    )
    face_calibration: str = Field(
        "",
        description="file of the face thresholds; empty: face-calibration.jws below keys_dir, or"
        " outside production the packaged one (docs/operations.md)",
    )
    face_queue: int = Field(
        3, ge=1, le=1000, description="waiting matches before 503; each holds one of 8 web threads"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="log level")

    consent_version: str = Field("2026-11", description="version of the consent text")
    android_supported: bool = Field(default=True, description="Android may enrol")
    android_minimum_os: str = Field("8", description="lowest Android version that may enrol")
    android_minimum_app: str = Field("1.0.0", description="lowest Android app version")
    android_store_url: str = Field("https://ikd.example/android", description="where to get it")
    ios_supported: bool = Field(default=True, description="iPhone may enrol")
    ios_minimum_os: str = Field("11", description="lowest iOS version that may enrol")
    ios_minimum_app: str = Field("1.0.0", description="lowest iOS app version")
    ios_store_url: str = Field("https://ikd.example/ios", description="where to get it")
    open_regions: str = Field(
        "*", description="comma-separated NIK prefixes that may enrol; * is all"
    )
    opens_at: str = Field("", description="date told to the others, ISO 8601")

    enrolment_hours: int = Field(72, ge=1, le=720, description="life of an enrolment")
    starts_per_device_day: int = Field(5, ge=1, description="new enrolments a device and day")
    starts_per_network_hour: int = Field(300, ge=1, description="new enrolments a network and hour")
    codes_per_minute: int = Field(
        100_000, ge=1, description="messages a minute, nation-wide breaker"
    )
    face_attempts: int = Field(3, ge=1, le=10, description="selfie attempts of one enrolment")
    face_attempts_per_nik_day: int = Field(10, ge=1, description="more lead to the counter")
    face_wait_seconds: int = Field(
        60, ge=0, le=3600, description="pause after a refused selfie, five times longer the next"
    )
    face_captures_per_hour: int = Field(12, ge=1, description="captures of one enrolment and hour")
    confirm_seconds: int = Field(120, ge=10, description="scan to PIN")
    counter_minutes: int = Field(10, ge=1, description="life of a person waiting at the counter")
    shift_hours: int = Field(12, ge=1, le=24, description="life of a shift and its certificate")
    operator_interval_seconds: int = Field(
        45, ge=0, description="shortest time between two confirmations"
    )
    operator_per_day: int = Field(150, ge=1, description="confirmations of one operator and day")
    second_officer_percent: float = Field(
        2.0, ge=0, le=100, description="drawn for a second officer"
    )
    session_seconds: int = Field(600, ge=60, le=600, description="life of an access token")
    bundle_hours: int = Field(168, ge=1, description="life of a verifier bundle")
    bundle_policies_dir: str = Field(
        "",
        description="folder of policies (*.json) that the bundle carries to terminals; empty: none"
        " (docs/operations.md)",
    )
    verifier_minimum_version: str = Field(
        "1.0.0",
        pattern=r"^[0-9]{1,4}(\.[0-9]{1,4}){2}$",
        description="offline verifiers older than this refuse to check with the next bundle",
    )
    publish_seconds: int = Field(
        60, ge=1, le=60, description="longest time between two publications"
    )
    openid_offer_minutes: int = Field(
        15, ge=1, le=1440, description="life of a credential offer to another wallet"
    )
    openid_grant_days: int = Field(
        90, ge=1, le=366, description="how long another wallet may renew what it was granted"
    )
    openid_requests_per_network_hour: int = Field(
        600, ge=1, description="authorization requests of other wallets, a network and hour"
    )
    openid_require_wallet_attestation: bool = Field(
        default=False, description="only wallets that an attester vouches for"
    )
    openid_require_dpop: bool = Field(
        default=False, description="no bearer tokens: access only bound to a wallet's DPoP key"
    )
    openid_attestation_roots: str = Field(
        "", description="PEM file of the attesters' root certificates; empty: none is known"
    )
    openid_encryption: Literal["strict", "lenient"] = Field(
        "strict",
        description="lenient encrypts credentials also for a request that was not encrypted, as"
        " OpenID4VCI forbids and some wallets need: production refuses it",
    )
    openid_deferred_seconds: int = Field(
        0, ge=0, le=86_400, description="more than 0: credentials are fetched later, not before"
    )
    openid_require_key_attestation: bool = Field(
        default=False, description="only keys that an attester vouches for"
    )
    issuing_stopped: bool = Field(default=False, description="kill switch: no credential is signed")

    @model_validator(mode="after")
    def _attestation_has_roots(self) -> Self:
        """Who demands attestations says whose: otherwise nobody could be served."""
        demanded = self.openid_require_wallet_attestation or self.openid_require_key_attestation
        if demanded and not self.openid_attestation_roots:
            message = "attestations are demanded: openid_attestation_roots names who is believed"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _production_is_real(self) -> Self:
        """Production takes no embedded default (rule 12)."""
        if self.environment != "production":
            return self
        wrong = [
            name
            for name, bad in (
                ("database_url", self.database_url.startswith("sqlite")),
                ("registry_url", not self.registry_url.startswith("https://")),
                ("public_url", not self.public_url.startswith("https://")),
                ("mail_url", self.mail_url.startswith("file:")),
                ("sms_url", self.sms_url.startswith("file:")),
            )
            if bad
        ]
        if wrong:
            message = f"production needs real services: {', '.join(wrong)}"
            raise ValueError(message)
        if self.face_engine != "sface":
            message = "production decides about faces with face_engine sface and no other"
            raise ValueError(message)
        if self.openid_encryption != "strict":
            message = "production keeps to OpenID4VCI: openid_encryption is strict"
            raise ValueError(message)
        return self

    @property
    def enrolment_life(self) -> timedelta:
        """How long an enrolment stays open."""
        return timedelta(hours=self.enrolment_hours)


class _Address(BaseSettings):
    """What `admin keys init` needs of the settings, before there are others."""

    model_config = SettingsConfigDict(env_prefix="WALLET_", extra="ignore")

    public_url: str | None = None


def find_public_url() -> str | None:
    """Return the base address that the environment names, None if it names none."""
    return _Address().public_url


def load_settings() -> Settings:
    """Read the environment; raise ``ConfigurationError`` that lists every fault."""
    try:
        return Settings()
    except ValidationError as error:
        faults = [
            f"WALLET_{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)
        ]
        raise ConfigurationError(errors=faults) from None
