"""One form for every e-mail address and mobile number, or a code that says why not.

Nothing is asked of the network here: whether an address works is proven by the code sent to it.
Numbers must be Indonesian mobiles, because only those are cheap to reach by SMS and because
sending abroad is how SMS gateways are robbed (toll fraud).
"""

from __future__ import annotations

from typing import Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from wallet_api.rules.errors import RuleError

MAX_EMAIL: Final = 254  # RFC 5321 4.5.3.1.3, less the angle brackets
MAX_PHONE_TEXT: Final = 40
INDONESIA: Final = 62
_HIDDEN: Final = "***"
_SHOWN_DIGITS: Final = 3


def normalise_email(text: str) -> str:
    """Return the address as it is stored and written to (domain in lower case, NFC).

    Raises `RuleError` EMAIL_LENGTH or EMAIL_FORM.
    """
    trimmed = text.strip()
    if not trimmed or len(trimmed) > MAX_EMAIL:
        raise RuleError("email", "EMAIL_LENGTH")
    try:
        found = validate_email(trimmed, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise RuleError("email", "EMAIL_FORM") from None  # its text repeats the address
    return found.normalized


def email_key(email: str) -> str:
    """Return what two addresses that reach the same person share: letter case is folded.

    For comparing and the blind index only; mail goes to the address as typed.
    """
    return email.casefold()


def normalise_phone(text: str) -> str:
    """Return a mobile number in E.164 (`+628…`).

    Raises `RuleError` PHONE_FORM, PHONE_FOREIGN or PHONE_NOT_MOBILE. The type must be MOBILE:
    `is_valid_number` alone passes numbers of no known type.
    """
    if len(text) > MAX_PHONE_TEXT or not text.isascii():
        raise RuleError("phone", "PHONE_FORM")
    try:
        number = phonenumbers.parse(text, "ID")
    except NumberParseException:
        raise RuleError("phone", "PHONE_FORM") from None  # its text repeats the number
    if number.country_code != INDONESIA:
        raise RuleError("phone", "PHONE_FOREIGN")
    if number.extension or not phonenumbers.is_valid_number(number):
        raise RuleError("phone", "PHONE_FORM")
    if phonenumbers.number_type(number) != PhoneNumberType.MOBILE:
        raise RuleError("phone", "PHONE_NOT_MOBILE")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def mask_email(email: str) -> str:
    """Return an address its owner recognises and nobody else can write to: `z***@example.net`."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}{_HIDDEN}@{domain}"


def mask_phone(phone: str) -> str:
    """Return the country code and last three digits of an E.164 number: `+62***001`."""
    return f"{phone[:3]}{_HIDDEN}{phone[-_SHOWN_DIGITS:]}"
