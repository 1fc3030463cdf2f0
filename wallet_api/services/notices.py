"""Telling people what happened to their identity, and the link that says “this was not me”.

A message goes to the new and to every previously known contact, by the outbox
of the same transaction (C9). Of the link only a keyed hash is kept; looking at
it changes nothing, only sending the page's form blocks (mail programs and
link scanners open links).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from wallet_api.models import Enrolment, NoticeLink, Wallet, table_of
from wallet_api.services import outbox
from wallet_api.services.deps import Deps

LINK_LIFE: Final = timedelta(days=30)
_ADD_LINK: Final = insert(table_of(NoticeLink)).inline()

_WIB: Final = timezone(timedelta(hours=7))
_MONTHS: Final = {
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "en": "January February March April May June July August September October November December",
}
_FOR_SMS: Final = "_sms"


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a person can be told something, and in which language."""

    emails: tuple[str, ...]
    phones: tuple[str, ...]
    language: str

    def without(self, other: Reach) -> Reach:
        """Return what is not in ``other``: nobody gets two messages about one thing."""
        return Reach(
            tuple(one for one in self.emails if one not in other.emails),
            tuple(one for one in self.phones if one not in other.phones),
            self.language,
        )

    def plus(self, other: Reach) -> Reach:
        """Return both together."""
        return Reach(self.emails + other.emails, self.phones + other.phones, self.language)


def reach_wallet(deps: Deps, wallet: Wallet) -> Reach:
    """Return the contacts of a wallet."""
    key, vault = wallet.person.dek, deps.vault
    email = vault.open(key, f"wallet|email|{wallet.id}", wallet.email_sealed).decode()
    phone = vault.open(key, f"wallet|phone|{wallet.id}", wallet.phone_sealed).decode()
    return Reach((email,), (phone,), wallet.language)


def reach_enrolment(deps: Deps, enrolment: Enrolment) -> Reach:
    """Return the contacts that an enrolment has verified."""
    key, vault = enrolment.person.dek, deps.vault
    email = vault.open(key, f"enrolment|email|{enrolment.id}", enrolment.email_sealed).decode()
    phone = vault.open(key, f"enrolment|phone|{enrolment.id}", enrolment.phone_sealed).decode()
    return Reach((email,), (phone,), enrolment.language)


def make_link(db: Session, deps: Deps, wallet_id: str) -> str:
    """Make the address of a “this was not me” page, good for 30 days (256 random bits)."""
    token, now = secrets.token_urlsafe(32), deps.now()
    db.execute(
        _ADD_LINK,
        {
            "token_hash": link_hash(deps, token),
            "wallet_id": wallet_id,
            "created_at": now,
            "expires_at": now + LINK_LIFE,
        },
    )
    return f"{deps.settings.public_url.rstrip('/')}/notices/{token}"


def tell_activated(
    db: Session,
    deps: Deps,
    told: Iterable[tuple[str, Reach]],
    *,
    office: str,
    device: str,
    link: str,
) -> None:
    """Tell of a new wallet: ``wallet_activated`` to its holder, ``wallet_replaced`` to others."""
    facts = {"office": office, "device": device, "link": link}
    at = deps.now()
    messages = [one for template, reach in told for one in _messages(reach, template, facts, at)]
    outbox.enqueue_each(db, deps, messages)


def tell_blocked(db: Session, deps: Deps, reach: Reach) -> None:
    """Tell that a wallet is blocked, and how one gets another."""
    outbox.enqueue_each(db, deps, list(_messages(reach, "wallet_blocked", {}, deps.now())))


def _messages(
    reach: Reach, template: str, facts: dict[str, str], at: datetime
) -> Iterator[tuple[str, dict[str, object]]]:
    short = f"{at.astimezone(_WIB):%d/%m/%Y %H.%M} WIB"  # a short message has 160 characters
    for kind, name, addresses, time in (
        ("email", template, reach.emails, show_moment(at, reach.language)),
        ("sms", template + _FOR_SMS, reach.phones, short),
    ):
        for address in addresses:
            message = {"to": address, "template": name, "language": reach.language}
            yield kind, message | {"facts": facts | {"time": time}}


def link_hash(deps: Deps, token: str) -> bytes:
    """Return what is kept of a link's token."""
    return deps.vault.mac("notice link", token.encode())


def show_moment(moment: datetime, language: str) -> str:
    """Return a time as people read it, in the capital's zone: 23 November 2026, 14.18 WIB."""
    local = moment.astimezone(_WIB)
    month = _MONTHS["en" if language == "en" else "id"].split()[local.month - 1]
    clock = local.strftime("%H:%M" if language == "en" else "%H.%M")
    return f"{local.day} {month} {local.year}, {clock} WIB"
