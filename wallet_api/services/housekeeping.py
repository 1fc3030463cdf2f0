"""What time alone changes: enrolments that are over, and rows nobody needs any more.

Deletes go in batches of their own transactions: none holds a lock for long, and
a worker that dies has lost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, CursorResult, delete, or_, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute

from wallet_api.models import (
    Base,
    ContactCode,
    CounterTally,
    Enrolment,
    FaceCapture,
    FaceFrame,
    IdempotencyKey,
    KioskFrame,
    NoticeLink,
    OpenIdDeferred,
    OpenIdGrant,
    OpenIdOffer,
    OpenIdRequest,
    OutboxMessage,
    RateCounter,
    Shift,
    UsedNonce,
)
from wallet_api.rules import face_capture, lifecycle
from wallet_api.services import idempotency, transitions
from wallet_api.services.deps import Deps

BATCH: Final = 1000
OUTBOX_KEPT: Final = timedelta(days=7)  # emptied when done; what stays is what and when
FRAMES_KEPT: Final = timedelta(days=1)  # a frame lives 20 seconds; the audit keeps the claim
CAPTURES_KEPT: Final = timedelta(days=1)  # its frames went before; the audit keeps the rest
SHIFTS_KEPT: Final = timedelta(days=30)
TALLIES_KEPT: Final = timedelta(days=8)  # the officers see the day, the audit keeps the cases
OPENID_KEPT: Final = timedelta(days=1)
GRANTS_KEPT: Final = timedelta(days=30)
NEEDLESS: Final = (*sorted(lifecycle.ENDED), lifecycle.ACTIVATED)


def expire(deps: Deps) -> int:
    """Settle enrolments whose life or deadline is over; return how many were looked at.

    Every request settles the enrolment that it touches; this is for those that
    nobody touches any more.
    """
    done = 0
    while found := _overdue(deps):
        for enrolment_id in found:
            with deps.transaction() as db:
                transitions.load(db, deps, enrolment_id)
        done += len(found)
    return done


def _overdue(deps: Deps) -> list[str]:
    now = deps.now()
    over = (Enrolment.state.in_(lifecycle.OPEN)) & (Enrolment.expires_at <= now)
    late = (Enrolment.state.in_(lifecycle.FALLS_BACK)) & (Enrolment.deadline_at <= now)
    with deps.transaction() as db:
        return list(db.scalars(select(Enrolment.id).where(or_(over, late)).limit(BATCH)))


def clean_up(deps: Deps) -> int:
    """Delete what has served its purpose; return how many rows went or were emptied."""
    done = sum(_delete(deps, table, over) for table, over in _disposable(deps.now()))
    return done + _forget_photos(deps)


def _disposable(now: datetime) -> Iterator[tuple[type[Base], ColumnElement[bool]]]:
    yield UsedNonce, UsedNonce.expires_at <= now
    yield RateCounter, RateCounter.expires_at <= now
    yield IdempotencyKey, IdempotencyKey.started_at <= now - idempotency.KEPT
    yield OutboxMessage, OutboxMessage.done_at <= now - OUTBOX_KEPT
    yield KioskFrame, KioskFrame.used_at <= now - FRAMES_KEPT
    yield OpenIdDeferred, OpenIdDeferred.expires_at <= now
    yield NoticeLink, NoticeLink.expires_at <= now
    yield Shift, Shift.expires_at <= now - SHIFTS_KEPT
    yield CounterTally, CounterTally.counted_at <= now - TALLIES_KEPT
    # A frame goes with its capture's end; this is for those whose worker died on the way.
    over = FaceCapture.state.in_((face_capture.FAILED, face_capture.ABANDONED))
    late = select(FaceCapture.id).where(or_(over, FaceCapture.frames_by <= now))
    yield FaceFrame, FaceFrame.capture_id.in_(late)
    yield FaceCapture, FaceCapture.frames_by <= now - CAPTURES_KEPT
    # Kept a while past their time: a code or token that comes again is recognised as such.
    yield OpenIdOffer, OpenIdOffer.expires_at <= now - OPENID_KEPT
    yield OpenIdRequest, OpenIdRequest.expires_at <= now - OPENID_KEPT
    closed = OpenIdGrant.ended_at <= now - GRANTS_KEPT
    yield OpenIdGrant, or_(closed, OpenIdGrant.expires_at <= now - GRANTS_KEPT)
    ended = select(Enrolment.id).where(Enrolment.state.in_(NEEDLESS))
    yield ContactCode, ContactCode.enrolment_id.in_(ended)


def _delete(deps: Deps, table: type[Base], over: ColumnElement[bool]) -> int:
    # Tables keep their key first; the sub-select makes a DELETE with a limit.
    key = cast("list[InstrumentedAttribute[Any]]", list(table.__mapper__.primary_key))
    deleted = 0
    while True:
        some = select(*key).where(over).limit(BATCH)
        with deps.transaction() as db:
            result = cast(
                "CursorResult[Any]",
                db.execute(
                    delete(table)
                    .where(tuple_(*key).in_(some))
                    .execution_options(synchronize_session=False)
                ),
            )
        deleted += result.rowcount
        if result.rowcount < BATCH:
            return deleted


def _forget_photos(deps: Deps) -> int:
    with deps.transaction() as db:
        result = cast(
            "CursorResult[Any]",
            db.execute(
                update(Enrolment)
                .where(
                    Enrolment.state.in_(NEEDLESS),
                    or_(Enrolment.photo_sealed.is_not(None), Enrolment.selfie_sealed.is_not(None)),
                )
                .values(**transitions.NO_PICTURES)
                .execution_options(synchronize_session=False)
            ),
        )
    return result.rowcount
