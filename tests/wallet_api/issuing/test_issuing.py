"""Issuing: every document in every profile, planned before it is signed (C10 to C12, T21, T28)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from credentials.bundle import parse_bundle, verify_bundle
from credentials.jwk import b64url_decode, load_jwk, thumbprint
from credentials.qr_credential import parse_credential, verify_credential
from credentials.signing import compress
from tests.wallet_api.handset import Handset, new_signer
from tests.wallet_api.issuing.conftest import BUDI, FATHER_OF_13, NO_PHOTO
from tests.wallet_api.simulators import World
from wallet_api.models import AuditEvent, Credential, StatusList, Wallet
from wallet_api.services import idempotency, issuance, nonces, publication, wallets
from wallet_api.services.idempotency import Once
from wallet_api.services.sessions import TokenFacts

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
Open = Callable[[str], Handset]
PATH = "/v1/wallet/credentials"


def rows(world: World) -> list[Credential]:
    with world.deps.transaction() as db:
        return list(db.scalars(select(Credential).order_by(Credential.position)))


def test_a_resident_gets_all_five_types_in_all_profiles(world: World, open_for: Open) -> None:
    phone = open_for(BUDI)
    issued = phone.issue()
    profiles = {(held["type"], held["profile"]) for held in issued}
    wanted = {
        (held.name, profile.name)
        for held in world.deps.catalogue.types
        for profile in held.profiles
        if not profile.part and not profile.on_request
    }
    assert len({kind for kind, _ in wanted}) == 5
    assert wanted <= profiles | {("family_card", "full")}
    assert ("family_card", "full-parents") not in profiles  # on request only


def test_every_credential_verifies_with_the_published_trust_list(
    world: World, open_for: Open
) -> None:
    phone = open_for(BUDI)
    keys = phone.holder_keys()
    issued = phone.issue(holder_keys=keys)
    publication.publish(world.deps)
    root = world.deps.keys.bundle_root.public_key
    raw = publication.read_published(world.deps, publication.BUNDLE)
    bundle = verify_bundle(parse_bundle(raw), root)
    for held in issued:
        unverified = parse_credential(b64url_decode(held["credential"]))
        (trusted,) = bundle.trust.find(unverified.kid)
        credential = verify_credential(unverified, trusted.public_key)
        assert held["type"] in trusted.document_types
        assert credential.holder_key == compress(load_jwk(keys[0]["jwk"]))
        assert credential.profile == held["profile_number"]
        assert bundle.catalogue.decode(dict(credential.identity))
        assert bundle.revocation.status(credential.status_list, credential.status_index) == "good"
        assert credential.issued_at % 3600 == 0  # tells nobody which belong together
    assert Counter(held["holder_jkt"] for held in issued) == {
        thumbprint(load_jwk(keys[0]["jwk"])): len(issued)
    }


@on_sqlite
def test_a_family_of_15_comes_as_a_header_and_parts(world: World, open_for: Open) -> None:
    everything = open_for(FATHER_OF_13).issue(types=["family_card"])
    issued = [held for held in everything if held["part"]]
    assert [held["profile"] for held in everything if not held["part"]] == ["header"]
    parts = [held["part"] for held in issued]
    assert len(issued) > 2
    assert [part["number"] for part in parts] == list(range(len(issued)))
    assert {part["total"] for part in parts} == {len(issued)}
    assert [held["profile"] for held in issued] == ["header"] + ["member"] * (len(issued) - 1)
    keys = {key.kid: key.public_key for key in world.deps.keys.issuer_keys()}
    members = 0
    for held in issued:
        unverified = parse_credential(b64url_decode(held["credential"]))
        identity = verify_credential(unverified, keys[unverified.kid]).identity
        members += len(world.deps.catalogue.decode(dict(identity)).get("members", ()))
    assert members == 15


@on_sqlite
def test_whoever_has_no_photo_gets_no_age_card_but_all_others(world: World, open_for: Open) -> None:
    issued = open_for(NO_PHOTO).issue()
    profiles = {held["profile"] for held in issued if held["type"] == "id_card"}
    assert "age" not in profiles
    assert {"full", "kyc", "boarding", "age-only"} <= profiles


@on_sqlite
def test_types_narrow_and_several_keys_are_taken_in_turn(world: World, open_for: Open) -> None:
    phone = open_for(BUDI)
    keys = phone.holder_keys(3)
    issued = phone.issue(types=["tax_number", "vaccination_card"], holder_keys=keys)
    assert [held["type"] for held in issued] == ["tax_number"] + ["vaccination_card"] * 2
    assert [held["holder_jkt"] for held in issued] == [
        thumbprint(load_jwk(key["jwk"])) for key in keys
    ]
    few = phone.call("POST", PATH, {"holder_keys": phone.holder_keys(2)})
    assert few.get_json()["code"] == "HOLDER_KEYS_INVALID"


@on_sqlite
@pytest.mark.parametrize(
    "bent",
    [
        {"wallet": "another"},
        {"jkt": "x" * 43},
        {"iat": 0},
        {"iat": 10**300},
        {"iat": True},
        {"signer": new_signer()},
    ],
)
def test_t21_a_holder_key_without_a_fitting_proof_gets_nothing(
    world: World, open_for: Open, bent: dict[str, object]
) -> None:
    phone = open_for(BUDI)
    answer = phone.call("POST", PATH, {"holder_keys": phone.holder_keys(**bent)})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "HOLDER_KEYS_INVALID")
    assert rows(world) == []


@on_sqlite
def test_t21_the_device_key_is_no_holder_key_and_no_key_comes_twice(
    world: World, open_for: Open
) -> None:
    phone = open_for(BUDI)
    twice = phone.holder_keys() * 2
    answer = phone.call("POST", PATH, {"holder_keys": twice})
    assert answer.get_json()["code"] == "HOLDER_KEYS_INVALID"
    swapped = phone.holder_keys(2)
    swapped[0]["jwk"] = swapped[1]["jwk"]
    answer = phone.call("POST", PATH, {"holder_keys": swapped[:1]})
    assert answer.get_json()["code"] == "HOLDER_KEYS_INVALID"


@on_sqlite
def test_t21_a_used_or_foreign_nonce_is_refused_and_the_same_key_may_come_again(
    world: World, open_for: Open
) -> None:
    phone = open_for(BUDI)
    nonce = nonces.make(world.deps)
    sent = {"holder_keys": phone.holder_keys(nonce=nonce), "types": ["tax_number"]}
    assert phone.call("POST", PATH, sent).status_code == 201
    again = {"holder_keys": phone.holder_keys(nonce=nonce), "types": ["tax_number"]}
    refused = phone.call("POST", PATH, again, key="k" * 20)
    assert (refused.status_code, refused.get_json()["code"]) == (401, "NONCE_REQUIRED")
    foreign = {"holder_keys": phone.holder_keys(nonce="x" * 54), "types": ["tax_number"]}
    assert phone.call("POST", PATH, foreign).get_json()["code"] == "NONCE_REQUIRED"
    fresh = {"holder_keys": phone.holder_keys(), "types": ["tax_number"]}
    assert phone.call("POST", PATH, fresh, key="k" * 20).status_code == 201


@on_sqlite
def test_another_persons_session_issues_only_its_own(world: World, open_for: Open) -> None:
    budi, other = open_for(BUDI), open_for(NO_PHOTO)
    answer = other.call("POST", PATH, {"holder_keys": budi.holder_keys()})
    assert answer.get_json()["code"] == "HOLDER_KEYS_INVALID"
    assert {held["document"] for held in other.issue(types=["id_card"])} == {NO_PHOTO}


@on_sqlite
def test_t26_the_kill_switch_stops_issuing(world: World, open_for: Open) -> None:
    phone = open_for(BUDI)
    stopped = Handset(
        world.with_settings(issuing_stopped=True), phone.device, phone.pin, "", phone.wallet
    )
    stopped.session()
    answer = stopped.call("POST", PATH, {"holder_keys": stopped.holder_keys()})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "ISSUING_STOPPED")
    assert rows(world) == []


@on_sqlite
def test_without_a_key_of_this_year_nothing_is_planned(world: World, open_for: Open) -> None:
    world.clock.advance(days=3 * 365)
    phone = open_for(BUDI)
    answer = phone.call("POST", PATH, {"holder_keys": phone.holder_keys()})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "ISSUING_STOPPED")
    assert rows(world) == []


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
    planned = rows(world)
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
    ring.on_sign = lambda: seen.append(len(rows(world)))
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
    assert signed == len(rows(world))


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
    assert all(row.signed_sealed is None for row in rows(world))


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
    assert {row.status for row in rows(world)} == {"revoked"}


@on_sqlite
def test_every_credential_remembers_the_answer_it_was_made_from(
    world: World, open_for: Open
) -> None:
    """T27: what was known, provable later without keeping it."""
    open_for(BUDI).issue()
    assert {row.answer_hash for row in rows(world)} == {world.registry.people[BUDI].answer_hash}
