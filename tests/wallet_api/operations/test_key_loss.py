"""Each key lost in turn: what docs/operations.md says happens, and its way back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from credentials.bundle import Bundle, parse_bundle, verify_bundle
from credentials.errors import CredentialError
from credentials.jwk import b64url_decode
from credentials.qr_credential import parse_credential
from credentials.relying_party_request import sign_request
from credentials.signing import PemSigner, generate_pem
from samples.people import build_registry
from tests.wallet_api.faces.signed_calibration import sign_calibration
from tests.wallet_api.handset import Handset, with_wallet
from tests.wallet_api.simulators import World
from wallet_api.adapters.faces import opening
from wallet_api.adapters.keys import SINGLE_KEYS, PemKeyRing, make_keys
from wallet_api.adapters.registry.sql import SqlRegistry
from wallet_api.adapters.vault import FileVault
from wallet_api.errors import ConfigurationError
from wallet_api.ports.vault import VaultError
from wallet_api.services import people, publication, relying_parties, vital_signs
from wallet_api.services.relying_party_registration import register

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec

NIK = "3171011708909316"
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def folder(world: World) -> Path:
    return world.deps.settings.keys_dir


@pytest.fixture
def phone(world: World, tmp_path: Path) -> Handset:
    build_registry(tmp_path / "registry.db")
    world.registry.people[NIK] = SqlRegistry(f"sqlite:///{tmp_path / 'registry.db'}").look_up(NIK)
    return with_wallet(world, NIK, add=False)


def _init_and_restart(world: World) -> World:
    """`admin keys init`, then the service anew."""
    folder = world.deps.settings.keys_dir
    make_keys(
        folder, tuple(held.name for held in world.deps.catalogue.types), now=world.clock.now()
    )
    vault = FileVault(folder / "vault.json")
    return replace(world, deps=replace(world.deps, keys=PemKeyRing(folder), vault=vault))


def _published(world: World, root: ec.EllipticCurvePublicKey) -> Bundle:
    publication.publish(world.deps)
    signed = publication.read_published(world.deps, publication.BUNDLE)
    return verify_bundle(parse_bundle(signed), root)


@pytest.mark.parametrize("name", SINGLE_KEYS)
def test_a_lost_key_shows_in_readiness_and_init_makes_another(
    world: World, folder: Path, name: str
) -> None:
    restarted = replace(world, deps=replace(world.deps, keys=PemKeyRing(folder)))
    (folder / f"{name}.pem").unlink()
    assert vital_signs.check(restarted.deps).checks["keys"] == "unreadable"
    if name == "kiosk-ca":
        (folder / "kiosk-ca.crt").unlink()  # it certifies the lost key
    assert vital_signs.check(_init_and_restart(world).deps).checks["keys"] == "ok"


def test_without_the_key_that_certifies_desks_everything_else_goes_on(
    world: World, folder: Path
) -> None:
    restarted = replace(world, deps=replace(world.deps, keys=PemKeyRing(folder)))
    (folder / "relying-parties.pem").unlink()
    assert vital_signs.check(restarted.deps).checks["keys"] == "ok"
    assert _published(restarted, world.deps.keys.bundle_root.public_key).version
    offered = relying_parties.offer(restarted.deps, name="Bank", profiles=("id_card/kyc",))
    request = sign_request(PemSigner(generate_pem()), code=offered.code, at=1)
    with pytest.raises(ConfigurationError):
        register(restarted.deps, request)
    assert register(_init_and_restart(world).deps, request).name == "Bank", "the code still counts"


def test_a_new_bundle_root_must_be_pinned_anew(world: World, folder: Path) -> None:
    old = world.deps.keys.bundle_root.public_key
    assert _published(world, old).version
    for path in folder.glob("bundle-root*.pem"):
        path.unlink()
    after = _init_and_restart(world)
    with pytest.raises(CredentialError):
        _published(after, old)
    assert _published(after, after.deps.keys.bundle_root.public_key).version


def test_a_lost_calibration_key_leaves_in_force_what_it_signed(world: World, folder: Path) -> None:
    settings = world.deps.settings
    assert sign_calibration(folder) == 0
    (folder / "calibration.pem").unlink()
    _init_and_restart(world)
    assert opening.in_force(settings).signed
    assert sign_calibration(folder, "--match", "0.6") == 1
    (folder / "calibration-public.pem").unlink()
    with pytest.raises(ConfigurationError, match="CALIBRATION_SIGNATURE"):
        opening.in_force(settings)
    _init_and_restart(world)
    assert sign_calibration(folder, "--match", "0.6") == 0
    assert opening.in_force(settings).policy.match == pytest.approx(0.6)


def test_a_new_token_key_ends_sessions_and_phones_open_another(
    world: World, folder: Path, phone: Handset
) -> None:
    phone.session()
    assert phone.call("GET", "/v1/wallet").status_code == 200
    (folder / "token.pem").unlink()
    after = Handset(
        _init_and_restart(world), phone.device, phone.pin, phone.enrolment, phone.wallet
    )
    after.token = phone.token
    refused = after.call("GET", "/v1/wallet")
    assert (refused.status_code, refused.get_json()["code"]) == (401, "TOKEN_INVALID")
    assert after.session().status_code == 201
    assert after.call("GET", "/v1/wallet").status_code == 200


def test_a_lost_issuer_key_is_replaced_and_what_it_signed_still_verifies(
    world: World, folder: Path, phone: Handset
) -> None:
    phone.session()
    before = next(one for one in phone.issue() if one["type"] == "id_card")
    old_kid = parse_credential(b64url_decode(before["credential"])).kid
    lost = next(folder.glob("issuer-id_card-2026.pem"))
    lost.unlink()
    with pytest.raises(LookupError, match="id_card"):
        PemKeyRing(folder).issuer_for("id_card", world.deps.now())

    after = _init_and_restart(world)
    again = Handset(after, phone.device, phone.pin, phone.enrolment, phone.wallet)
    again.session()
    fresh = next(one for one in again.issue() if one["type"] == "id_card")
    trust = _published(after, after.deps.keys.bundle_root.public_key).trust
    assert trust.find(parse_credential(b64url_decode(fresh["credential"])).kid)
    assert trust.find(old_kid)


def test_without_the_vault_everything_personal_is_gone(
    world: World, folder: Path, phone: Handset
) -> None:
    (folder / "vault.json").unlink()
    after = _init_and_restart(world)
    with after.deps.transaction() as db:
        assert people.find(db, after.deps, NIK) is None  # not found by its index
    with world.deps.transaction() as db:
        person = people.find(db, world.deps, NIK)
        assert person is not None
        assert people.nik_of(world.deps, person) == NIK
        with pytest.raises(VaultError):
            people.nik_of(after.deps, person)
