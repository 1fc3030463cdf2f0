"""What the operator does: sign in, look at who waits, confirm, refuse, block, sign out.

The residents last polled are kept in memory while a console looks at them, and forgotten when the
last one looks away.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from credentials.signing import PemSigner, generate_pem
from enrolment_kiosk.clock import KioskClock
from enrolment_kiosk.config import KioskSettings, Shift
from enrolment_kiosk.counter import Counter, OpenedShift, PictureKind
from enrolment_kiosk.display import Display, check_certificate
from enrolment_kiosk.errors import (
    ApiProblem,
    ApiUnreachable,
    CertificateError,
    SessionError,
)
from enrolment_kiosk.passkeys import PasskeyCalls, Who
from enrolment_kiosk.sessions import Session, Sessions
from enrolment_kiosk.waiting import Day, Queue

POLL_SECONDS = 0.7

_ENDS_THE_SHIFT = frozenset({"SHIFT_ENDED", "KIOSK_CERTIFICATE_EXPIRED", "KIOSK_BLOCKED"})
_log = logging.getLogger(__name__)


class Console:
    """The operator's side of one kiosk. Safe to use from several threads."""

    def __init__(
        self,
        settings: KioskSettings,
        clock: KioskClock,
        counter: Counter,
        display: Display,
        sessions: Sessions,
        *,
        passkeys: PasskeyCalls,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        """Take what an operator works with; `poll_seconds` is the least time between two polls."""
        self._settings = settings
        self._clock = clock
        self._counter = counter
        self._passkeys = passkeys
        self._display = display
        self._sessions = sessions
        self._poll_seconds = poll_seconds
        self._polling = threading.Lock()
        self._queue: Queue | None = None
        self._polled_at = 0.0
        self._watchers = 0

    @property
    def sessions(self) -> Sessions:
        """The console session of this PC."""
        return self._sessions

    def sign_in(self, *, username: str, password: str, totp: str, language: str) -> Session:
        """Open a shift: a fresh frame key, its certificate checked, frames on the display.

        Raises ApiProblem, ApiUnreachable, or CertificateError when the API's answer is not one
        that phones would accept.
        """
        frame_key = generate_pem()
        opened = self._counter.open_shift(
            username=username,
            password=password,
            totp=totp,
            frame_key=PemSigner(frame_key),
            language=language,
        )
        return self._begin(opened, frame_key, language)

    def sign_in_by_passkey(self, proof: Mapping[str, str], *, language: str) -> Session:
        """Open a shift as `sign_in` does, for whoever's passkey answered."""
        frame_key = generate_pem()
        opened = self._passkeys.open_shift(proof, frame_key=PemSigner(frame_key), language=language)
        return self._begin(opened, frame_key, language)

    def _begin(self, opened: OpenedShift, frame_key: bytes, language: str) -> Session:
        signer = PemSigner(frame_key)
        try:
            shift = self._check_shift(opened, frame_key, signer)
        except CertificateError:
            self._close_quietly(opened.token, language)
            raise
        session = Session(opened.operator, opened.token, shift.ends_at)
        replaced = self._sessions.open(session)
        self._display.start(shift)
        if replaced is not None:
            self._close_quietly(replaced.token, language)
        _log.info("shift opened")
        return session

    def sign_out(self, session: Session, *, language: str) -> None:
        """Close the counter: session, display, and the shift at the API if it can be reached."""
        self._end(session)
        self._close_quietly(session.token, language)
        _log.info("shift closed")

    def look(self, session: Session, *, language: str) -> Queue | None:
        """Return who waits, asking the API when the last answer is older than a poll.

        None before the first answer. ApiProblem and ApiUnreachable as from the API.
        """
        with self._polling:
            now = self._clock.steady()
            if self._queue is None or now - self._polled_at >= self._poll_seconds:
                self._polled_at = now
                with self._watched(session):
                    self._queue = self._counter.load_queue(
                        operator=session.token, language=language
                    )
            return self._queue

    @property
    def last_look(self) -> Queue | None:
        """Who waited at the last answer."""
        return self._queue

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Somebody looks; when the last one stops, what was seen is forgotten."""
        with self._polling:
            self._watchers += 1
        try:
            yield
        finally:
            with self._polling:
                self._watchers -= 1
                if not self._watchers:
                    self._queue = None

    def load_day(self, session: Session, *, language: str) -> Day:
        """Return what went wrong today, by reason."""
        with self._watched(session):
            return self._counter.load_day(operator=session.token, language=language)

    def ask_for_passkey(self, origin: str, *, language: str) -> dict[str, object]:
        """Return what the sign-in page at `origin` asks the browser for."""
        return self._passkeys.ask_to_sign_in(origin, language=language)

    def list_passkeys(self, session: Session, *, language: str) -> dict[str, object]:
        """Return the operator's passkeys, and whether the office demands them."""
        with self._watched(session):
            return self._passkeys.list_own(Who(session.token, language))

    def ask_to_add_passkey(
        self, session: Session, *, origin: str, password: str, language: str
    ) -> dict[str, object]:
        """Return what the console at `origin` asks the browser to make."""
        with self._watched(session):
            return self._passkeys.ask_to_add(origin, password, Who(session.token, language))

    def add_passkey(
        self, session: Session, made: Mapping[str, str], *, name: str, language: str
    ) -> dict[str, object]:
        """Let the API keep a passkey of the operator."""
        with self._watched(session):
            return self._passkeys.add(made, name, Who(session.token, language))

    def load_picture(
        self, session: Session, row: str, kind: PictureKind, *, language: str
    ) -> tuple[str, bytes]:
        """Return a picture of a resident who waits; it is kept nowhere."""
        with self._watched(session):
            return self._counter.load_picture(row, kind, operator=session.token, language=language)

    def confirm(
        self,
        session: Session,
        row: str,
        *,
        number: str | None,
        face_reason: str | None,
        language: str,
        key: str,
    ) -> str:
        """Confirm the person in front of the operator; returns the new state."""
        with self._watched(session):
            return self._counter.confirm(
                row,
                number=number,
                face_reason=face_reason,
                operator=session.token,
                language=language,
                key=key,
            )

    def refuse(self, session: Session, row: str, *, reason: str, language: str, key: str) -> str:
        """Refuse with a reason; returns the new state."""
        with self._watched(session):
            return self._counter.refuse(
                row, reason=reason, operator=session.token, language=language, key=key
            )

    def block(self, session: Session, *, nik: str, reason: str, language: str, key: str) -> None:
        """Block the wallet of a NIK."""
        with self._watched(session):
            self._counter.block(
                nik=nik, reason=reason, operator=session.token, language=language, key=key
            )

    def _check_shift(self, opened: OpenedShift, frame_key: bytes, signer: PemSigner) -> Shift:
        not_after = check_certificate(
            opened.certificate, kiosk_ca=self._settings.kiosk_ca, frame_key=signer
        )
        if opened.office.code != self._settings.office.code:
            raise CertificateError("CERTIFICATE_OTHER_OFFICE")
        ends_at = min(opened.expires_at, opened.certificate_not_after, not_after)
        return Shift(opened.shift, frame_key, opened.certificate, ends_at)

    @contextmanager
    def _watched(self, session: Session) -> Iterator[None]:
        """Let the API's word that the shift is over end it here as well."""
        try:
            yield
        except ApiProblem as problem:
            if problem.code in _ENDS_THE_SHIFT:
                self._end(session)
                raise SessionError("SESSION_ENDED") from problem
            raise

    def _end(self, session: Session) -> None:
        """End session and display, unless somebody else's shift runs here by now."""
        if self._sessions.close(session):
            self._display.stop()
            self._queue = None

    def _close_quietly(self, token: str, language: str) -> None:
        """Close a shift at the API; when that fails the shift runs out by itself."""
        try:
            self._counter.close_shift(operator=token, language=language)
        except (ApiProblem, ApiUnreachable) as error:
            _log.warning("shift not closed at the API: %s", error.code)
