"""Audit events: a closed catalogue, each with the facts it may carry (rule 13).

``record`` writes in the caller's transaction, so that both rows exist or none
(crash point C15). An unknown event or fact is a programming error and raises.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from wallet_api.db import Statements
from wallet_api.models import AuditEvent, table_of

EVENTS: Final[dict[str, frozenset[str]]] = {
    name: frozenset(facts.split())
    for name, facts in {
        "enrolment.started": "platform app_version warnings",
        "enrolment.codes_sent": "channels",
        "enrolment.code_wrong": "channel attempts_left",
        "enrolment.contact_verified": "channel",
        "enrolment.registry_answered": "status answer_hash",
        "enrolment.face_capture_opened": "capture",
        "enrolment.face_capture_committed": "capture",
        "enrolment.face_capture_failed": "capture reason prompt",
        "enrolment.face_capture_abandoned": "capture",
        "enrolment.face_decided": "outcome score threshold model reasons attempt "
        "capture challenge quality liveness",
        "enrolment.face_to_office": "reason",
        "enrolment.pin_set": "",
        "enrolment.claimed": "kiosk office",
        "enrolment.claim_refused": "kiosk reason",
        "enrolment.pin_wrong": "failures",
        "enrolment.at_counter": "kiosk office",
        "enrolment.number_wrong": "kiosk operator left",
        "enrolment.pictures_seen": "kiosk operator",
        "enrolment.face_decided_by_officer": "kiosk operator reason",
        "enrolment.second_officer": "kiosk operator reason",
        "enrolment.activated": "kiosk office operator first_officer wallet",
        "enrolment.refused": "kiosk operator reason",
        "enrolment.ended": "reason",
        "enrolment.fell_back": "from_state",
        "wallet.registry_changed": "status documents",
        "wallet.opened": "enrolment kiosk office operator",
        "wallet.blocked": "reason",
        "wallet.closed": "reason",
        "session.opened": "scope",
        "session.pin_wrong": "failures",
        "session.refused": "reason",
        "credential.planned": "type profile list index answer_hash",
        "credential.not_planned": "type profile reason",
        "credential.signed": "kid",
        "credential.delivered": "retired",
        "credential.status_changed": "status reason",
        "issuing.stopped": "",
        "kiosk.added": "office",
        "kiosk.enrolled": "office",
        "kiosk.blocked": "reason",
        "kiosk.fork_seen": "seq",
        "shift.opened": "operator kiosk by",
        "shift.closed": "operator kiosk",
        "shift.refused": "reason kiosk",
        "operator.added": "office role",
        "operator.ended": "",
        "operator.passkey_added": "passkey kiosk",
        "operator.passkey_refused": "reason kiosk",
        "operator.passkey_removed": "passkey",
        "office.added": "",
        "office.passkeys_demanded": "demanded",
        "person.block_asked": "operator kiosk reason found",
        "notice.blocked": "wallet",
        "openid.offered": "offer by",
        "openid.tx_code_wrong": "offer failures",
        "openid.authorized": "request configurations",
        "openid.refused": "request",
        "openid.granted": "grant configurations bound",
        "openid.grant_ended": "grant reason",
        "relying_party.offered": "profiles offer",
        "relying_party.code_refused": "",
        "relying_party.planned": "serial profiles days",
        "relying_party.registered": "serial kid before",
        "relying_party.revoked": "serial reason",
        "keys.made": "count",
        "lists.published": "version lists",
        "lists.closed": "lists",
    }.items()
}

_ADD: Final = insert(table_of(AuditEvent)).inline()  # nobody asks for the id
_TO_JSON: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def record(
    db: Session, event: str, *, at: datetime, actor: str, subject: str, **facts: object
) -> None:
    """Add one event to the caller's transaction."""
    db.add(AuditEvent(**_row(event, at, actor, subject, facts)))


def record_each(
    db: Statements,
    event: str,
    *,
    at: datetime,
    actor: str,
    facts: Sequence[tuple[str, Mapping[str, object]]],
) -> None:
    """Add one event for each (subject, facts), in one statement."""
    rows = [_row(event, at, actor, subject, held) for subject, held in facts]
    if rows:
        db.execute(_ADD, rows)


def record_together(
    db: Session,
    events: Sequence[tuple[str, str, Mapping[str, object]]],
    *,
    at: datetime,
    actor: str,
) -> None:
    """Add different events of one moment and actor, each (event, subject, facts).

    Nothing comes back, so that they can travel with other writes.
    """
    for event, subject, held in events:
        db.execute(_ADD, _row(event, at, actor, subject, held))


def _row(
    event: str, at: datetime, actor: str, subject: str, facts: Mapping[str, object]
) -> dict[str, object]:
    allowed = EVENTS[event]
    if not facts.keys() <= allowed:
        message = f"audit event {event} may not carry {sorted(facts.keys() - allowed)}"
        raise ValueError(message)
    text = _TO_JSON.encode(facts)
    return {"at": at, "event": event, "actor": actor, "subject": subject, "facts": text}
