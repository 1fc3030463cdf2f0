"""From a desk's request to its certificate, exactly once.

A code is used up by one conditional update, whoever comes first; so is a certificate that is
renewed. Between the two transactions lies the signature: the row is there before it (rule 5), and
the same request brought again, after a crash or twice at once, gets the certificate that was
planned.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credentials.errors import CredentialError, FormatError
from credentials.key_set import RELYING_PARTIES, KeySet, verify_key_sets
from credentials.relying_party import (
    DAY,
    MAX_SERIAL,
    RelyingPartyCertificate,
    certificate_payload,
    parse_certificate,
    sign_certificate,
    verify_certificate,
)
from credentials.relying_party_request import (
    RelyingPartyRequest,
    parse_request,
    verify_renewal,
    verify_request,
)
from credentials.signing import Signer, compress, load_compressed
from wallet_api.audit import record
from wallet_api.errors import ConfigurationError, NotFound
from wallet_api.models import RelyingParty, RelyingPartyOffer
from wallet_api.models import RelyingPartyCertificate as Row
from wallet_api.services.deps import Deps
from wallet_api.services.kiosks import ADMIN
from wallet_api.services.relying_parties import hash_code, invalid, number_of

DEFAULT_DAYS: Final = 365
MAX_DAYS: Final = 400


@dataclass(frozen=True, slots=True)
class Registered:
    """A certificate as issued: its file, and what to tell the institution."""

    serial: int
    name: str
    certificate: bytes
    not_after: datetime


def register(deps: Deps, data: bytes, *, days: int = DEFAULT_DAYS) -> Registered:
    """Issue the certificate that a desk's request asks for; the same one for the same request.

    Raises ``InputInvalid``: the request is none or not signed by its key, its code is unknown,
    used or over, or the certificate to be renewed is over, revoked or was renewed before.
    """
    if not 1 <= days <= MAX_DAYS:
        raise invalid("days", "DAYS_INVALID")
    try:
        request = verify_request(parse_request(data))
    except CredentialError as error:
        raise invalid("request", error.code) from None
    key = compress(request.public_key)
    planned = _find_planned(deps, key) or _plan(deps, request, key, days)
    if planned.signed is not None:
        return _told(planned)
    signed = _sign(deps, planned.payload)
    with deps.transaction() as db:
        first = db.execute(
            update(Row)
            .where(Row.serial == planned.serial, Row.signed.is_(None))
            .values(signed=signed)
            .returning(Row.serial)
        ).first()
        if first is not None:
            record(
                db,
                "relying_party.registered",
                at=deps.now(),
                actor=ADMIN,
                subject=planned.relying_party_id,
                serial=planned.serial,
                kid=parse_certificate(signed).kid.hex(),
                before=request.before,
            )
        return _told(db.get_one(Row, planned.serial, populate_existing=True))


def _find_planned(deps: Deps, key: bytes) -> Row | None:
    """Return the certificate that this key was planned or given before."""
    with deps.reading() as db:
        row = db.scalars(select(Row).where(Row.public_key == key)).first()
    if row is not None and row.revoked_at is not None:
        raise invalid("request", "KEY_REVOKED")
    return row


def _plan(deps: Deps, request: RelyingPartyRequest, key: bytes, days: int) -> Row:
    """Use up the code, or the certificate to be renewed, and write down what will be signed."""
    before = None if request.before is None else _check_renewal(deps, request)
    now = deps.now()
    try:
        with deps.transaction() as db:
            party_id = _use_code(db, deps, request) if before is None else _use_up(db, before, now)
            if party_id is not None:
                return _planned(db, deps, db.get_one(RelyingParty, party_id), key, days)
    except IntegrityError:  # the same request, at the same moment
        party_id = None
    found = _find_planned(deps, key)
    if found is not None:
        return found
    with deps.transaction() as db:
        record(db, "relying_party.code_refused", at=now, actor=ADMIN, subject="unknown")
    raise invalid("request", "CODE_INVALID" if before is None else "CERTIFICATE_NOT_RENEWABLE")


def _planned(db: Session, deps: Deps, party: RelyingParty, key: bytes, days: int) -> Row:
    now = deps.now()
    numbers = sorted(number_of(deps, one) for one in party.profiles.split())
    first_day = int(now.timestamp()) // DAY
    last_day = min(first_day + days, _last_day(deps))
    certificate = RelyingPartyCertificate(
        serial=secrets.randbelow(MAX_SERIAL) + 1,
        name=party.name,
        public_key=load_compressed(key),
        first_day=first_day,
        last_day=last_day,
        profiles=tuple(numbers),
    )
    row = Row(
        serial=certificate.serial,
        relying_party_id=party.id,
        public_key=key,
        payload=certificate_payload(certificate),
        not_before=datetime.fromtimestamp(certificate.not_before, UTC),
        not_after=datetime.fromtimestamp(certificate.not_after, UTC),
        created_at=now,
    )
    db.add(row)
    facts = {"serial": row.serial, "profiles": party.profiles, "days": days}
    record(db, "relying_party.planned", at=now, actor=ADMIN, subject=party.id, **facts)
    db.flush()
    return row


def _use_code(db: Session, deps: Deps, request: RelyingPartyRequest) -> str | None:
    now = deps.now()
    return db.execute(
        update(RelyingPartyOffer)
        .where(
            RelyingPartyOffer.code_hash == hash_code(deps, request.code or ""),
            RelyingPartyOffer.used_at.is_(None),
            RelyingPartyOffer.expires_at > now,
        )
        .values(used_at=now)
        .returning(RelyingPartyOffer.relying_party_id)
    ).scalar_one_or_none()


def _check_renewal(deps: Deps, request: RelyingPartyRequest) -> int:
    with deps.reading() as db:
        held = db.get(Row, request.before)
    try:
        if held is None:
            raise FormatError("CERTIFICATE_NOT_RENEWABLE")
        return verify_renewal(request, load_compressed(held.public_key))
    except CredentialError as error:
        raise invalid("request", error.code) from None


def _use_up(db: Session, serial: int, now: datetime) -> str | None:
    """Let a certificate be renewed, once."""
    return db.execute(
        update(Row)
        .where(
            Row.serial == serial,
            Row.signed.is_not(None),
            Row.renewed_at.is_(None),
            Row.revoked_at.is_(None),
            Row.not_after > now,
        )
        .values(renewed_at=now)
        .returning(Row.relying_party_id)
    ).scalar_one_or_none()


def _sign(deps: Deps, payload: bytes) -> bytes:
    """Sign, then look at it as a phone will: under the root, by the key set in force."""
    signed = sign_certificate(payload, _registry_key(deps))
    try:
        moment = int(deps.now().timestamp())
        verify_certificate(parse_certificate(signed), _key_set(deps), moment=moment)
    except CredentialError as error:
        raise _keys_wrong(error.code) from None
    return signed


def _registry_key(deps: Deps) -> Signer:
    try:
        return deps.keys.relying_parties
    except OSError:
        raise _keys_wrong("relying-parties.pem is not here") from None


def _key_set(deps: Deps) -> KeySet:
    return verify_key_sets(deps.keys.key_sets, deps.keys.bundle_root.public_key).keys


def _last_day(deps: Deps) -> int:
    """Return the last whole day of the key that will sign: nothing may outlive it."""
    now, kid = int(deps.now().timestamp()), _registry_key(deps).kid
    ends = [key.not_after for key in _key_set(deps).find(RELYING_PARTIES, kid, now)]
    if not ends:
        raise _keys_wrong("the key set does not name relying-parties.pem: run `admin keys init`")
    return max(ends) // DAY - 1


def _keys_wrong(why: str) -> ConfigurationError:
    return ConfigurationError(errors=[f"WALLET_KEYS_DIR: {why}"])


def _told(row: Row) -> Registered:
    if row.signed is None:
        raise NotFound
    held = parse_certificate(row.signed).claimed
    return Registered(row.serial, held.name, row.signed, row.not_after)
