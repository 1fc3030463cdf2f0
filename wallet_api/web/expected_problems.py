"""Which problems an operation may answer with: by its guard, its method and its view.

For the OpenAPI document; the attack on that document (tests/wallet_api/operations)
finds every answer that is missing here.
"""

from __future__ import annotations

from typing import Final

ALWAYS: Final = ("BAD_REQUEST", "SERVICE_BUSY", "INTERNAL")
WITH_BODY: Final = ("BODY_UNREADABLE", "BODY_TOO_LARGE", "MEDIA_TYPE", "INPUT_INVALID")
WITH_QUERY: Final = ("INPUT_INVALID",)
ONCE: Final = ("IDEMPOTENCY_KEY_MISSING", "IDEMPOTENCY_KEY_REUSED", "REQUEST_IN_PROGRESS")
STATED: Final = ("STATEMENT_MISSING", "STATEMENT_INVALID", "NONCE_REQUIRED", "CLOCK_SKEW")
SHIFT: Final = ("SHIFT_ENDED",)

BY_GUARD: Final[dict[str, tuple[str, ...]]] = {
    "open": (),
    "device": STATED,
    "dpop": ("TOKEN_INVALID", "DPOP_INVALID", "USE_DPOP_NONCE", "SCOPE_INSUFFICIENT"),
    "kiosk": (*STATED, "KIOSK_BLOCKED"),
    "kiosk+operator": (*STATED, *SHIFT, "KIOSK_BLOCKED"),
}

_ENROLMENT: Final = ("ENROLMENT_NOT_FOUND",)
_STEP: Final = (*_ENROLMENT, "ENROLMENT_ENDED", "STEP_NOT_POSSIBLE")
_CAPTURE: Final = (*_STEP, "CAPTURE_NOT_FOUND", "CAPTURE_ENDED")
_PIN: Final = ("PIN_PROOF_MISSING",)
_WALLET: Final = ("WALLET_NOT_FOUND", "WALLET_BLOCKED", "WALLET_CLOSED")
_ISSUING: Final = (*_WALLET, "HOLDER_KEYS_INVALID", "ISSUING_STOPPED", "REGISTRY_DOWN")
_QUEUE: Final = ("ACTIVATION_ENDED", "ENROLMENT_NOT_FOUND")

BY_VIEW: Final[dict[str, tuple[str, ...]]] = {
    "enrolments.start": (
        *("TOO_MANY_REQUESTS", "PLATFORM_NOT_SUPPORTED", "SYSTEM_TOO_OLD", "UPGRADE_REQUIRED"),
        *("COHORT_NOT_OPEN", "CONSENT_OUTDATED"),
    ),
    "enrolments.status": _ENROLMENT,
    "enrolments.send_codes": (*_STEP, "TOO_MANY_REQUESTS"),
    "enrolments.verify_contact": (*_STEP, "CODE_WRONG", "CODE_EXPIRED", "CODE_SPENT"),
    "captures.open_capture": (*_STEP, "FACE_WAIT"),
    "captures.read_capture": (*_ENROLMENT, "CAPTURE_NOT_FOUND"),
    "captures.answer_prompt": (
        *(*_CAPTURE, "INPUT_INVALID", "PROMPT_INVALID", "PROMPT_LATE", "PROMPT_EARLY"),
        "FRAME_SEEN",
    ),
    "captures.take_frame": (
        *(*_CAPTURE, "CAPTURE_NOT_READY", "FRAME_NOT_PROMISED", "FRAME_TOO_LARGE"),
        "FRAMES_LATE",
    ),
    "enrolments.submit_face": (
        *(*_CAPTURE, "CAPTURE_NOT_READY", "FACE_FRAMES_MISSING", "FRAMES_LATE", "FACE_WAIT"),
        "FACE_BUSY",
    ),
    "enrolments.face_at_office": _STEP,
    "enrolments.set_pin": (*_STEP, *_PIN, "PIN_KEY_INVALID"),
    "enrolments.cancel": _STEP,
    "activation.claim": (
        *(*_STEP, "FRAME_INVALID", "FRAME_EXPIRED", "FRAME_USED"),
        *("KIOSK_BLOCKED", "KIOSK_CERTIFICATE_EXPIRED"),
    ),
    "activation.confirm": (*_STEP, *_PIN, "PIN_WRONG", "PIN_WAIT", "ACTIVATION_ENDED"),
    "sessions.open_session": (*_WALLET, *_PIN, "PIN_WRONG", "PIN_WAIT"),
    "authorizations.look": (*_WALLET, "NOT_FOUND"),
    "authorizations.decide": (*_WALLET, *_PIN, "PIN_WRONG", "PIN_WAIT", "NOT_FOUND"),
    "wallet.read_wallet": _WALLET,
    "wallet.issue": _ISSUING,
    "wallet.renew": _ISSUING,
    "wallet.delivered": _WALLET,
    "wallet.list_credentials": _WALLET,
    "wallet.block": _WALLET,
    "wallet.close": _WALLET,
    "kiosks.read_certificate": ("NOT_FOUND",),
    "kiosks.enrol": ("KIOSK_TOKEN_INVALID",),
    "kiosks.open_shift": ("SIGN_IN_REFUSED", "PASSKEY_DEMANDED", "TOO_MANY_REQUESTS", "NOT_FOUND"),
    "passkeys.open_shift": ("PASSKEY_REFUSED", "TOO_MANY_REQUESTS", "NOT_FOUND"),
    "passkeys.ask_to_sign_in": ("NOT_FOUND",),
    "passkeys.ask_to_add": (
        *("PASSWORD_WRONG", "SIGN_IN_TOO_OLD", "PASSKEYS_FULL", "TOO_MANY_REQUESTS", "NOT_FOUND"),
    ),
    "passkeys.add": ("PASSKEY_REFUSED", "PASSKEYS_FULL", "NOT_FOUND"),
    "passkeys.list_own": ("NOT_FOUND",),
    "kiosks.close_shift": ("NOT_FOUND",),
    "kiosks.read_queue": ("NOT_FOUND",),
    "kiosks.read_day": ("NOT_FOUND",),
    "kiosks.read_photo": (*_QUEUE, "NO_PHOTO"),
    "kiosks.read_selfie": (*_QUEUE, "NO_PHOTO"),
    "kiosks.confirm": (
        *(*_QUEUE, "NUMBER_WRONG", "FACE_DECISION_NEEDED", "SAME_OFFICER", "OPERATOR_LIMIT"),
        *("KIOSK_CERTIFICATE_EXPIRED", "PERSON_NOT_ELIGIBLE", "REGISTRY_DOWN"),
    ),
    "kiosks.refuse": _QUEUE,
    "kiosks.block_nik": ("NOT_FOUND",),
    "lists.bundle": ("NOT_PUBLISHED",),
    "lists.relying_parties": ("NOT_PUBLISHED",),
    "lists.status_list": ("NOT_PUBLISHED", "NOT_FOUND", "NOT_ACCEPTABLE"),
}


def expected(
    view: str, guard: str, method: str, *, has_body: bool, has_query: bool
) -> tuple[str, ...]:
    """Return the codes an operation may answer with, each once."""
    codes = [*BY_GUARD.get(guard, ())]
    if has_body:
        codes += WITH_BODY
    if has_query:
        codes += WITH_QUERY
    if method == "post" and guard != "open":
        codes += ONCE
    if method == "post" and not has_body:
        codes += ("MEDIA_TYPE", "BODY_TOO_LARGE")
    return tuple(dict.fromkeys((*codes, *BY_VIEW.get(view, ()), *ALWAYS)))
