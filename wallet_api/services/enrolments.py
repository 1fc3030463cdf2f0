"""Steps 1 and 4 of docs/journey.md: starting, setting the PIN, looking, cancelling.

Starting answers the same for every well-formed NIK: whether the registry
knows it is asked only after the contact is proven, and told as one sentence
(threat T01). A pending enrolment reserves nothing (T02).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from credentials.errors import CredentialError
from credentials.jwk import load_jwk, thumbprint
from credentials.signing import compress
from credentials.statement import UnverifiedStatement, verify_statement
from wallet_api.audit import record
from wallet_api.errors import (
    CohortNotOpen,
    ConsentOutdated,
    EnrolmentNotFound,
    InputInvalid,
    PinKeyInvalid,
    PlatformNotSupported,
    StepNotPossible,
    SystemTooOld,
    UpgradeRequired,
)
from wallet_api.models import Enrolment, new_id
from wallet_api.rules import contact, lifecycle
from wallet_api.rules.errors import RuleError
from wallet_api.rules.nik import Nik, parse_nik
from wallet_api.rules.versions import at_least
from wallet_api.services import contacts, limits, people, pin_keys, tallies, transitions
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import status_of
from wallet_api.services.idempotency import Once, remember

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Start:
    """What the app sends to start; ``network`` is the caller's /24 or /48."""

    nik: str
    email: str
    phone: str
    device_key: dict[str, str]
    platform: str
    os_version: str
    app_version: str
    device_model: str
    consent_version: str
    language: str
    network: str


@dataclass(frozen=True, slots=True)
class _Checked:
    nik: Nik
    email: str
    phone: str
    device_point: bytes
    device_jkt: str


def start(deps: Deps, asked: Start, *, once: Once | None) -> dict[str, object]:
    """Open an enrolment; returns its status. Raises ``InputInvalid`` with every wrong field."""
    _check_policy(deps, asked)
    checked = _check_fields(deps, asked)
    _check_cohort(deps, checked.nik)
    with deps.transaction() as db:
        limits.charge(
            db, deps, f"start|{checked.device_jkt}", DAY, deps.settings.starts_per_device_day
        )
        limits.charge(
            db, deps, f"start|{asked.network}", HOUR, deps.settings.starts_per_network_hour
        )
    with deps.transaction() as db:
        enrolment = _add(db, deps, asked, checked)
        contacts.send_codes(db, deps, enrolment, contacts.CHANNELS, quietly=True)
        record(
            db,
            "enrolment.started",
            at=deps.now(),
            actor="device",
            subject=enrolment.id,
            platform=enrolment.platform,
            app_version=enrolment.app_version,
            warnings=enrolment.warnings,
        )
        db.flush()
        status = status_of(db, deps, enrolment)
        remember(db, deps, once, 202, status)
    return status


def set_pin(
    deps: Deps,
    enrolment_id: str,
    jwk: dict[str, str],
    proof: UnverifiedStatement,
    *,
    once: Once | None,
) -> dict[str, object]:
    """Store the public PIN key, proven by its own signature; the PIN itself never arrives."""
    try:
        public_key = load_jwk(jwk)
        verify_statement(proof, public_key)
    except CredentialError:
        raise PinKeyInvalid from None
    with deps.transaction() as db:
        enrolment = transitions.load_in(
            db, deps, enrolment_id, lifecycle.FACE_VERIFIED, lifecycle.FACE_AT_COUNTER
        )
        if thumbprint(public_key) == enrolment.device_jkt:
            raise PinKeyInvalid
        held = pin_keys.seal_pin_key(
            deps, enrolment.person.dek, f"enrolment|{enrolment_id}", public_key
        )
        moved = transitions.move(
            db,
            enrolment_id,
            enrolment.state,
            lifecycle.PIN_SET,
            pin_key_sealed=held.sealed,
            pin_key_mac=held.mac,
            pin_pepper=held.pepper,
        )
        if not moved:
            raise StepNotPossible(state=enrolment.state)
        record(db, "enrolment.pin_set", at=deps.now(), actor="device", subject=enrolment_id)
        status = status_of(db, deps, enrolment)
        remember(db, deps, once, 200, status)
    return status


def status(deps: Deps, enrolment_id: str) -> dict[str, object]:
    """Tell where the enrolment stands."""
    with deps.transaction() as db:
        return status_of(db, deps, transitions.load(db, deps, enrolment_id))


def cancel(deps: Deps, enrolment_id: str, *, once: Once | None) -> dict[str, object]:
    """End it at the resident's wish."""
    with deps.transaction() as db:
        enrolment = transitions.load_in(db, deps, enrolment_id, *lifecycle.OPEN)
        if enrolment.state in lifecycle.FALLS_BACK:
            tallies.count(db, deps, enrolment.kiosk_id, "cancelled")
        transitions.end(db, deps, enrolment, lifecycle.CANCELLED, reason="resident", actor="device")
        answer = status_of(db, deps, enrolment)
        remember(db, deps, once, 200, answer)
    return answer


def device_key(deps: Deps, enrolment_id: str) -> bytes:
    """Return the compressed device key; raises ``EnrolmentNotFound``."""
    with deps.transaction() as db:
        enrolment = db.get(Enrolment, enrolment_id)
        if enrolment is None:
            raise EnrolmentNotFound
        return enrolment.device_key


def _check_policy(deps: Deps, asked: Start) -> None:
    settings, platform = deps.settings, asked.platform
    if not getattr(settings, f"{platform}_supported"):
        raise PlatformNotSupported
    if not at_least(asked.os_version, getattr(settings, f"{platform}_minimum_os")):
        raise SystemTooOld(minimum=getattr(settings, f"{platform}_minimum_os"))
    if not at_least(asked.app_version, getattr(settings, f"{platform}_minimum_app")):
        raise UpgradeRequired(store_url=getattr(settings, f"{platform}_store_url"))
    if asked.consent_version != settings.consent_version:
        raise ConsentOutdated(current=settings.consent_version)


def _check_fields(deps: Deps, asked: Start) -> _Checked:
    checks: dict[str, Callable[[], object]] = {
        "nik": lambda: parse_nik(asked.nik, regions=deps.regions, today=deps.now().date()),
        "email": lambda: contact.normalise_email(asked.email),
        "phone": lambda: contact.normalise_phone(asked.phone),
        "device_key": lambda: load_jwk(asked.device_key),
    }
    good: dict[str, Any] = {}
    faults = []
    for field, check in checks.items():
        try:
            good[field] = check()
        except (RuleError, CredentialError) as error:
            faults.append({"field": field, "code": error.code})
    if faults:
        raise InputInvalid(errors=faults)
    key = good["device_key"]
    return _Checked(good["nik"], good["email"], good["phone"], compress(key), thumbprint(key))


def _check_cohort(deps: Deps, nik: Nik) -> None:
    prefixes = [prefix.strip() for prefix in deps.settings.open_regions.split(",")]
    if not any(prefix == "*" or (prefix and nik.value.startswith(prefix)) for prefix in prefixes):
        raise CohortNotOpen(opens_at=deps.settings.opens_at or None)


def _add(db: Session, deps: Deps, asked: Start, checked: _Checked) -> Enrolment:
    person = people.find_or_add(db, deps, checked.nik.value)
    row_id, now, vault = new_id(), deps.now(), deps.vault
    enrolment = Enrolment(
        id=row_id,
        person_id=person.id,
        state=lifecycle.STARTED,
        created_at=now,
        expires_at=now + deps.settings.enrolment_life,
        device_jkt=checked.device_jkt,
        device_key=checked.device_point,
        platform=asked.platform,
        os_version=asked.os_version,
        app_version=asked.app_version,
        device_model=asked.device_model,
        language=asked.language,
        consent_version=asked.consent_version,
        warnings=",".join(checked.nik.warnings),
        email_sealed=vault.seal(person.dek, f"enrolment|email|{row_id}", checked.email.encode()),
        email_index=vault.blind_index("email", contact.email_key(checked.email)),
        phone_sealed=vault.seal(person.dek, f"enrolment|phone|{row_id}", checked.phone.encode()),
        phone_index=vault.blind_index("phone", checked.phone),
    )
    db.add(enrolment)
    db.flush()
    return enrolment
