"""The console's stream of server-sent events: who waits, the moment it changes.

The kiosk asks the API only while somebody listens. Residents' values pass through here and are not
kept.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict

from enrolment_kiosk.errors import ApiProblem, ApiUnreachable, KioskError, SessionError
from enrolment_kiosk.health import Check, check_all
from enrolment_kiosk.sessions import Session
from enrolment_kiosk.texts import error_text
from enrolment_kiosk.waiting import Queue, Waiting
from enrolment_kiosk.web.display_pages import named_drift
from enrolment_kiosk.web.state import Kiosk

LOOK_SECONDS = 0.2  # how often a listener checks whether there is something new
REPEAT_SECONDS = 2.0  # how soon a closed page is noticed, and how fresh the counters are


def event_stream(kiosk: Kiosk, cookie: str, language: str) -> Iterator[str]:
    """Yield events: `state` with the whole state, and one `ended` when the session is over."""
    last, sent_at = "", 0.0
    with kiosk.console.watching():
        while True:
            try:
                session = kiosk.console.sessions.load(cookie, touch=False)
                seen, problem = _look(kiosk, session, language)
            except SessionError as error:
                yield _event("ended", {"code": error.code})
                return
            now = kiosk.clock.steady()
            key = repr((seen, problem, kiosk.client.online))
            if key != last or now - sent_at >= REPEAT_SECONDS:
                last, sent_at = key, now
                yield _event("state", _state(kiosk, session, seen, problem))
            time.sleep(LOOK_SECONDS)


def _look(
    kiosk: Kiosk, session: Session, language: str
) -> tuple[Queue | None, dict[str, str] | None]:
    """Return what is known, and what stands in the way of knowing better."""
    try:
        return kiosk.console.look(session, language=language), None
    except (ApiProblem, ApiUnreachable) as error:
        return kiosk.console.last_look, _describe(error, language)


def _describe(error: KioskError, language: str) -> dict[str, str]:
    if isinstance(error, ApiProblem):
        return {"code": error.code, "title": error.title}
    return {"code": error.code, "title": error_text(error.code, language)}


def _state(
    kiosk: Kiosk, session: Session, seen: Queue | None, problem: dict[str, str] | None
) -> dict[str, object]:
    ends_in, idle_in = kiosk.console.sessions.seconds_left(session)
    now = kiosk.clock.now()
    return {
        "online": kiosk.client.online is not False,
        "problem": problem,
        "clock_checked": kiosk.clock.is_checked and not kiosk.heartbeat.is_refused,
        "drift": named_drift(kiosk),
        "ends_in": ends_in,
        "idle_in": idle_in,
        "health": [asdict(check) for check in _health(kiosk)],
        "known": seen is not None,
        "today": {"confirmed": seen.confirmed, "refused": seen.refused} if seen else None,
        "waiting": [_row(row, now) for row in seen.waiting] if seen else [],
    }


def _health(kiosk: Kiosk) -> tuple[Check, ...]:
    return check_all(kiosk.clock, kiosk.display, kiosk.client, kiosk.heartbeat)


def _row(row: Waiting, now: float) -> dict[str, object]:
    taken_at = row.pictures.taken_at
    left = None if row.deadline_at is None else max(0, int(row.deadline_at.timestamp() - now))
    return {
        "id": row.id,
        "name": row.name_masked,
        "nik": row.nik_masked,
        "device": row.device_model,
        "platform": row.platform,
        "waited": max(0, int(now - row.since.timestamp())),
        "left": left,
        "officer": row.face == "officer",
        "no_match": row.face_no_match,
        "reasons": list(row.face_reasons),
        "has_photo": row.pictures.registry,
        "has_selfie": row.pictures.selfie,
        "taken_at": None if taken_at is None else taken_at.isoformat(),
        "second": row.second_officer,
        "mine": row.approved_by_you,
        "numbers_left": row.numbers_left,
    }


def _event(name: str, document: dict[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps(document)}\n\n"
