"""Deciding about another wallet's request: who asks, for what, the number, then the PIN.

The request's link comes from a QR code or a tap on the page in a browser. The page shows a number;
if it is not the one that the phone shows, somebody else's request has been slipped in.
"""

from __future__ import annotations

import re
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from samples.phone.errors import PhoneError
from samples.phone.handset import Phone
from samples.phone.proofs import prove_step

SCHEME, PLACE = "ikd-wallet", "authorize"
PURPOSE = "authorize"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def read_link(text: str) -> str:
    """Return the request's id from `ikd-wallet://authorize?id=…`; PhoneError LINK_INVALID."""
    try:
        parts = urlsplit(text.strip())
        ids = parse_qs(parts.query, strict_parsing=True).get("id", [])
    except ValueError:
        raise PhoneError("LINK_INVALID") from None
    if (parts.scheme, parts.netloc) != (SCHEME, PLACE) or len(ids) != 1:
        raise PhoneError("LINK_INVALID")
    if not _ID.fullmatch(ids[0]):
        raise PhoneError("LINK_INVALID")
    return ids[0]


def look(phone: Phone, request: str) -> dict[str, Any]:
    """Return who asks, for which documents, and the number that the page must show as well."""
    prove = prove_step(PURPOSE, _wallet(phone), clock=phone.clock, device=phone.device)
    return phone.api.get(_path(request), prove).json()


def decide(
    phone: Phone,
    request: str,
    number: str,
    decision: Literal["approve", "refuse"],
    pin: str | None = None,
) -> dict[str, Any]:
    """Approve with the PIN, or refuse without; Problem NOT_FOUND when the request is over."""
    key = phone.derive_pin_key(pin) if pin is not None else None
    prove = prove_step(PURPOSE, _wallet(phone), clock=phone.clock, device=phone.device, pin=key)
    body = {"decision": decision, "number": number}
    answer = phone.api.post(_path(request), body, prove, once=f"authorize {request}").json()
    phone.save()
    return answer


def _wallet(phone: Phone) -> str:
    if not phone.state.wallet:
        raise PhoneError("NO_WALLET")
    return phone.state.wallet


def _path(request: str) -> str:
    return f"/v1/wallet/authorizations/{request}"
