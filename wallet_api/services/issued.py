"""Credentials as columns: the hot path of issuing loads no entities and builds no statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from sqlalchemy import CursorResult, bindparam, exists, insert, select, update

from credentials.jwk import b64url_encode
from wallet_api.db import Statements
from wallet_api.models import Credential, Person, Wallet, table_of
from wallet_api.services.deps import Deps
from wallet_api.services.drafts import Unit
from wallet_api.services.enrolment_view import iso
from wallet_api.services.status_lists import GOOD

INTENT, SIGNED, DELIVERED, ENDED = "INTENT", "SIGNED", "DELIVERED", "ENDED"
QR: Final = "qr"  # the format of the national app; the others are no concern of these statements

Columns = Mapping[str, Any]

_credential, _wallet, _person = (table_of(model).c for model in (Credential, Wallet, Person))

_BATCH: Final = (
    select(
        _credential.id,
        _credential.type,
        _credential.profile,
        _credential.profile_number,
        _credential.document_key,
        _credential.part,
        _credential.parts,
        _credential.holder_jkt,
        _credential.kid,
        _credential.claims_sealed,
        _credential.signed_sealed,
        _credential.issued_at,
        _credential.expires_at,
        _credential.renew_at,
    )
    .where(_credential.batch == bindparam("batch"))
    .order_by(_credential.position)
)
_KEPT: Final = (
    select(
        _person.id,
        _person.dek,
        _person.answer_sealed,
        _person.answer_hash,
        _person.portrait_sealed,
        exists().where(_credential.batch == bindparam("batch")).label("planned_before"),
    )
    .join(table_of(Wallet), _wallet.person_id == _person.id)
    .where(_wallet.id == bindparam("wallet"))
)
_UNITS_HELD: Final = select(
    _credential.type,
    _credential.document_key,
    _credential.document_version,
    _credential.unit_profile,
).where(
    _credential.wallet_id == bindparam("wallet"),
    _credential.format == QR,
    _credential.stage == DELIVERED,
    _credential.status == GOOD,
    _credential.renew_at > bindparam("now"),
)
# Locked: a wallet that closes meanwhile either sees the intents or stops them (C19).
_LOCK_WALLET: Final = (
    select(_wallet.state).where(_wallet.id == bindparam("wallet")).with_for_update(key_share=True)
)
_PLAN: Final = insert(table_of(Credential))
_SIGN: Final = (
    update(table_of(Credential))
    .where(_credential.id == bindparam("of_id"), _credential.signed_sealed.is_(None))
    .values(signed_sealed=bindparam("signed_sealed"), stage=SIGNED)
)


def read_kept(db: Statements, wallet_id: str, batch: str) -> Any:
    """Read what is kept of the wallet's person, as columns that `people` opens.

    ``planned_before`` says whether the batch has intents already.
    """
    return db.execute(_KEPT, {"wallet": wallet_id, "batch": batch}).one()


def read_batch(db: Statements, batch: str) -> list[Columns]:
    """Read a batch in its order."""
    return [dict(row) for row in db.execute(_BATCH, {"batch": batch}).mappings()]


def read_units_held(db: Statements, deps: Deps, wallet_id: str) -> frozenset[Unit]:
    """List the units that need no renewal: good, delivered, under half their life."""
    rows = db.execute(_UNITS_HELD, {"wallet": wallet_id, "now": deps.now()}).all()
    return frozenset(Unit(*row) for row in rows)


def lock_wallet(db: Statements, wallet_id: str) -> str:
    """Hold the wallet until the caller's transaction ends; return its state."""
    state: str = db.scalars(_LOCK_WALLET, {"wallet": wallet_id}).one()
    return state


def store_intents(db: Statements, rows: Sequence[Columns]) -> None:
    """Store what is about to be signed."""
    if rows:
        db.execute(_PLAN, rows)


def store_signatures(db: Statements, deps: Deps, dek: bytes, signed: Mapping[str, bytes]) -> bool:
    """Store a batch's signatures where there are none yet; False when they are all there.

    They are stored together or not at all, so another worker was first with all or with none.
    """
    sealed = [
        {"of_id": one, "signed_sealed": deps.vault.seal(dek, _place(one), raw)}
        for one, raw in signed.items()
    ]
    if not sealed:
        return False
    stored = cast("CursorResult[Any]", db.execute(_SIGN, sealed)).rowcount
    if stored not in (0, len(sealed)):
        message = f"{stored} of {len(sealed)} credentials of a batch waited for their signature"
        raise RuntimeError(message)
    return bool(stored)


def open_signed(deps: Deps, dek: bytes, row: Columns) -> bytes:
    """Open the stored credential; there has to be one."""
    if row["signed_sealed"] is None:
        message = "a credential without a signature was about to leave"
        raise RuntimeError(message)
    return deps.vault.open(dek, _place(row["id"]), row["signed_sealed"])


def view(row: Columns, raw: bytes) -> dict[str, object]:
    """Return the Credential of the API."""
    return {
        "id": row["id"],
        "type": row["type"],
        "profile": row["profile"],
        "profile_number": row["profile_number"],
        "document": row["document_key"],
        "part": {"number": row["part"], "total": row["parts"]} if row["parts"] else None,
        "credential": b64url_encode(raw),
        "holder_jkt": row["holder_jkt"],
        "issued_at": iso(row["issued_at"]),
        "expires_at": iso(row["expires_at"]),
        "renew_at": iso(row["renew_at"]),
    }


def _place(credential_id: str) -> str:
    return f"credential|signed|{credential_id}"
