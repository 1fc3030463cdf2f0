"""Operators sign in with passkeys: each ceremony is of one counter and once, and copies show."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select

from credentials.jwk import b64url_encode, public_jwk
from tests.wallet_api.counter_desk import PASSWORD, Counter, new_signer, open_counter
from tests.wallet_api.operators.authenticator import ORIGIN, Authenticator
from tests.wallet_api.racing import race
from wallet_api.errors import (
    InputInvalid,
    NotFound,
    PasskeyDemanded,
    PasskeyRefused,
    PasskeysFull,
    PasswordWrong,
    ShiftEnded,
    SignInTooOld,
)
from wallet_api.models import AuditEvent, Operator, OperatorPasskey, Shift
from wallet_api.services import operators, passkey_records, passkeys, shift_opening

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World
    from wallet_api.rules.passkeys import Assertion, Attestation
    from wallet_api.services.counter_queue import Desk
    from wallet_api.services.operators import NewOperator

ONE_DATABASE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def counter(world: World) -> Counter:
    return open_counter(world)


@pytest.fixture
def budi(counter: Counter) -> NewOperator:
    return counter.add_operator("budi")


@pytest.fixture
def desk(counter: Counter, budi: NewOperator) -> Desk:
    return counter.sign_in(budi)


@pytest.fixture
def passkey(world: World, desk: Desk) -> Authenticator:
    """A passkey that Budi has added."""
    return add(world, desk, Authenticator())


def add(world: World, desk: Desk, made: Authenticator, name: str = "Kunci") -> Authenticator:
    passkeys.add(world.deps, desk, made.made(ask_to_add(world, desk)), name=name)
    return made


def ask_to_add(world: World, desk: Desk, password: str = PASSWORD) -> dict[str, object]:
    return passkeys.ask_to_add(world.deps, desk, origin=ORIGIN, password=password)


def ask(counter: Counter) -> dict[str, object]:
    return passkeys.ask_to_sign_in(counter.world.deps, counter.kiosk_id, ORIGIN)


def open_shift(counter: Counter, proof: Assertion) -> dict[str, object]:
    key = public_jwk(new_signer().public_key)
    return shift_opening.open_shift_by_passkey(counter.world.deps, counter.kiosk_id, proof, key)


def refusals(world: World, event: str = "shift.refused") -> list[str]:
    with world.deps.transaction() as db:
        query = select(AuditEvent.facts).where(AuditEvent.event == event)
        return [facts.split('"reason":"')[1].split('"')[0] for facts in db.scalars(query)]


def shifts_opened(world: World) -> int:
    with world.deps.transaction() as db:
        return db.scalar(select(func.count()).select_from(Shift)) or 0


def test_a_passkey_opens_a_shift_and_says_whose(
    world: World, counter: Counter, passkey: Authenticator, desk: Desk
) -> None:
    answer = open_shift(counter, passkey.proof(ask(counter)))
    assert answer["operator"] == {"name": "Budi", "role": "operator"}
    facts = counter.find_shift(str(answer["token"]))
    assert facts.operator_id == desk.shift.operator_id
    with world.deps.transaction() as db:
        assert db.get_one(Shift, desk.shift.shift_id).closed_at is not None  # one a person
        kept = db.scalars(select(OperatorPasskey)).one()
        assert (kept.sign_count, kept.last_used_at) == (1, world.clock.now())
        opened = db.scalars(select(AuditEvent.facts).where(AuditEvent.event == "shift.opened"))
        assert ['"by":"passkey"' in facts for facts in opened] == [False, True]


def test_forty_times_one_answer_open_one_shift(
    world: World, counter: Counter, passkey: Authenticator
) -> None:
    before = shifts_opened(world)
    proof = passkey.proof(ask(counter))
    came = race([partial(open_shift, counter, proof)] * 40)
    assert came["PASSKEY_REFUSED"] + came["TOO_MANY_REQUESTS"] == 39
    assert shifts_opened(world) == before + 1


@ONE_DATABASE
@pytest.mark.parametrize(
    ("bent", "reason"),
    [
        ({"verifies": False}, "PASSKEY_SIGNATURE"),
        ({"rp_id": "127.0.0.1"}, "PASSKEY_SIGNATURE"),
        ({"crossed": True}, "PASSKEY_FRAMED"),
        ({"origin": "http://localhost:8091"}, "challenge unknown"),
        ({"origin": "https://bank.example"}, "ORIGIN"),
        ({"user_handle": b64url_encode(b"somebody else")}, "unknown"),
        ({"id": b"another"}, "unknown"),
        ({"key": ec.generate_private_key(ec.SECP256R1())}, "PASSKEY_SIGNATURE"),
    ],
    ids=[
        *("nobody verified", "another host", "in a frame", "another port", "another origin"),
        *("another user", "another passkey", "another key"),
    ],
)
def test_an_answer_that_does_not_hold_is_refused_and_the_audit_says_why(
    world: World, counter: Counter, passkey: Authenticator, bent: dict[str, object], reason: str
) -> None:
    for name, value in bent.items():
        setattr(passkey, name, value)
    with pytest.raises(PasskeyRefused) as refused:
        open_shift(counter, passkey.proof(ask(counter)))
    assert refused.value.facts == {}
    assert refusals(world) == [f"passkey {reason}"]


@ONE_DATABASE
def test_a_challenge_is_of_one_counter_and_one_ceremony_for_five_minutes(
    world: World, counter: Counter, passkey: Authenticator, desk: Desk
) -> None:
    elsewhere = open_counter(world, add_office=False)
    late = passkey.proof(ask(counter))
    world.clock.advance(minutes=5)
    proofs = [late, passkey.proof(ask(elsewhere)), passkey.proof(ask_to_add(world, desk))]
    for proof in proofs:
        with pytest.raises(PasskeyRefused):
            open_shift(counter, proof)
    assert refusals(world) == [
        "passkey challenge over",
        *["passkey challenge unknown"] * 2,
    ]


def test_a_counter_that_goes_back_is_a_copys_and_is_refused(
    world: World, counter: Counter, passkey: Authenticator
) -> None:
    stolen = copy(passkey)
    for _ in range(2):
        open_shift(counter, passkey.proof(ask(counter)))
    for _ in range(2):  # the copy's first and second use; by then the owner has used it twice
        with pytest.raises(PasskeyRefused):
            open_shift(counter, stolen.proof(ask(counter)))
    assert refusals(world) == ["passkey counter went back"] * 2
    open_shift(counter, passkey.proof(ask(counter)))


@ONE_DATABASE
def test_an_authenticator_without_a_counter_keeps_none(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = add(world, desk, Authenticator(count=None))
    for _ in range(2):
        open_shift(counter, phone.proof(ask(counter)))
    phone.count = 7  # from now on it counts: zero again would be somebody else's
    open_shift(counter, phone.proof(ask(counter)))
    phone.count = None
    with pytest.raises(PasskeyRefused):
        open_shift(counter, phone.proof(ask(counter)))


@ONE_DATABASE
def test_a_passkey_of_another_office_or_of_somebody_who_left_opens_nothing(
    world: World, counter: Counter, passkey: Authenticator
) -> None:
    far = open_counter(world, "9171")
    with pytest.raises(PasskeyRefused):
        open_shift(far, passkey.proof(ask(far)))
    operators.end_operator(world.deps, "budi")
    with pytest.raises(PasskeyRefused):
        open_shift(counter, passkey.proof(ask(counter)))
    assert refusals(world) == ["passkey office", "passkey inactive"]


@ONE_DATABASE
def test_a_console_left_alone_takes_no_strangers_passkey(
    world: World, counter: Counter, budi: NewOperator, desk: Desk
) -> None:
    with pytest.raises(PasswordWrong):
        ask_to_add(world, desk, password="a guess of twelve")
    with world.deps.transaction() as db:
        assert db.get_one(Operator, budi.id).failures == 1
    question = ask_to_add(world, desk)
    with world.deps.transaction() as db:
        assert db.get_one(Operator, budi.id).failures == 0
    world.clock.advance(minutes=16)
    with pytest.raises(SignInTooOld):
        ask_to_add(world, desk)
    with pytest.raises(PasskeyRefused):  # asked in time, answered after five minutes
        passkeys.add(world.deps, desk, Authenticator().made(question), name="Kunci")
    with pytest.raises(InputInvalid):
        passkeys.ask_to_add(world.deps, desk, origin="http://127.0.0.1:8090", password=PASSWORD)


@ONE_DATABASE
def test_what_was_made_for_somebody_else_or_twice_is_not_kept(
    world: World, counter: Counter, desk: Desk
) -> None:
    citra = counter.sign_in(counter.add_operator("citra"))
    made = Authenticator()
    answer = made.made(ask_to_add(world, desk))
    with pytest.raises(PasskeyRefused):
        passkeys.add(world.deps, citra, answer, name="Kunci")
    passkeys.add(world.deps, desk, answer, name="Kunci")
    with pytest.raises(PasskeyRefused):
        passkeys.add(world.deps, desk, answer, name="Kunci")
    with pytest.raises(PasskeyRefused):  # the same credential under another account
        passkeys.add(world.deps, citra, made.made(ask_to_add(world, citra)), name="Kunci")
    unverified = Authenticator(verifies=False)
    with pytest.raises(PasskeyRefused):
        passkeys.add(world.deps, desk, unverified.made(ask_to_add(world, desk)), name="Kunci")
    assert refusals(world, "operator.passkey_refused") == [
        "challenge unknown", "challenge used", "known", "PASSKEY_SIGNATURE",
    ]  # fmt: skip


def test_of_many_added_at_once_five_are_kept(world: World, counter: Counter, desk: Desk) -> None:
    made = [Authenticator().made(ask_to_add(world, desk)) for _ in range(8)]
    came = race([partial(keep, world, desk, one) for one in made])
    assert came == {"kept": 5, "PASSKEYS_FULL": 3}
    with pytest.raises(PasskeysFull):
        ask_to_add(world, desk)


def keep(world: World, desk: Desk, made: Attestation) -> str:
    passkeys.add(world.deps, desk, made, name="Kunci")
    return "kept"


@ONE_DATABASE
def test_an_office_may_demand_passkeys_of_whoever_has_one(
    world: World, counter: Counter, budi: NewOperator, passkey: Authenticator
) -> None:
    citra = counter.add_operator("citra")
    counter.sign_in(budi)  # a choice, until the office demands it
    passkey_records.demand(world.deps, counter.office, demanded=True)
    factors = counter.factors(budi)
    with pytest.raises(PasskeyDemanded):
        counter.sign_in(budi)
    with pytest.raises(PasskeyDemanded):
        counter.sign_in(budi)
    own = counter.sign_in(citra)  # before the first passkey there is no other way in
    assert passkeys.list_own(world.deps, own)["demanded"] is True
    open_shift(counter, passkey.proof(ask(counter)))
    key = public_jwk(new_signer().public_key)
    with pytest.raises(Exception, match="SIGN_IN_REFUSED"):  # that code was used up all the same
        shift_opening.open_shift(world.deps, counter.kiosk_id, replace(factors), key)
    assert refusals(world)[:2] == ["passkey demanded"] * 2


@ONE_DATABASE
def test_an_administrator_removes_a_lost_passkey_and_the_shift_ends(
    world: World, counter: Counter, passkey: Authenticator
) -> None:
    token = str(open_shift(counter, passkey.proof(ask(counter)))["token"])
    [listed] = passkey_records.list_of(world.deps, "Budi")
    assert listed["name"] == "Kunci"
    with pytest.raises(NotFound):
        passkey_records.remove(world.deps, "budi", "another")
    passkey_records.remove(world.deps, "budi", str(listed["id"]))
    with pytest.raises(ShiftEnded):
        counter.find_shift(token)
    with pytest.raises(PasskeyRefused):
        open_shift(counter, passkey.proof(ask(counter)))
    assert passkey_records.list_of(world.deps, "budi") == []


@ONE_DATABASE
@pytest.mark.parametrize("part", ["client_data", "authenticator_data", "signature"])
def test_nonsense_is_refused_like_everything_else(
    counter: Counter, passkey: Authenticator, part: str
) -> None:
    proof = passkey.proof(ask(counter))
    for text in ("AA", "AAA", b64url_encode(b"[" * 1500), b64url_encode(b'{"challenge":1}')):
        with pytest.raises(PasskeyRefused):
            open_shift(counter, replace(proof, **{part: text}))
