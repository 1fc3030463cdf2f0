"""Notifications on both databases: forty at once, and identifiers that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from tests.wallet_api.racing import race
from wallet_api.models import AuditEvent, Credential

from .credential_wallet import CredentialWallet
from .test_refusals import refusal

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World


@pytest.mark.parametrize(
    ("event", "noted", "ends"),
    [
        ("credential_accepted", "credential.delivered", ("DELIVERED", "good")),
        ("credential_deleted", "credential.status_changed", ("ENDED", "revoked")),
    ],
)
def test_what_is_told_forty_times_at_once_is_noted_once(
    world: World, holder: CredentialWallet, event: str, noted: str, ends: tuple[str, str]
) -> None:
    body = {"notification_id": holder.fetch().get_json()["notification_id"], "event": event}
    told = [
        CredentialWallet(world, key=holder.key, token=holder.token, app=holder.app)
        for _ in range(40)
    ]
    came = race([lambda one=one: one.send("notification", body).status_code for one in told])  # type: ignore[misc]
    assert came["204"] > 0
    assert came["204"] + came["503"] == 40
    with world.deps.transaction() as db:
        row = db.scalars(
            select(Credential).where(Credential.batch == body["notification_id"])
        ).one()
        of_this = (AuditEvent.event == noted) & (AuditEvent.subject == row.id)
        assert db.scalar(select(func.count()).where(of_this)) == 1
    assert (row.stage, row.status) == ends


@pytest.mark.parametrize("named", ["\x00", "x\x00", "\ufffe", "x" * 100_000, ""])
def test_no_text_in_the_place_of_an_identifier_is_a_fault_of_ours(
    holder: CredentialWallet, named: str
) -> None:
    body = {"notification_id": named, "event": "credential_accepted"}
    assert refusal(holder.send("notification", body)) == "invalid_notification_id"
