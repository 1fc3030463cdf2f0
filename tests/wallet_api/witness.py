"""A counter as bare rows, for wallets that a test opens without going there."""

from __future__ import annotations

from typing import Any

from wallet_api.models import Kiosk, Office, Operator
from wallet_api.services.wallets import Witness


def witness(db: Any, now: Any) -> Witness:
    """Return who opens the wallet; the first call adds the rows."""
    office = db.query(Office).first()
    if office is None:
        office = Office(id="office", code="3174", name="Kantor", created_at=now)
        kiosk = Kiosk(id="kiosk", office_id="office", name="Loket", state="ACTIVE", created_at=now)
        operator = Operator(
            id="operator",
            office_id="office",
            username="budi",
            name="Budi",
            role="operator",
            password_hash="none",
            dek=b"",
            totp_sealed=b"",
            created_at=now,
        )
        for row in (office, kiosk, operator):
            db.add(row)
            db.flush()
    return Witness("kiosk", "office", "3174", "Kantor", "operator")
