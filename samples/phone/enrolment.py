"""The enrolment at home: start, contact, PIN; then the resident goes to an office.

`GET /v1/enrolments/{id}` says at any time what comes next (`next.step`), until when, and how
often to ask. An app is a loop around that answer; nothing here depends on the order of the calls.
The face, between contact and PIN, is in `capture.py`.
"""

from __future__ import annotations

import time
from typing import Any

from credentials.jwk import public_jwk
from samples.phone.clock import PhoneClock
from samples.phone.errors import PhoneError
from samples.phone.handset import Phone
from samples.phone.keys import new_key, new_salt
from samples.phone.pin_rules import check_pin
from samples.phone.proofs import prove_step
from samples.phone.store import Home, State
from samples.phone.transport import Api

PLATFORM = "android"
OS_VERSION = "14"
APP_VERSION = "1.0.0"
DEVICE_MODEL = "Contoh Pixel 8"
LONGEST_POLL = 60.0


def enrol(
    home: Home,
    *,
    api_url: str,
    nik: str,
    email: str,
    phone: str,
    language: str = "id",
    clock: PhoneClock | None = None,
) -> tuple[Phone, dict[str, Any]]:
    """Step 1. Read the policy, pin the kiosk CA, make the device key, start the enrolment.

    Safe to repeat after a crash: the device key is made once and the call has its idempotency key.
    """
    if home.exists() and home.load().enrolment:
        raise PhoneError("ALREADY_ENROLLED", home=home.folder)
    clock = clock or PhoneClock()
    api = Api(api_url, language=language, clock=clock, pending=home)
    policy = api.get("/v1/policy").json()
    clock.learn(policy["server_time"])
    if not policy["platforms"][PLATFORM]["supported"]:
        raise PhoneError("PLATFORM_UNSUPPORTED", platform=PLATFORM)
    state = State(
        api=api.url, nik=nik, language=language, kiosk_ca=policy["kiosk_ca"],
        email=email, phone=phone,
    )  # fmt: skip
    if not home.exists():
        home.save_device_key(new_key())
        home.save_policy(policy)
        home.save(state)
    body = {
        "nik": nik,
        "email": email,
        "phone": phone,
        "device_key": public_jwk(home.device_key().public_key),
        "platform": PLATFORM,
        "os_version": OS_VERSION,
        "app_version": APP_VERSION,
        "device_model": DEVICE_MODEL,
        "consent_version": policy["consent_version"],
        "language": language,
    }
    prove = prove_step("start", "new", clock=clock, device=home.device_key())
    status = api.post("/v1/enrolments", body, prove, once="start").json()
    phone_object = Phone(home, state, clock, api)
    state.enrolment = status["enrolment"]
    phone_object.note(status)
    return phone_object, status


def get_status(phone: Phone) -> dict[str, Any]:
    """Ask for the state, the next step and its deadline."""
    prove = prove_step("status", phone.state.enrolment, clock=phone.clock, device=phone.device)
    answer = phone.api.get(f"/v1/enrolments/{phone.state.enrolment}", prove).json()
    phone.note(answer)
    return answer


def wait_while(phone: Phone, step: str, *, seconds: float = LONGEST_POLL) -> dict[str, Any]:
    """Poll as often as the server asks while `next.step` is `step`; return the last status."""
    until = time.monotonic() + seconds
    while True:
        status = get_status(phone)
        if status["next"]["step"] != step or time.monotonic() > until:
            return status
        time.sleep(min(float(status["poll_seconds"]), 5.0))


def resend_codes(phone: Phone, channels: list[str]) -> dict[str, Any]:
    """Ask for new codes; `channels` of "email", "sms"."""
    return phone.step("contact/codes", "contact_codes", {"channels": channels})


def verify_contact(phone: Phone, *, email_code: str = "", sms_code: str = "") -> dict[str, Any]:
    """Step 2. Send the codes that the resident typed."""
    given = {"email_code": email_code, "sms_code": sms_code}
    body = {name: code for name, code in given.items() if code}
    if not body:
        raise PhoneError("NO_CODE_GIVEN")
    return phone.step("contact", "contact", body)


def choose_office_for_face(phone: Phone, reason: str) -> dict[str, Any]:
    """Step 3, the other way: an officer will look, in person."""
    return phone.step("face/office", "face_office", {"reason": reason})


def set_pin(phone: Phone, pin: str) -> dict[str, Any]:
    """Step 4. Check the PIN by the rules, make the salt, send the PIN key's public half."""
    check_pin(pin, nik=phone.state.nik, policy=phone.home.policy()["pin"])
    if not phone.home.has_pin_salt():  # a repeated call must carry the same key
        phone.home.save_pin_salt(new_salt())
    key = phone.derive_pin_key(pin)
    return phone.step("pin", "pin", {"pin_key": public_jwk(key.public_key)}, pin=key)


def cancel(phone: Phone) -> dict[str, Any]:
    """End the enrolment."""
    return phone.step("cancel", "cancel", {})
