"""What an app is told of its enrolment, always and only this."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_api.models import Enrolment, FaceCapture, Kiosk
from wallet_api.rules import contact, face_capture, lifecycle, notices
from wallet_api.services.deps import Deps

WAITING, POLL_WAITING, POLL_IDLE = "wait", 1, 5
REGISTRY_PENDING = "PENDING"


def iso(moment: datetime | None) -> str | None:
    """Write a time as RFC 3339 in UTC."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def status_of(db: Session, deps: Deps, enrolment: Enrolment) -> dict[str, object]:
    """Return the Status of the API: state, next step, deadline, poll interval, server time."""
    step = _next_step(enrolment)
    waits = step in (WAITING, "show_number")
    return {
        "enrolment": enrolment.id,
        "state": enrolment.state,
        "next": {"step": step, "deadline_at": iso(_deadline(enrolment))},
        "poll_seconds": POLL_WAITING if waits else POLL_IDLE,
        "expires_at": iso(enrolment.expires_at),
        "server_time": iso(deps.now()),
        "contact": _contact(deps, enrolment),
        "face": _face(db, deps, enrolment),
        "activation": _activation(db, enrolment),
        "wallet": enrolment.wallet_id,
        "notice": _notice(enrolment),
        "warnings": _codes(enrolment.warnings, enrolment.language),
    }


def _next_step(enrolment: Enrolment) -> str:
    asked = enrolment.registry_status == REGISTRY_PENDING
    if enrolment.state == lifecycle.CONTACT_VERIFIED and asked:
        return WAITING
    return lifecycle.NEXT_STEP[enrolment.state]


def _deadline(enrolment: Enrolment) -> datetime | None:
    if enrolment.state in lifecycle.FALLS_BACK:
        return enrolment.deadline_at
    return enrolment.expires_at if enrolment.state in lifecycle.OPEN else None


def _contact(deps: Deps, enrolment: Enrolment) -> dict[str, object]:
    key = enrolment.person.dek
    email = deps.vault.open(key, f"enrolment|email|{enrolment.id}", enrolment.email_sealed).decode()
    phone = deps.vault.open(key, f"enrolment|phone|{enrolment.id}", enrolment.phone_sealed).decode()
    return {
        "email_masked": contact.mask_email(email),
        "phone_masked": contact.mask_phone(phone),
        "email_verified": enrolment.email_verified_at is not None,
        "phone_verified": enrolment.phone_verified_at is not None,
    }


def _face(db: Session, deps: Deps, enrolment: Enrolment) -> dict[str, object]:
    """Tell the outcome and what to mend, never how alike two faces are (threat T04)."""
    until, language = enrolment.face_retry_at, enrolment.language
    at_face = enrolment.state == lifecycle.CONTACT_VERIFIED
    notes = json.loads(enrolment.face_notes) if at_face and enrolment.face_notes else []
    return {
        "outcome": enrolment.face_outcome,
        "attempts_left": max(0, deps.settings.face_attempts - enrolment.face_attempts),
        "reasons": _codes(enrolment.face_reasons, language),
        "notes": [
            {
                "position": position,
                "turn": turn,
                "reasons": [notices.coded(code, language) for code in codes],
            }
            for position, turn, codes in notes
        ],
        "retry_at": iso(until) if at_face and until and until > deps.now() else None,
        "capture": _capture_under_way(db, deps, enrolment.id) if at_face else None,
    }


def _capture_under_way(db: Session, deps: Deps, enrolment_id: str) -> str | None:
    capture = db.scalars(
        select(FaceCapture).where(
            FaceCapture.enrolment_id == enrolment_id,
            FaceCapture.state.in_(face_capture.UNDER_WAY),
        )
    ).first()
    if capture is None:
        return None
    ends = face_capture.prompt_ends_at(capture.prompted_at, capture.expires_at)
    late = face_capture.fault_of_delay(
        capture.state, deps.now(), prompt_ends=ends, frames_by=capture.frames_by
    )
    return None if late else capture.id


def _activation(db: Session, enrolment: Enrolment) -> dict[str, object] | None:
    if enrolment.state not in lifecycle.FALLS_BACK or enrolment.kiosk_id is None:
        return None
    kiosk = db.get_one(Kiosk, enrolment.kiosk_id)
    shows_number = enrolment.state in (lifecycle.AT_COUNTER, lifecycle.SECOND_OFFICER)
    return {
        "office": {"code": kiosk.office.code, "name": kiosk.office.name},
        "kiosk": kiosk.name,
        "number": enrolment.number if shows_number else None,
        "deadline_at": iso(enrolment.deadline_at),
        "warning": notices.coded("STAND_AT_THIS_COUNTER", enrolment.language)["message"],
    }


def _notice(enrolment: Enrolment) -> dict[str, str] | None:
    if enrolment.state != lifecycle.REFUSED:
        return None
    return notices.coded("CANNOT_CONTINUE", enrolment.language)


def _codes(text: str, language: str) -> list[dict[str, str]]:
    return [notices.coded(code, language) for code in text.split(",") if code]
