"""The key set as the registry keeps it, and a terminal that follows it (docs/keys.md)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from credentials.key_set import PUBLISHER, RELYING_PARTIES, KeyChain, verify_key_sets
from tests.wallet_api.simulators import World
from verifier.bundle import TrustedBundle
from verifier.errors import BundleError
from verifier.roots import Root, root_of
from verifier.state import StateFolder
from verifier.sync import Silent, open_source, synchronise
from wallet_api.adapters.issuer_certificates import RootAwayError
from wallet_api.adapters.key_sets import renew_key_set, replace_root
from wallet_api.adapters.keys import PemKeyRing, make_keys
from wallet_api.services import bundle_files, publication

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def folder(world: World) -> Path:
    return world.deps.settings.keys_dir


@pytest.fixture
def pinned(world: World) -> Root:
    """What a terminal was given on its first day."""
    return root_of(world.deps.keys.bundle_root.public_key)


def init(world: World) -> list[str]:
    types = tuple(held.name for held in world.deps.catalogue.types)
    return make_keys(world.deps.settings.keys_dir, types, now=world.clock.now())


def restarted(world: World) -> World:
    keys = PemKeyRing(world.deps.settings.keys_dir)
    return replace(world, deps=replace(world.deps, keys=keys))


def chain(world: World) -> KeyChain:
    keys = PemKeyRing(world.deps.settings.keys_dir)
    return verify_key_sets(keys.key_sets, keys.bundle_root.public_key)


def count(world: World, role: str) -> int:
    return sum(key.role == role for key in chain(world).keys.roles)


def sync(world: World, pinned: Root, folder: Path) -> TrustedBundle:
    """Publish with the keys there are, and bring a terminal up to date."""
    world.clock.advance(minutes=1)
    assert publication.publish(restarted(world).deps)
    source = open_source(str(world.deps.publish_dir / bundle_files.FOLDER))
    outcome = synchronise(
        source, StateFolder(folder), root=pinned, now=world.clock.now(), progress=Silent()
    )
    assert outcome.changed
    return outcome.bundle


def test_init_signs_a_set_once(world: World) -> None:
    before = chain(world).keys
    assert [key.role for key in before.roles] == [PUBLISHER, RELYING_PARTIES]
    assert init(world) == []
    assert chain(world).keys.version == before.version


def test_the_root_may_lie_in_a_safe_while_bundles_are_published(
    world: World, folder: Path, pinned: Root, tmp_path: Path
) -> None:
    (folder / "bundle-root.pem").unlink()
    assert init(world) == []
    assert sync(world, pinned, tmp_path / "terminal").root_fingerprint == pinned.fingerprint


def test_what_needs_the_root_says_so(world: World, folder: Path) -> None:
    kept = (folder / "bundle-root.pem").read_bytes()
    (folder / "bundle-root.pem").unlink()
    (folder / "publisher.pem").unlink()
    with pytest.raises(RootAwayError, match=r"bundle-root\.pem"):
        init(world)
    with pytest.raises(RootAwayError, match=r"bundle-root\.pem"):
        replace_root(folder, (), now=world.clock.now())
    (folder / "bundle-root.pem").write_bytes(kept)
    assert init(world) == ["key set"]


def test_rotation_the_publisher_before_counts_for_another_month(
    world: World, folder: Path, pinned: Root, tmp_path: Path
) -> None:
    sync(world, pinned, tmp_path / "terminal")
    before = (folder / "publisher.pem").read_bytes()
    (folder / "publisher.pem").unlink()
    assert init(world) == ["publisher", "key set"]
    assert count(world, PUBLISHER) == 2
    sync(world, pinned, tmp_path / "terminal")
    fresh = (folder / "publisher.pem").read_bytes()
    (folder / "publisher.pem").write_bytes(before)  # a machine that has not been restarted
    sync(world, pinned, tmp_path / "terminal")
    (folder / "publisher.pem").write_bytes(fresh)
    world.clock.advance(days=32)
    assert init(world) == ["key set"]
    assert count(world, PUBLISHER) == 1


def test_an_older_installation_gets_the_key_that_certifies_desks(
    world: World, folder: Path
) -> None:
    before = chain(world).keys
    for name in ("relying-parties.pem", "relying-parties.json"):
        (folder / name).unlink()
    assert init(world) == ["relying-parties", "key set"]
    after = chain(world).keys
    assert after.version > before.version
    assert (count(world, RELYING_PARTIES), count(world, PUBLISHER)) == (1, 1)


def test_rotation_the_key_before_counts_as_long_as_certificates_under_it(
    world: World, folder: Path
) -> None:
    (folder / "relying-parties.pem").unlink()
    assert init(world) == ["relying-parties", "key set"]
    now = int(world.clock.now().timestamp())
    ends = [key.not_after for key in chain(world).keys.roles if key.role == RELYING_PARTIES]
    assert len(ends) == 2
    assert min(ends) > now + 401 * 86_400
    world.clock.advance(days=403)
    init(world)
    assert count(world, RELYING_PARTIES) == 1


def test_emergency_a_stolen_publisher_is_out_with_the_next_set(
    world: World, folder: Path, pinned: Root, tmp_path: Path
) -> None:
    sync(world, pinned, tmp_path / "terminal")
    stolen, old_sets = (
        (folder / "publisher.pem").read_bytes(),
        (folder / "key-sets.cbor").read_bytes(),
    )
    (folder / "publisher.pem").unlink()
    (folder / "publishers.json").unlink()
    world.clock.advance(minutes=1)
    assert init(world) == ["publisher", "key set"]
    sync(world, pinned, tmp_path / "terminal")
    (folder / "publisher.pem").write_bytes(stolen)
    (folder / "key-sets.cbor").write_bytes(old_sets)
    with pytest.raises(BundleError, match="KEYS_ROLLED_BACK"):
        sync(world, pinned, tmp_path / "terminal")


def test_emergency_a_stolen_issuer_key_is_out_with_the_next_bundle(
    world: World, folder: Path, pinned: Root, tmp_path: Path
) -> None:
    stolen = world.deps.keys.issuer_for("id_card", world.deps.now()).kid
    assert sync(world, pinned, tmp_path / "terminal").trust.find(stolen)
    manifest = json.loads((folder / "keys.json").read_text())
    (entry,) = (one for one in manifest["issuers"] if one["file"] == "issuer-id_card-2026.pem")
    manifest["issuers"].remove(entry)
    (folder / "keys.json").write_text(json.dumps(manifest))
    (folder / entry["file"]).unlink()
    assert "key set" in init(world)
    assert not sync(world, pinned, tmp_path / "terminal").trust.find(stolen)


def test_a_new_root_is_followed_by_terminals_that_pinned_the_first(
    world: World, folder: Path, pinned: Root, tmp_path: Path
) -> None:
    sync(world, pinned, tmp_path / "terminal")
    issuers = world.deps.keys.issuer_keys()
    for _turn in range(2):
        world.clock.advance(days=1)
        replace_root(folder, issuers, now=world.clock.now())
        found = sync(world, pinned, tmp_path / "terminal")
        assert found.root_fingerprint == pinned.fingerprint
        assert found.root_in_force != pinned.fingerprint
    assert len(PemKeyRing(folder).key_sets) == 3
    newest = root_of(PemKeyRing(folder).bundle_root.public_key)
    assert sync(world, newest, tmp_path / "new terminal").root_in_force == newest.fingerprint
    assert init(world) == []
    (folder / "publisher.pem").unlink()
    assert init(world) == ["publisher", "key set"]
    assert len(PemKeyRing(folder).key_sets) == 3
    sync(world, pinned, tmp_path / "terminal")


def test_a_set_is_signed_again_long_before_its_end(world: World, folder: Path) -> None:
    issuers, version = world.deps.keys.issuer_keys(), chain(world).keys.version
    world.clock.advance(days=279)
    assert renew_key_set(folder, issuers, now=world.clock.now()) == []
    world.clock.advance(days=2)
    assert renew_key_set(folder, issuers, now=world.clock.now()) == ["key set"]
    assert chain(world).keys.version > version
    assert chain(world).keys.expires_at > (world.clock.now() + timedelta(days=399)).timestamp()
