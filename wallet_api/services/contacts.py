"""Step 2: codes to the e-mail address and the phone, each used once.

A code is kept as an HMAC bound to enrolment, channel and device key. A try is
charged before the code is compared; the right one is consumed by a conditional
UPDATE (threat T06). Sending is limited a number, a device and a nation (T07).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from hmac import compare_digest
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from wallet_api.audit import record
from wallet_api.errors import CodeExpired, CodeSpent, CodeWrong, TooManyRequests
from wallet_api.models import ContactCode, Enrolment, new_id
from wallet_api.rules import lifecycle
from wallet_api.services import limits, outbox, transitions
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import REGISTRY_PENDING, status_of
from wallet_api.services.idempotency import Once, remember

CHANNELS: Final = ("email", "sms")
LIFE: Final = timedelta(minutes=5)
TRIES: Final = 5
MINUTE: Final = timedelta(minutes=1)
SENDING: Final = (
    (MINUTE, 1),
    (timedelta(minutes=10), 3),
    (timedelta(hours=1), 5),
    (timedelta(days=1), 10),
)


def send_codes(
    db: Session, deps: Deps, enrolment: Enrolment, channels: Sequence[str], *, quietly: bool = False
) -> None:
    """Make fresh codes and queue them; ``quietly`` skips what a limit forbids.

    At the start a limit is kept silent, or it would tell who else uses the number.
    """
    sent = []
    for channel in channels:
        address = _address(deps, enrolment, channel)
        try:
            with db.begin_nested():
                _charge_sending(db, deps, enrolment, channel, address)
        except TooManyRequests:
            if not quietly:
                raise
            continue
        _queue(db, deps, enrolment, channel, address)
        sent.append(channel)
    record(
        db,
        "enrolment.codes_sent",
        at=deps.now(),
        actor="device",
        subject=enrolment.id,
        channels=",".join(sent),
    )


def resend(
    deps: Deps, enrolment_id: str, channels: Sequence[str], *, once: Once | None
) -> dict[str, object]:
    """Send codes again; the older ones stop working. Raises ``TooManyRequests``."""
    with deps.transaction() as db:
        enrolment = transitions.load_in(db, deps, enrolment_id, lifecycle.STARTED)
        open_channels = [name for name in channels if not _verified(enrolment, name)]
        send_codes(db, deps, enrolment, open_channels)
        status = status_of(db, deps, enrolment)
        remember(db, deps, once, 202, status)
    return status


def verify(
    deps: Deps, enrolment_id: str, codes: dict[str, str], *, once: Once | None
) -> dict[str, object]:
    """Check one or both codes; raises ``CodeWrong``, ``CodeExpired`` or ``CodeSpent``."""
    with deps.transaction() as db:
        enrolment = transitions.load_in(db, deps, enrolment_id, lifecycle.STARTED)
        wanted = {name: code for name, code in codes.items() if not _verified(enrolment, name)}
    for channel, code in wanted.items():
        _check(deps, enrolment_id, channel, code)
    with deps.transaction() as db:
        enrolment = transitions.load(db, deps, enrolment_id)
        both = all(_verified(enrolment, name) for name in CHANNELS)
        if both and transitions.move(
            db,
            enrolment_id,
            lifecycle.STARTED,
            lifecycle.CONTACT_VERIFIED,
            registry_status=REGISTRY_PENDING,
        ):
            outbox.enqueue(db, deps, "registry_check", {"enrolment": enrolment_id})
        status = status_of(db, deps, enrolment)
        remember(db, deps, once, 200, status)
    return status


def _check(deps: Deps, enrolment_id: str, channel: str, code: str) -> None:
    with deps.transaction() as db:
        charged = db.execute(
            update(ContactCode)
            .where(
                ContactCode.enrolment_id == enrolment_id,
                ContactCode.channel == channel,
                ContactCode.used_at.is_(None),
                ContactCode.tries_left > 0,
                ContactCode.expires_at > deps.now(),
            )
            .values(tries_left=ContactCode.tries_left - 1)
            .returning(ContactCode.id, ContactCode.mac, ContactCode.tries_left)
        ).first()
        if charged is None:
            held = _find(db, enrolment_id, channel)
            spent = held is not None and held.used_at is None and held.tries_left == 0
        jkt = db.get_one(Enrolment, enrolment_id).device_jkt
    if charged is None:
        raise CodeSpent(channel=channel) if spent else CodeExpired(channel=channel)
    if not compare_digest(charged.mac, _mac(deps, enrolment_id, channel, jkt, code)):
        with deps.transaction() as db:
            record(
                db,
                "enrolment.code_wrong",
                at=deps.now(),
                actor="device",
                subject=enrolment_id,
                channel=channel,
                attempts_left=charged.tries_left,
            )
        raise CodeWrong(channel=channel, attempts_left=charged.tries_left)
    _consume(deps, enrolment_id, channel, charged.id, charged.mac)


def _consume(deps: Deps, enrolment_id: str, channel: str, code_id: str, mac: bytes) -> None:
    now = deps.now()
    with deps.transaction() as db:
        used = db.execute(
            update(ContactCode)
            .where(ContactCode.id == code_id, ContactCode.mac == mac, ContactCode.used_at.is_(None))
            .values(used_at=now)
            .returning(ContactCode.id)
        ).first()
        if used is None:
            raise CodeExpired(channel=channel)
        column = "email_verified_at" if channel == "email" else "phone_verified_at"
        db.execute(update(Enrolment).where(Enrolment.id == enrolment_id).values({column: now}))
        record(
            db,
            "enrolment.contact_verified",
            at=now,
            actor="device",
            subject=enrolment_id,
            channel=channel,
        )


def _queue(db: Session, deps: Deps, enrolment: Enrolment, channel: str, address: str) -> None:
    code, now = f"{secrets.randbelow(1_000_000):06d}", deps.now()
    db.execute(
        delete(ContactCode).where(
            ContactCode.enrolment_id == enrolment.id, ContactCode.channel == channel
        )
    )
    db.add(
        ContactCode(
            id=new_id(),
            enrolment_id=enrolment.id,
            channel=channel,
            mac=_mac(deps, enrolment.id, channel, enrolment.device_jkt, code),
            sent_at=now,
            expires_at=now + LIFE,
            tries_left=TRIES,
        )
    )
    payload = {
        "to": address,
        "template": f"{channel}_code",
        "language": enrolment.language,
        "facts": {"code": code, "minutes": int(LIFE.total_seconds() // 60)},
    }
    outbox.enqueue(db, deps, channel, payload)


def _charge_sending(
    db: Session, deps: Deps, enrolment: Enrolment, channel: str, address: str
) -> None:
    # One UPSERT at a time: a refused one is rolled back with the savepoint, so it costs nothing.
    for window, allowed in SENDING:
        limits.charge(db, deps, f"{channel}|{address}", window, allowed)
    limits.charge(db, deps, f"{channel}|device|{enrolment.device_jkt}", timedelta(days=1), 20)
    limits.charge(db, deps, f"{channel}|nation", MINUTE, deps.settings.codes_per_minute)


def _address(deps: Deps, enrolment: Enrolment, channel: str) -> str:
    column, sealed = (
        ("email", enrolment.email_sealed)
        if channel == "email"
        else ("phone", enrolment.phone_sealed)
    )
    return deps.vault.open(
        enrolment.person.dek, f"enrolment|{column}|{enrolment.id}", sealed
    ).decode()


def _verified(enrolment: Enrolment, channel: str) -> bool:
    return (
        enrolment.email_verified_at if channel == "email" else enrolment.phone_verified_at
    ) is not None


def _find(db: Session, enrolment_id: str, channel: str) -> ContactCode | None:
    return db.scalars(
        select(ContactCode).where(
            ContactCode.enrolment_id == enrolment_id, ContactCode.channel == channel
        )
    ).one_or_none()


def _mac(deps: Deps, enrolment_id: str, channel: str, jkt: str, code: str) -> bytes:
    return deps.vault.mac("contact code", f"{enrolment_id}|{channel}|{jkt}|{code}".encode())
