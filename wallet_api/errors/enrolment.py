"""Enrolling: versions, codes, frames, PIN key."""

from __future__ import annotations

from wallet_api.errors.root import NotFound, WalletError


class EnrolmentNotFound(NotFound):
    """No enrolment with this id for this device."""

    code = "ENROLMENT_NOT_FOUND"


class StepNotPossible(WalletError):
    """The enrolment is in ``state``; this step does not follow from it."""

    code = "STEP_NOT_POSSIBLE"


class EnrolmentEnded(WalletError):
    """Expired, cancelled or refused: start anew."""

    code = "ENROLMENT_ENDED"


class PlatformNotSupported(WalletError):
    """The platform is switched off by policy."""

    code = "PLATFORM_NOT_SUPPORTED"


class SystemTooOld(WalletError):
    """The operating system is below the policy's minimum."""

    code = "SYSTEM_TOO_OLD"


class UpgradeRequired(WalletError):
    """The app is below the policy's minimum; ``store_url`` has the new one."""

    code = "UPGRADE_REQUIRED"


class CohortNotOpen(WalletError):
    """Activation is not open yet for this region; ``opens_at`` says when."""

    code = "COHORT_NOT_OPEN"


class ConsentOutdated(WalletError):
    """The consent text has a newer version."""

    code = "CONSENT_OUTDATED"


class CodeWrong(WalletError):
    """The contact code is wrong; ``attempts_left`` remain."""

    code = "CODE_WRONG"


class CodeExpired(WalletError):
    """The contact code is older than five minutes or was never sent."""

    code = "CODE_EXPIRED"


class CodeSpent(WalletError):
    """Five wrong tries: a new code is needed."""

    code = "CODE_SPENT"


class FaceBusy(WalletError):
    """The matcher's queue is full."""

    code = "FACE_BUSY"


class PinKeyInvalid(WalletError):
    """The PIN key equals the device key or is not on P-256."""

    code = "PIN_KEY_INVALID"
