"""Activation and the counter: frames, kiosks, operators, numbers."""

from __future__ import annotations

from wallet_api.errors.root import NotFound, WalletError


class FrameInvalid(WalletError):
    """Not a frame of ours, or its signature does not hold."""

    code = "FRAME_INVALID"


class FrameExpired(WalletError):
    """Older than twenty seconds on first arrival."""

    code = "FRAME_EXPIRED"


class FrameUsed(WalletError):
    """Another phone has used this frame."""

    code = "FRAME_USED"


class KioskBlocked(WalletError):
    """The kiosk is blocked or unknown, or its certificate is over."""

    code = "KIOSK_BLOCKED"


class KioskCertificateExpired(WalletError):
    """The kiosk's certificate is over: open a shift anew."""

    code = "KIOSK_CERTIFICATE_EXPIRED"


class KioskTokenInvalid(WalletError):
    """The one-time token of a new kiosk is unknown, used or over."""

    code = "KIOSK_TOKEN_INVALID"


class SignInRefused(WalletError):
    """User name, password, second factor or office does not fit."""

    code = "SIGN_IN_REFUSED"


class PasskeyRefused(SignInRefused):
    """The passkey is not known here, or its answer does not hold."""

    code = "PASSKEY_REFUSED"


class PasskeyDemanded(WalletError):
    """Password and code were right, but this office takes passkeys only."""

    code = "PASSKEY_DEMANDED"


class PasswordWrong(WalletError):
    """Somebody who is signed in was asked for the password again."""

    code = "PASSWORD_WRONG"


class SignInTooOld(WalletError):
    """A passkey is added soon after signing in, or not at all."""

    code = "SIGN_IN_TOO_OLD"


class PasskeysFull(WalletError):
    """An operator has as many passkeys as one may have."""

    code = "PASSKEYS_FULL"


class ShiftEnded(WalletError):
    """No open shift for this operator at this kiosk."""

    code = "SHIFT_ENDED"


class NumberWrong(WalletError):
    """The number typed is not the phone's; ``numbers_left`` remain."""

    code = "NUMBER_WRONG"


class ActivationEnded(WalletError):
    """Three wrong numbers, a refusal, or the ten minutes are over."""

    code = "ACTIVATION_ENDED"


class FaceDecisionNeeded(WalletError):
    """The officer must decide the face in person first."""

    code = "FACE_DECISION_NEEDED"


class SameOfficer(WalletError):
    """The second officer must be another person."""

    code = "SAME_OFFICER"


class OperatorLimit(WalletError):
    """One confirmation in 45 seconds, 150 a day."""

    code = "OPERATOR_LIMIT"


class PersonNotEligible(WalletError):
    """The registry no longer answers alive and active."""

    code = "PERSON_NOT_ELIGIBLE"


class NoPhoto(NotFound):
    """The registry has no photograph of this person."""

    code = "NO_PHOTO"
