"""Issuing: every document in every profile, planned before it is signed (C10, T21, T26, T27)."""

from __future__ import annotations

from collections import Counter

import pytest

from credentials.bundle import parse_bundle, verify_bundle
from credentials.jwk import b64url_decode, load_jwk, thumbprint
from credentials.qr_credential import parse_credential, verify_credential
from credentials.signing import compress
from tests.wallet_api.handset import Handset, new_signer
from tests.wallet_api.issuing.conftest import (
    BUDI,
    FATHER_OF_13,
    NO_PHOTO,
    PATH,
    Open,
    credential_rows,
    on_sqlite,
)
from tests.wallet_api.simulators import World
from wallet_api.services import nonces, publication


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
    assert credential_rows(world) == []


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
    assert credential_rows(world) == []


@on_sqlite
def test_without_a_key_of_this_year_nothing_is_planned(world: World, open_for: Open) -> None:
    world.clock.advance(days=3 * 365)
    phone = open_for(BUDI)
    answer = phone.call("POST", PATH, {"holder_keys": phone.holder_keys()})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "ISSUING_STOPPED")
    assert credential_rows(world) == []


@on_sqlite
def test_every_credential_remembers_the_answer_it_was_made_from(
    world: World, open_for: Open
) -> None:
    """T27: what was known, provable later without keeping it."""
    open_for(BUDI).issue()
    assert {row.answer_hash for row in credential_rows(world)} == {
        world.registry.people[BUDI].answer_hash
    }
