"""What was issued, as columns: the hot path of issuing loads no entities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.jwk import b64url_encode
from wallet_api.models import Credential, Person, Wallet
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import iso

_COLUMNS: Final = (
    Credential.id,
    Credential.type,
    Credential.profile,
    Credential.profile_number,
    Credential.document_key,
    Credential.part,
    Credential.parts,
    Credential.holder_jkt,
    Credential.kid,
    Credential.claims_sealed,
    Credential.signed_sealed,
    Credential.issued_at,
    Credential.expires_at,
    Credential.renew_at,
)


def read_batch(db: Session, batch: str) -> Sequence[Any]:
    """Read a batch in its order, with the person's data key (``dek``)."""
    return db.execute(
        select(*_COLUMNS, Person.dek)
        .join(Wallet, Wallet.id == Credential.wallet_id)
        .join(Person, Person.id == Wallet.person_id)
        .where(Credential.batch == batch)
        .order_by(Credential.position)
    ).all()


def view(deps: Deps, dek: bytes, row: Any, raw: bytes | None) -> dict[str, object]:
    """Return the Credential of the API; ``raw`` saves opening what was just sealed."""
    if raw is None:
        if row.signed_sealed is None:
            message = "a credential without a signature was about to leave"
            raise RuntimeError(message)
        raw = deps.vault.open(dek, f"credential|signed|{row.id}", row.signed_sealed)
    return {
        "id": row.id,
        "type": row.type,
        "profile": row.profile,
        "profile_number": row.profile_number,
        "document": row.document_key,
        "part": {"number": row.part, "total": row.parts} if row.parts else None,
        "credential": b64url_encode(raw),
        "holder_jkt": row.holder_jkt,
        "issued_at": iso(row.issued_at),
        "expires_at": iso(row.expires_at),
        "renew_at": iso(row.renew_at),
    }
