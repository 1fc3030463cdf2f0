"""Issuing that is interrupted, overtaken or signed wrongly (C11, C12, C19, T28)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from credentials.jwk import thumbprint
from tests.wallet_api.handset import Handset, new_signer
from tests.wallet_api.issuing.conftest import BUDI, PATH, Open, credential_rows, on_sqlite
from tests.wallet_api.simulators import World
from wallet_api.models import AuditEvent, StatusList, Wallet
from wallet_api.services import idempotency, issuance, wallets
from wallet_api.services.idempotency import Once
from wallet_api.services.sessions import TokenFacts


class FailingRing:
    """A key ring whose issuer keys fail at the `at`-th signature, once."""

    def __init__(self, ring: object, at: int) -> None:
        self._ring, self.left = ring, at
        self.on_sign: Callable[[], None] = lambda: None

    def __getattr__(self, name: str) -> object:
        return getattr(self._ring, name)

    def issuer_keys(self) -> tuple[object, ...]:
        keys = self._ring.issuer_keys()  # type: ignore[attr-defined]
        return tuple(replace(key, signer=FailingSigner(key.signer, self)) for key in keys)


class FailingSigner:
    def __init__(self, signer: object, ring: FailingRing) -> None:
        self._signer, self._ring = signer, ring

    def __getattr__(self, name: str) -> object:
        return getattr(self._signer, name)

    def sign(self, data: bytes) -> bytes:
        self._ring.left -= 1
        self._ring.on_sign()
        if self._ring.left == 0:
            raise OSError("the security module is gone")
        signature: bytes = self._signer.sign(data)  # type: ignore[attr-defined]
        return signature


@pytest.mark.parametrize("at", [1, 4])
def test_c12_a_crash_between_intents_and_signatures_ends_with_the_same_credentials(
    world: World, open_for: Open, at: int
) -> None:
    phone = open_for(BUDI)
    ring = FailingRing(world.deps.keys, at)
    ill = replace(world, deps=replace(world.deps, keys=ring))  # type: ignore[arg-type]
    broken = Handset(ill, phone.device, phone.pin, "", phone.wallet, phone.token)
    sent = {"holder_keys": phone.holder_keys()}
    assert broken.call("POST", PATH, sent, key="k" * 20).status_code == 500
    planned = credential_rows(world)
    assert planned
    assert {row.stage for row in planned} == {"INTENT"}
    assert all(row.signed_sealed is None for row in planned)
    answer = phone.call("POST", PATH, sent, key="k" * 20)
    assert answer.status_code == 201
    assert [held["id"] for held in answer.get_json()["credentials"]] == [row.id for row in planned]
    assert phone.call("POST", PATH, sent, key="k" * 20).data == answer.data
    with world.deps.transaction() as db:
        slots = db.scalar(select(StatusList.issued))
        signed = db.scalar(select(func.count()).where(AuditEvent.event == "credential.signed"))
    assert slots == signed == len(planned)


@on_sqlite
def test_c11_the_intent_is_there_before_the_signature(world: World, open_for: Open) -> None:
    phone = open_for(BUDI)
    ring = FailingRing(world.deps.keys, -1)
    seen: list[int] = []
    ring.on_sign = lambda: seen.append(len(credential_rows(world)))
    watched = replace(world, deps=replace(world.deps, keys=ring))  # type: ignore[arg-type]
    issued = Handset(watched, phone.device, phone.pin, "", phone.wallet, phone.token).issue()
    assert seen == [len(issued)] * len(issued)


def test_c12_of_two_workers_on_one_batch_the_first_ones_signatures_count(
    world: World, open_for: Open
) -> None:
    phone = open_for(BUDI)
    who = TokenFacts(phone.wallet, thumbprint(phone.device.public_key), "full", "")
    once, offered = Once("two workers", "k" * 20, b""), phone.holder_keys()
    idempotency.begin(world.deps, once)
    first: list[dict[str, object]] = []
    ring = FailingRing(world.deps.keys, -1)

    def overtake() -> None:
        if not first:
            first.append(issuance.issue(world.deps, who, offered, once=once))

    ring.on_sign = overtake
    slow = replace(world.deps, keys=ring)  # type: ignore[arg-type]
    assert [issuance.issue(slow, who, offered, once=once)] == first
    with world.deps.transaction() as db:
        signed = db.scalar(select(func.count()).where(AuditEvent.event == "credential.signed"))
    assert signed == len(credential_rows(world))


@on_sqlite
def test_t28_a_signature_that_does_not_verify_never_leaves(world: World, open_for: Open) -> None:
    phone = open_for(BUDI)

    class Wrong(FailingSigner):
        def sign(self, data: bytes) -> bytes:
            return bytes(new_signer().sign(data))

    ring = FailingRing(world.deps.keys, -1)
    keys = world.deps.keys.issuer_keys()
    ring.issuer_keys = lambda: tuple(replace(key, signer=Wrong(key.signer, ring)) for key in keys)
    ill = replace(world, deps=replace(world.deps, keys=ring))  # type: ignore[arg-type]
    broken = Handset(ill, phone.device, phone.pin, "", phone.wallet, phone.token)
    answer = broken.call("POST", PATH, {"holder_keys": phone.holder_keys()})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "ISSUING_STOPPED")
    assert all(row.signed_sealed is None for row in credential_rows(world))


@on_sqlite
def test_c19_a_wallet_that_closes_while_it_is_issued_to_gets_nothing_that_holds(
    world: World, open_for: Open
) -> None:
    phone = open_for(BUDI)
    ring = FailingRing(world.deps.keys, -1)

    def close() -> None:
        with world.deps.transaction() as db:
            person = db.get_one(Wallet, phone.wallet).person_id
            wallets.close_others(db, world.deps, person, actor="test")

    ring.on_sign = close
    watched = replace(world, deps=replace(world.deps, keys=ring))  # type: ignore[arg-type]
    Handset(watched, phone.device, phone.pin, "", phone.wallet, phone.token).issue()
    assert {row.status for row in credential_rows(world)} == {"revoked"}
