"""Credential offers (OpenID4VCI 1.0 section 4): made for a resident, taken once.

Either a pre-authorized code, guarded by a transaction code that reaches the resident another way,
or an ``issuer_state`` that ties the following authorization request to this resident.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from typing import Any, Final, Literal
from urllib.parse import quote

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wallet_api.audit import record
from wallet_api.errors import InputInvalid, WalletNotFound
from wallet_api.errors.openid import OpenIdError
from wallet_api.models import OpenIdOffer, Wallet, new_id
from wallet_api.rules import lifecycle
from wallet_api.rules.errors import RuleError
from wallet_api.rules.nik import normalise_nik
from wallet_api.services import notices, outbox, people
from wallet_api.services.deps import Deps
from wallet_api.services.openid import addresses, secret_hashes
from wallet_api.services.openid.configurations import configurations

GrantKind = Literal["pre-authorized", "authorization-code"]
PRE_AUTHORIZED: Final = "pre-authorized"
AUTHORIZATION_CODE: Final = "authorization-code"
PRE_AUTHORIZED_GRANT: Final = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
REFERENCE: Final = "offer-reference"
SCHEME: Final = "openid-credential-offer://"
TX_CODE_DIGITS: Final = 6
SHORTEST_TX_CODE, LONGEST_TX_CODE = 4, 12
TX_CODE_TEXT: Final = "Kode transaksi dari Dukcapil / Transaction code from the civil registry"


@dataclass(frozen=True, slots=True)
class TxCode:
    """The transaction code of an offer: chosen by the caller, or sent to the resident by SMS."""

    digits: str
    by_message: bool


def choose_tx_code(given: str | None, *, wanted: bool) -> TxCode | None:
    """Return the code for an offer; made and sent by SMS where none is ``given``."""
    if not wanted:
        return None
    if given is None:
        return TxCode(f"{secrets.randbelow(10**TX_CODE_DIGITS):0{TX_CODE_DIGITS}}", by_message=True)
    fits = given.isascii() and given.isdigit()
    if not fits or not SHORTEST_TX_CODE <= len(given) <= LONGEST_TX_CODE:
        raise InputInvalid(errors=["tx-code: 4 to 12 digits"])
    return TxCode(given, by_message=False)


def make_offer(
    deps: Deps,
    nik: str,
    types: Sequence[str],
    credential_format: str,
    *,
    grant: GrantKind = PRE_AUTHORIZED,
    tx_code: TxCode | None = None,
    by_reference: bool = False,
) -> str:
    """Make an offer and return its URI; raises ``WalletNotFound`` or ``InputInvalid``."""
    names = _choose(deps, types, credential_format)
    try:
        digits = normalise_nik(nik)
    except RuleError as error:
        raise InputInvalid(errors=[{"field": error.field, "code": error.code}]) from None
    offer_id, now = new_id(), deps.now()
    code = secret_hashes.derive(deps, grant, offer_id)
    row = OpenIdOffer(
        id=offer_id,
        grant_kind=grant,
        configurations=json.dumps(names),
        code_hash=secret_hashes.hash_of(deps, grant, code),
        tx_code_hash=hash_tx_code(deps, offer_id, tx_code.digits) if tx_code else None,
        tx_code_length=len(tx_code.digits) if tx_code else 0,
        created_at=now,
        expires_at=now + timedelta(minutes=deps.settings.openid_offer_minutes),
    )
    with deps.transaction() as db:
        wallet = _active_wallet(db, deps, digits)
        row.wallet_id = wallet.id
        db.add(row)
        if tx_code is not None and tx_code.by_message:
            _send(db, deps, wallet, tx_code.digits)
        record(
            db, "openid.offered", at=now, actor="admin", subject=wallet.id, offer=offer_id, by=grant
        )
    if by_reference:
        return f"{SCHEME}?credential_offer_uri={quote(_address(deps, offer_id), safe='')}"
    text = json.dumps(_document(deps, row))
    return f"{SCHEME}?credential_offer={quote(text, safe='')}"


def read_offer(deps: Deps, reference: str) -> dict[str, object]:
    """Return the offer behind a reference (section 4.1.3); OpenIdError 404 when it is over.

    The reference is the offer's id and a secret of its own: database and audit know the id.
    """
    offer_id, _, secret = reference.rpartition(".")
    expected = secret_hashes.derive(deps, REFERENCE, offer_id)
    if not compare_digest(secret.encode(), expected.encode()):
        raise _no_offer()
    with deps.reading() as db:
        row = db.get(OpenIdOffer, offer_id)
    if row is None or row.used_at is not None or row.expires_at <= deps.now():
        raise _no_offer()
    return _document(deps, row)


def find_offer(db: Session, deps: Deps, grant: GrantKind, code: str) -> OpenIdOffer | None:
    """Return the offer of a pre-authorized code or an ``issuer_state`` while it can be taken."""
    row = db.scalars(
        select(OpenIdOffer).where(
            OpenIdOffer.code_hash == secret_hashes.hash_of(deps, grant, code),
            OpenIdOffer.grant_kind == grant,
        )
    ).one_or_none()
    if row is None or row.used_at is not None or row.expires_at <= deps.now():
        return None
    return row


def take_offer(db: Session, deps: Deps, offer_id: str) -> bool:
    """Use an offer up; False when another request was first, or it is over."""
    taken = db.execute(
        update(OpenIdOffer)
        .where(
            OpenIdOffer.id == offer_id,
            OpenIdOffer.used_at.is_(None),
            OpenIdOffer.expires_at > deps.now(),
        )
        .values(used_at=deps.now())
        .returning(OpenIdOffer.id)
        .execution_options(synchronize_session=False)
    ).first()
    return taken is not None


def hash_tx_code(deps: Deps, offer_id: str, digits: str) -> bytes:
    """Return what is kept of a transaction code: useless without the vault's key."""
    return secret_hashes.hash_of(deps, f"tx-code|{offer_id}", digits)


def _choose(deps: Deps, types: Sequence[str], credential_format: str) -> list[str]:
    held = configurations(deps).values()
    by_type = {one.type: one.id for one in held if one.format == credential_format}
    unknown = [name for name in types if name not in by_type]
    if unknown or not types:
        message = f"type: one of {', '.join(sorted(by_type))} in {credential_format}"
        raise InputInvalid(errors=[message])
    return list(dict.fromkeys(by_type[name] for name in types))


def _active_wallet(db: Session, deps: Deps, nik: str) -> Wallet:
    person = people.find(db, deps, nik)
    wallet = db.scalars(
        select(Wallet).where(
            Wallet.person_id == (person.id if person else ""), Wallet.state == lifecycle.ACTIVE
        )
    ).one_or_none()
    if wallet is None:
        message = "nik: nobody with this NIK has an ACTIVE wallet; it is activated at a counter"
        raise WalletNotFound(errors=[message])
    return wallet


def _send(db: Session, deps: Deps, wallet: Wallet, digits: str) -> None:
    reach = notices.reach_wallet(deps, wallet)
    message = {
        "to": reach.phones[0],
        "template": "openid_offer_sms",
        "language": reach.language,
        "facts": {"code": digits, "minutes": deps.settings.openid_offer_minutes},
    }
    outbox.enqueue(db, deps, "sms", message)


def _address(deps: Deps, offer_id: str) -> str:
    secret = secret_hashes.derive(deps, REFERENCE, offer_id)
    return addresses.endpoint(deps, f"offers/{offer_id}.{secret}")


def _no_offer() -> OpenIdError:
    return OpenIdError("invalid_request", "there is no such offer", status=404)


def _document(deps: Deps, row: OpenIdOffer) -> dict[str, object]:
    """Return the offer as section 4.1.1 has it."""
    code = secret_hashes.derive(deps, row.grant_kind, row.id)
    grants: dict[str, Any]
    if row.grant_kind == AUTHORIZATION_CODE:
        grants = {"authorization_code": {"issuer_state": code}}
    else:
        grants = {PRE_AUTHORIZED_GRANT: {"pre-authorized_code": code}}
        if row.tx_code_hash is not None:
            grants[PRE_AUTHORIZED_GRANT]["tx_code"] = {
                "input_mode": "numeric",
                "length": row.tx_code_length,
                "description": TX_CODE_TEXT,
            }
    return {
        "credential_issuer": addresses.issuer(deps),
        "credential_configuration_ids": json.loads(row.configurations),
        "grants": grants,
    }
