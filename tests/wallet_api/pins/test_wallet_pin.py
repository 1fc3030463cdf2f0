"""PIN attempts: 3, a minute, 3, half an hour, 4, then blocked; none of them free (T16, T18, C6)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from credentials.jwk import thumbprint
from credentials.signing import compress
from credentials.statement import TYP_PIN, Statement, hash_body, parse_statement, sign_statement
from tests.wallet_api.handset import Handset, new_signer, with_wallet, work_off
from tests.wallet_api.racing import race
from wallet_api.models import AuditEvent, Wallet
from wallet_api.rules import pin_policy
from wallet_api.services import pins

if TYPE_CHECKING:
    from credentials.signing import PemSigner
    from credentials.statement import UnverifiedStatement
    from tests.wallet_api.simulators import World

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def phone(world: World) -> Handset:
    return with_wallet(world)


def failures(world: World, phone: Handset) -> int:
    with world.deps.transaction() as db:
        return db.scalars(select(Wallet.pin_failures).where(Wallet.id == phone.wallet)).one()


def proof(phone: Handset, signer: PemSigner | None = None) -> UnverifiedStatement:
    """What the PIN key says; `signer`: of a wrong PIN."""
    statement = Statement(
        "session",
        phone.wallet,
        hash_body(b"{}"),
        "nonce",
        phone.unix(),
        thumbprint(phone.device.public_key),
        thumbprint(phone.pin.public_key),
    )
    return parse_statement(sign_statement(statement, signer or phone.pin, typ=TYP_PIN), typ=TYP_PIN)


def guess(phone: Handset) -> tuple[str, int]:
    """Try a wrong PIN; the code and the tries left or the seconds to wait."""
    answer = phone.session(pin=new_signer())
    body = answer.get_json()
    left = body.get("attempts_left", answer.headers.get("Retry-After", 0))
    return body["code"], int(left)


@on_sqlite
def test_t16_the_ladder_is_three_three_four_then_the_block(world: World, phone: Handset) -> None:
    assert [guess(phone) for _ in range(3)] == [("PIN_WRONG", n) for n in (2, 1, 3)]
    assert guess(phone) == ("PIN_WAIT", 61)
    world.clock.advance(seconds=60)
    assert [guess(phone) for _ in range(3)] == [("PIN_WRONG", n) for n in (2, 1, 4)]
    assert guess(phone)[0] == "PIN_WAIT"
    world.clock.advance(minutes=30)
    assert [guess(phone) for _ in range(3)] == [("PIN_WRONG", n) for n in (3, 2, 1)]
    assert guess(phone)[0] == "WALLET_BLOCKED"
    assert phone.session().get_json()["code"] == "WALLET_BLOCKED"
    work_off(world)
    kinds = {message["kind"] for message in world.messages()}
    assert kinds == {"wallet_blocked", "wallet_blocked_sms"}


@on_sqlite
def test_the_right_pin_clears_the_count(world: World, phone: Handset) -> None:
    guess(phone)
    guess(phone)
    assert phone.session().status_code == 201
    assert failures(world, phone) == 0
    assert guess(phone) == ("PIN_WRONG", 2)


@on_sqlite
def test_while_waiting_the_right_pin_is_not_looked_at_either(world: World, phone: Handset) -> None:
    for _ in range(3):
        guess(phone)
    assert phone.session().get_json()["code"] == "PIN_WAIT"
    assert failures(world, phone) == 3
    world.clock.advance(seconds=60)
    assert phone.session().status_code == 201


def test_t16_of_40_parallel_wrong_pins_three_are_looked_at(world: World, phone: Handset) -> None:
    works = [
        partial(pins.check_wallet_pin, world.deps, phone.wallet, proof(phone, new_signer()))
        for _ in range(40)
    ]
    seen = race(works)
    assert seen["PIN_WRONG"] <= 3
    assert failures(world, phone) == 3
    with world.deps.transaction() as db:
        looked_at = db.scalars(select(AuditEvent).where(AuditEvent.event == "session.pin_wrong"))
        assert len(looked_at.all()) == seen["PIN_WRONG"]


def test_c6_a_success_does_not_erase_a_charge_made_beside_it(world: World, phone: Handset) -> None:
    """The other charge comes between our charge and our reset."""
    deps = world.deps
    with deps.transaction() as db:
        mine = pins._charge(db, deps, Wallet, phone.wallet, "ACTIVE")
    with deps.transaction() as db:
        pins._charge(db, deps, Wallet, phone.wallet, "ACTIVE")
    assert mine == 1
    pins._reset(deps, Wallet, phone.wallet, mine)
    assert failures(world, phone) == 2


@on_sqlite
def test_t18_a_forged_device_statement_charges_nothing(world: World, phone: Handset) -> None:
    stranger = new_signer()
    for _ in range(10):
        answer = phone.session(signer=stranger, pin=new_signer())
        assert answer.get_json()["code"] == "STATEMENT_INVALID"
    assert failures(world, phone) == 0


@on_sqlite
def test_t18_a_statement_without_a_pin_proof_charges_nothing(world: World, phone: Handset) -> None:
    assert phone.session(pin=None).get_json()["code"] == "PIN_PROOF_MISSING"
    assert failures(world, phone) == 0


@on_sqlite
def test_t18_a_replayed_statement_charges_nothing(world: World, phone: Handset) -> None:
    body = b'{"wallet": "%s", "scope": "full"}' % phone.wallet.encode()
    headers = phone.sign("session", phone.wallet, body, pin=new_signer())
    headers["Content-Type"] = "application/json"

    def send(key: str) -> dict[str, object]:
        sent = headers | {"Idempotency-Key": key * 20}
        found: dict[str, object] = phone.api.post("/v1/sessions", data=body, headers=sent).json
        return found

    assert send("a")["code"] == "PIN_WRONG"
    assert send("a")["code"] == "PIN_WRONG"  # the stored answer
    assert send("b")["code"] == "NONCE_REQUIRED"
    assert failures(world, phone) == 1


@on_sqlite
def test_a_pin_proof_that_says_something_else_than_the_statement_is_none(
    world: World, phone: Handset
) -> None:
    body = b'{"wallet": "%s", "scope": "full"}' % phone.wallet.encode()
    headers = phone.sign("session", phone.wallet, body, pin=phone.pin)
    headers |= {"Content-Type": "application/json", "Idempotency-Key": "a" * 20}
    other = phone.sign("block", phone.wallet, body, pin=phone.pin)
    headers["Wallet-Pin-Proof"] = other["Wallet-Pin-Proof"]
    answer = phone.api.post("/v1/sessions", data=body, headers=headers)
    assert answer.get_json()["code"] == "STATEMENT_INVALID"
    assert failures(world, phone) == 0


@on_sqlite
def test_c6_a_tenth_try_whose_worker_died_still_blocks(world: World, phone: Handset) -> None:
    """Charged, never looked at: as good as wrong, once it can no longer be in flight."""
    with world.deps.transaction() as db:
        db.execute(update(Wallet).values(pin_failures=pin_policy.MOST_FAILURES - 1))
    with world.deps.transaction() as db:
        pins._charge(db, world.deps, Wallet, phone.wallet, "ACTIVE")
    assert phone.session().get_json()["code"] == "PIN_WAIT"
    world.clock.advance(seconds=10)
    assert phone.session().get_json()["code"] == "WALLET_BLOCKED"


@on_sqlite
def test_the_tenth_try_may_be_right(world: World, phone: Handset) -> None:
    with world.deps.transaction() as db:
        db.execute(update(Wallet).values(pin_failures=pin_policy.MOST_FAILURES - 1))
    assert phone.session().status_code == 201
    assert failures(world, phone) == 0


@on_sqlite
def test_t17_the_database_holds_nothing_to_test_a_pin_against(world: World, phone: Handset) -> None:
    """Neither the public PIN key, in any usual form, nor its thumbprint; proofs are not kept."""
    phone.session()
    point = compress(phone.pin.public_key)
    url = str(world.deps.settings.database_url).removeprefix("sqlite:///")
    with world.deps.transaction() as db:
        db.connection().exec_driver_sql("COMMIT")
        db.connection().exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.connection().exec_driver_sql("BEGIN")
    with open(url, "rb") as file:  # noqa: PTH123 - the raw file
        dump = file.read()
    assert phone.wallet.encode() in dump  # it is the right file
    x = point[1:]
    for secret in (x, x.hex().encode(), thumbprint(phone.pin.public_key).encode()):
        assert secret not in dump


def test_the_ladder_as_a_table() -> None:
    left = [pin_policy.attempts_left(failures) for failures in range(11)]
    assert left == [3, 2, 1, 3, 2, 1, 4, 3, 2, 1, 0]
    assert [failures for failures in range(11) if pin_policy.wait_after(failures)] == [3, 6]
    assert [failures for failures in range(11) if pin_policy.blocks(failures)] == [10]
