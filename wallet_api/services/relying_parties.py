"""Relying parties whose desks sign what they ask: offered a code, listed, revoked.

The registry decides what name residents read and which profiles may be asked for; the desk only
brings its key (`relying_party_registration`). A code is worth one certificate, stored only as a
hash, and over after a week.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credentials.errors import FormatError
from credentials.relying_party import MAX_NAME, MAX_PROFILES, readable
from wallet_api.audit import record
from wallet_api.errors import InputInvalid, NotFound
from wallet_api.models import RelyingParty, RelyingPartyOffer, new_id
from wallet_api.models import RelyingPartyCertificate as Row
from wallet_api.services.deps import Deps
from wallet_api.services.kiosks import ADMIN

CODE_LIFE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Offer:
    """What an administrator hands over, once."""

    relying_party: str
    code: str
    expires_at: datetime


def offer(deps: Deps, *, name: str, profiles: Sequence[str]) -> Offer:
    """Give a one-time code for one desk of an institution, new or known by that name.

    `profiles` such as "id_card/kyc" count for every certificate from now on; none for an
    institution that is known: as before. Raises ``InputInvalid``.
    """
    checked = _check_name(name)
    for profile in profiles:
        number_of(deps, profile)
    wanted = " ".join(sorted(set(profiles)))
    if len(wanted.split()) > MAX_PROFILES:
        raise invalid("profiles", "PROFILES_TOO_MANY")
    code, now = new_id(), deps.now()
    try:
        with deps.transaction() as db:
            party_id = _party(db, checked, wanted, now)
            fresh = RelyingPartyOffer(
                id=new_id(),
                relying_party_id=party_id,
                code_hash=hash_code(deps, code),
                created_at=now,
                expires_at=now + CODE_LIFE,
            )
            db.add(fresh)
            record(
                db,
                "relying_party.offered",
                at=now,
                actor=ADMIN,
                subject=party_id,
                profiles=wanted,
                offer=fresh.id,
            )
    except IntegrityError:
        raise invalid("name", "NAME_TAKEN") from None
    return Offer(party_id, code, now + CODE_LIFE)


def revoke(deps: Deps, *, serial: int | None, party: str | None, reason: str) -> list[int]:
    """Revoke one certificate, or all of an institution with its codes; return the serials.

    Raises ``NotFound`` when there is nothing to revoke. Phones learn it from the next published
    list.
    """
    now = deps.now()
    which = Row.serial == serial if serial is not None else Row.relying_party_id == party
    with deps.transaction() as db:
        done = db.execute(
            update(Row)
            .where(which, Row.revoked_at.is_(None))
            .values(revoked_at=now, reason=reason)
            .returning(Row.serial, Row.relying_party_id)
        ).all()
        ended = 0
        if serial is None:
            ended = len(_end_offers(db, party, now))
        if not done and not ended:
            raise NotFound
        for number, owner in done:
            facts = {"serial": number, "reason": reason}
            record(db, "relying_party.revoked", at=now, actor=ADMIN, subject=owner, **facts)
    return sorted(number for number, _ in done)


def list_all(deps: Deps) -> list[dict[str, object]]:
    """Return every institution with its certificates, by name."""
    now = deps.now()
    with deps.reading() as db:
        parties = db.scalars(select(RelyingParty).order_by(RelyingParty.name_key)).all()
        rows = db.scalars(select(Row).order_by(Row.not_before, Row.serial)).all()
    return [
        {
            "id": party.id,
            "name": party.name,
            "profiles": party.profiles.split(),
            "certificates": [
                {
                    "serial": row.serial,
                    "until": row.not_after.date().isoformat(),
                    "state": _state(row, now),
                }
                for row in rows
                if row.relying_party_id == party.id
            ],
        }
        for party in parties
    ]


def revoked_serials(db: Session, now: datetime) -> tuple[int, ...]:
    """Return the serials that phones must know: revoked, and not over by themselves."""
    query = select(Row.serial).where(Row.revoked_at.is_not(None), Row.not_after > now)
    return tuple(db.scalars(query.order_by(Row.serial)))


def changed_since(db: Session, moment: datetime) -> bool:
    """Say whether a certificate was revoked after that moment."""
    return db.scalar(select(Row.serial).where(Row.revoked_at > moment).limit(1)) is not None


def _party(db: Session, name: str, profiles: str, now: datetime) -> str:
    name_key = unicodedata.normalize("NFKC", " ".join(name.split())).casefold()
    held = db.scalars(select(RelyingParty).where(RelyingParty.name_key == name_key)).first()
    if held is not None:
        held.profiles = profiles or held.profiles
        return held.id
    if not profiles:
        raise invalid("profiles", "PROFILES_NEEDED")
    party_id = new_id()
    db.add(
        RelyingParty(id=party_id, name=name, name_key=name_key, profiles=profiles, created_at=now)
    )
    db.flush()
    return party_id


def _end_offers(db: Session, party: str | None, now: datetime) -> Sequence[object]:
    return db.execute(
        update(RelyingPartyOffer)
        .where(RelyingPartyOffer.relying_party_id == party, RelyingPartyOffer.used_at.is_(None))
        .values(used_at=now)
        .returning(RelyingPartyOffer.id)
    ).all()


def _state(row: Row, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.signed is None:
        return "planned"
    if row.not_after <= now:
        return "expired"
    return "renewed" if row.renewed_at is not None else "good"


def _check_name(name: str) -> str:
    try:
        return readable(name, most=MAX_NAME, code="NAME_UNSUITABLE")
    except FormatError as error:
        raise invalid("name", error.code) from None


def number_of(deps: Deps, name: str) -> int:
    """Return the number of a profile such as "id_card/kyc"; ``InputInvalid`` for none."""
    document_type, _, profile = name.partition("/")
    try:
        return deps.catalogue.document_type(document_type).profile(profile).number
    except KeyError:
        raise invalid("profiles", "PROFILE_UNKNOWN") from None


def invalid(field: str, code: str) -> InputInvalid:
    """Return the refusal of one field."""
    return InputInvalid(errors=[{"field": field, "code": code}])


def hash_code(deps: Deps, code: str) -> bytes:
    """Return what is stored of a one-time code."""
    return deps.vault.mac("relying party code", code.encode())
