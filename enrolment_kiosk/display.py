"""What the display shows: the frame of this moment, or that the counter is closed.

A frame is determined by the time (`seq`) and the kiosk's secret (`nonce`), so a restart shows the
same frame again. It needs the shift's certificate, but no network: phones are online, the kiosk
need not be.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import FormatError
from credentials.kiosk_frame import ROTATE_SECONDS, Frame, frame_nonce, sign_frame
from credentials.signing import PemSigner, key_id
from enrolment_kiosk.clock import KioskClock
from enrolment_kiosk.config import Home, KioskSettings, Shift
from enrolment_kiosk.errors import CertificateError
from enrolment_kiosk.qr import draw_svg


@dataclass(frozen=True, slots=True)
class DrawnFrame:
    """A frame as drawn. Times are unix seconds of the kiosk's clock."""

    seq: int
    text: str
    svg: str
    next_at: float


def check_certificate(certificate: str, *, kiosk_ca: str, frame_key: PemSigner) -> datetime:
    """Return when the certificate ends; CertificateError unless our CA issued it for this key.

    Phones refuse frames under any other: better to learn it when the shift starts.
    """
    try:
        leaf = x509.load_pem_x509_certificate(certificate.encode())
        authority = x509.load_pem_x509_certificate(kiosk_ca.encode())
        leaf.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        raise CertificateError("CERTIFICATE_NOT_TRUSTED") from None
    key = leaf.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or key_id(key) != frame_key.kid:
        raise CertificateError("CERTIFICATE_OTHER_KEY")
    return leaf.not_valid_after_utc


class Display:
    """Keeps the running shift and draws its frames. Safe to use from several threads."""

    def __init__(
        self,
        home: Home,
        settings: KioskSettings,
        clock: KioskClock,
        *,
        rotate_seconds: int = ROTATE_SECONDS,
    ) -> None:
        """Take up the shift that the folder kept, if it still runs.

        `rotate_seconds` is 10 by contract; tests turn faster.
        """
        self._home = home
        self._settings = settings
        self._clock = clock
        self._rotate = rotate_seconds
        self._secret = home.load_secret()
        self._lock = threading.Lock()
        self._shift: Shift | None = None
        self._signer: PemSigner | None = None
        self._drawn: DrawnFrame | None = None
        kept = home.find_shift()
        if kept is not None:
            self._resume(kept)

    def _resume(self, kept: Shift) -> None:
        try:
            signer = PemSigner(kept.frame_key)
            check_certificate(kept.certificate, kiosk_ca=self._settings.kiosk_ca, frame_key=signer)
        except (FormatError, CertificateError):
            self._home.forget_shift()
        else:
            self._shift, self._signer = kept, signer

    @property
    def rotate_seconds(self) -> int:
        """Seconds that a frame is shown."""
        return self._rotate

    @property
    def ends_at(self) -> datetime | None:
        """When the running shift and its certificate end; None while the counter is closed."""
        with self._lock:
            return None if self._shift is None else self._shift.ends_at

    def start(self, shift: Shift) -> None:
        """Show frames for this shift from now on."""
        signer = PemSigner(shift.frame_key)
        with self._lock:
            self._shift, self._signer, self._drawn = shift, signer, None
            self._home.save_shift(shift)

    def stop(self) -> None:
        """Close the counter: forget the frame key, in memory and on disk."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        self._shift = self._signer = self._drawn = None
        self._home.forget_shift()

    def find_frame(self) -> DrawnFrame | None:
        """Return the frame of this moment, or None while the counter is closed."""
        now = self._clock.now()
        with self._lock:
            if self._shift is None or self._signer is None:
                return None
            if now >= self._shift.ends_at.timestamp():
                self._forget()
                return None
            seq = int(now) // self._rotate
            if self._drawn is None or self._drawn.seq != seq:
                self._drawn = self._draw(seq, self._signer)
            return self._drawn

    def _draw(self, seq: int, signer: PemSigner) -> DrawnFrame:
        issued_at = seq * self._rotate
        frame = Frame(
            kiosk=self._settings.kiosk,
            office=self._settings.office.code,
            seq=seq,
            nonce=frame_nonce(self._secret, seq),
            issued_at=issued_at,
            expires_at=issued_at + 2 * self._rotate,
        )
        text = sign_frame(frame, signer)
        return DrawnFrame(seq, text, draw_svg(text), issued_at + self._rotate)
