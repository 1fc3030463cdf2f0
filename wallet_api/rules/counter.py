"""Decisions at the counter: is the frame fresh, is the number right, who must decide."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from hmac import compare_digest
from typing import Final

from credentials.kiosk_frame import LIFE_SECONDS, ROTATE_SECONDS, Frame
from wallet_api.errors import FrameExpired, FrameInvalid

FUTURE_SECONDS: Final = 2.0  # a kiosk whose clock is corrected from ours is at most this far ahead
NUMBERS: Final = 1000  # the phone shows three digits
NUMBER_TRIES: Final = 3
REFUSALS: Final = frozenset(
    {
        "not_the_person",
        "other_person_on_phone",
        "face_not_settled",
        "number_mismatch",
        "documents_missing",
        "under_pressure",
        "technical",
        "other",
    }
)
FAILURES: Final = REFUSALS | {
    "cancelled",  # by the resident, on the phone
    "frame_expired",
    "frame_used",
    "not_eligible",
    "number_wrong",
    "pin_not_entered",
    "pin_wrong",
    "sign_in",  # an officer's
    "time_over",
}
"""What the day's counts tell apart."""

_WORKING_DAY: Final = timezone(timedelta(hours=7))  # its midnight is night in all three zones


def check_frame_time(frame: Frame, now: datetime) -> None:
    """Check a verified frame at its first arrival, by the server's clock (T11).

    Raises `FrameInvalid` when its times do not follow from its sequence number, `FrameExpired`
    when it is 20 s old or claims to be from the future.
    """
    moment = now.timestamp()
    starts = frame.seq * ROTATE_SECONDS
    if frame.issued_at != starts or frame.expires_at != starts + LIFE_SECONDS:
        raise FrameInvalid
    if not starts - FUTURE_SECONDS <= moment < starts + LIFE_SECONDS:
        raise FrameExpired


def show_number(drawn: int) -> str:
    """Return the number as the phone shows it: three digits."""
    return f"{drawn:03d}"


def is_number(shown: str | None, typed: str) -> bool:
    """Compare what the operator typed with what the phone shows."""
    return shown is not None and compare_digest(shown.encode(), typed.encode())


def second_officer_reason(*, no_match: bool, drawn: float, percent: float) -> str | None:
    """Say why a second officer must confirm as well, or None.

    `drawn` is uniform in [0, 100): the share of `percent` keeps a complicit operator guessing.
    """
    if no_match:
        return "machine_said_no"
    return "drawn" if drawn < percent else None


def working_day(now: datetime) -> str:
    """Return the day on which a confirmation counts, the same for the whole country."""
    return now.astimezone(_WORKING_DAY).date().isoformat()


def day_start(now: datetime) -> datetime:
    """Return when that day began."""
    local = now.astimezone(_WORKING_DAY)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
