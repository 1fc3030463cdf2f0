"""The order of issuing: an intent before each signature, nothing leaves that does not verify."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from tests.wallet_api.racing import race
from wallet_api.models import AuditEvent, Credential
from wallet_api.ports.keys import Certified
from wallet_api.services import status_lists

from .credential_wallet import CredentialWallet, new_signer
from .test_refusals import refusal

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World
    from wallet_api.ports.keys import KeyRing

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@dataclass(frozen=True)
class MixedUpKeys:
    """A key ring whose certificate for SD-JWT VCs belongs to another key."""

    real: KeyRing

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    @property
    def sd_jwt(self) -> Certified:
        return Certified(new_signer(), self.real.sd_jwt.chain)


def rows(world: World) -> list[Credential]:
    with world.deps.transaction() as db:
        return list(db.scalars(select(Credential)))


@on_sqlite
def test_what_does_not_verify_does_not_leave(world: World, holder: CredentialWallet) -> None:
    deps = replace(world.deps, keys=MixedUpKeys(world.deps.keys))  # type: ignore[arg-type]
    broken = CredentialWallet(replace(world, deps=deps), key=holder.key)
    broken.token = holder.token
    proofs = broken.proofs(new_signer())
    answer = broken.fetch(proofs=proofs)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert [(row.stage, row.signed_digest) for row in rows(world)] == [("INTENT", None)]
    assert refusal(holder.fetch(proofs=proofs)) == "invalid_nonce"  # it was used for the intent
    assert len(holder.fetch_texts()) == 1
    assert sorted(row.stage for row in rows(world)) == ["INTENT", "SIGNED"]


@on_sqlite
def test_the_audit_knows_of_the_plan_before_the_signature(
    world: World, holder: CredentialWallet
) -> None:
    holder.fetch_texts(keys=2)
    ids = {row.id for row in rows(world)}
    with world.deps.transaction() as db:
        told = [
            (event.event, event.subject)
            for event in db.scalars(select(AuditEvent).order_by(AuditEvent.id))
            if event.subject in ids
        ]
    assert [event for event, _ in told] == ["credential.planned"] * 2 + ["credential.signed"] * 2


def test_status_entries_drawn_in_forty_threads_are_all_different(world: World) -> None:
    drawn: list[status_lists.Slot] = []

    def draw() -> str:
        for _ in range(5):
            drawn.extend(status_lists.draw(world.deps, 3))
        return "drawn"

    assert race([draw] * 40) == {"drawn": 40}
    assert len({(slot.number, slot.index) for slot in drawn}) == len(drawn) == 600


def test_two_workers_draw_from_reserves_of_their_own(world: World) -> None:
    other = replace(world.deps, reserve=type(world.deps.reserve)())
    here = {slot.index for slot in status_lists.draw(world.deps, 30)}
    there = {slot.index for slot in status_lists.draw(other, 30)}
    assert not here & there
    assert len(status_lists.draw(world.deps, 200)) == 200  # more than one fetch brings
