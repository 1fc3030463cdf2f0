"""Scanned frames: whose, how old, and used once.

A frame's single use is its unique row, written with the claim (T11, C7). The
nonce follows from the kiosk's secret and the sequence number, so one number
with two nonces under valid signatures means that the kiosk was cloned: it is
blocked at once (T13).
"""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest
from typing import NoReturn

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from credentials.errors import CredentialError
from credentials.kiosk_frame import Frame, parse_frame, verify_frame
from credentials.signing import load_compressed
from wallet_api.audit import record
from wallet_api.errors import FrameInvalid, FrameUsed, KioskBlocked
from wallet_api.models import KioskCertificate, KioskFrame, Shift, new_id
from wallet_api.rules import counter
from wallet_api.services import kiosk_certificates, kiosks
from wallet_api.services.deps import Deps


@dataclass(frozen=True, slots=True)
class ArrivedFrame:
    """A frame whose signature, kiosk, office and age held when it arrived."""

    frame: Frame
    office_code: str


def read(deps: Deps, text: str) -> ArrivedFrame:
    """Check a frame at its first arrival.

    Raises ``FrameInvalid``, ``FrameExpired`` or ``KioskBlocked`` (blocked, no certificate, or
    nobody on shift). A forked sequence number blocks the kiosk before anything is raised.
    """
    try:
        unverified = parse_frame(text)
    except CredentialError:
        raise FrameInvalid from None
    with deps.transaction() as db:
        certificate = kiosk_certificates.find_by_kid(db, unverified.kid)
        if certificate is None:
            raise FrameInvalid
        public_key, kiosk_id = certificate.public_key, certificate.kiosk_id
        office_code = certificate.kiosk.office.code
    try:
        frame = verify_frame(unverified, load_compressed(public_key))
    except CredentialError:
        raise FrameInvalid from None
    if frame.kiosk != kiosk_id or frame.office != office_code:
        raise FrameInvalid
    _stop_clone(deps, frame)
    counter.check_frame_time(frame, deps.now())
    with deps.transaction() as db:
        check_kiosk(db, deps, unverified.kid, kiosk_id)
    return ArrivedFrame(frame, office_code)


def check_kiosk(db: Session, deps: Deps, kid: bytes, kiosk_id: str) -> None:
    """Demand an active kiosk, a certificate that is valid now, and somebody on shift."""
    now = deps.now()
    kiosks.load_active(db, kiosk_id)
    certified = db.scalars(
        select(KioskCertificate.id).where(
            KioskCertificate.kid == kid,
            KioskCertificate.not_before <= now,
            KioskCertificate.not_after > now,
        )
    ).first()
    if certified is None or not is_staffed(db, deps, kiosk_id):
        raise KioskBlocked


def is_staffed(db: Session, deps: Deps, kiosk_id: str) -> bool:
    """Say whether an operator's shift is open at the kiosk."""
    shift = db.scalars(
        select(Shift.id)
        .where(Shift.kiosk_id == kiosk_id, Shift.closed_at.is_(None), Shift.expires_at > deps.now())
        .limit(1)
    ).first()
    return shift is not None


def use(db: Session, deps: Deps, frame: Frame, enrolment_id: str) -> None:
    """Use the frame up in the caller's transaction; ``IntegrityError`` when another was first."""
    db.add(
        KioskFrame(
            id=new_id(),
            kiosk_id=frame.kiosk,
            seq=frame.seq,
            nonce=frame.nonce,
            enrolment_id=enrolment_id,
            used_at=deps.now(),
        )
    )
    db.flush()


def find_user(db: Session, frame: Frame) -> str | None:
    """Return the enrolment that used this frame, if any."""
    return db.scalars(
        select(KioskFrame.enrolment_id).where(
            KioskFrame.kiosk_id == frame.kiosk, KioskFrame.seq == frame.seq
        )
    ).first()


def find_kiosk(db: Session, text: str) -> str | None:
    """Return the kiosk that the certificate of a readable frame is for."""
    certificate = kiosk_certificates.find_by_kid(db, parse_frame(text).kid)
    return None if certificate is None else certificate.kiosk_id


def refuse_used(deps: Deps, frame: Frame) -> NoReturn:
    """Say why a frame could not be used: a clone's, or simply another phone's."""
    _stop_clone(deps, frame)
    raise FrameUsed


def _stop_clone(deps: Deps, frame: Frame) -> None:
    with deps.transaction() as db:
        used = db.execute(
            select(KioskFrame.kiosk_id, KioskFrame.seq, KioskFrame.nonce).where(
                or_(
                    (KioskFrame.kiosk_id == frame.kiosk) & (KioskFrame.seq == frame.seq),
                    KioskFrame.nonce == frame.nonce,
                )
            )
        ).all()
        forked = any(not _same(frame, *row) for row in used)
        if forked and kiosks.block(
            db, frame.kiosk, reason="fork", actor=kiosks.SYSTEM, at=deps.now()
        ):
            record(
                db,
                "kiosk.fork_seen",
                at=deps.now(),
                actor=kiosks.SYSTEM,
                subject=frame.kiosk,
                seq=frame.seq,
            )
    if forked:
        raise KioskBlocked


def _same(frame: Frame, kiosk_id: str, seq: int, nonce: bytes) -> bool:
    return kiosk_id == frame.kiosk and seq == frame.seq and compare_digest(nonce, frame.nonce)
