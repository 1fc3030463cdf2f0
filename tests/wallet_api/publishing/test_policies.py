"""Policies that the registry recommends: from its folder, through the bundle, to a desk at work."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.wallet_api.publishing.test_bundle_files import names, sync
from tests.wallet_api.simulators import World
from verifier.desk.terminal import Clock, Terminal
from verifier.errors import PolicyError
from verifier.policy.bundled import choose_policy
from verifier.roots import root_of
from verifier.state import StateFolder
from wallet_api.app import create_app
from wallet_api.services import publication

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
PACKAGED = Path(__file__).parents[3] / "verifier" / "policies"


def put(folder: Path, name: str, **changes: Any) -> None:
    """Put a policy into the registry's folder: the packaged one for banks, edited."""
    policy = json.loads((PACKAGED / "bank-kyc.json").read_text("utf-8"))
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(policy | {"name": name} | changes), "utf-8")


def publish(world: World) -> int:
    world.clock.advance(seconds=60)
    version = publication.publish(world.deps)
    assert version is not None
    return version


def desk(world: World, state: Path, policy: str) -> Terminal:
    def wall() -> datetime:
        return world.clock.now()

    return Terminal(
        root=root_of(world.deps.keys.bundle_root.public_key),
        policy=choose_policy(policy),
        state=StateFolder(state),
        bundle=None,
        clock=Clock(wall),
    )


def test_a_policy_changes_at_the_desks_by_the_next_delta_and_is_taken_back(
    world: World, tmp_path: Path
) -> None:
    folder, state = tmp_path / "policies", tmp_path / "state"
    world = world.with_settings(bundle_policies_dir=str(folder))
    put(folder, "bank-2027")
    first = publish(world)
    sync(world, state)
    terminal = desk(world, state, "bundle:bank-2027")
    assert "nik" in terminal.terms().require_policy().required
    put(folder, "bank-2027", required=["name"])
    put(folder, "hospital")
    second = publish(world)
    assert names(sync(world, state)) == [f"{first}-{second}.delta"]
    assert terminal.terms().require_policy().required == ("name",)
    (folder / "bank-2027.json").unlink()
    publish(world)
    sync(world, state)
    with pytest.raises(PolicyError, match="hospital") as caught:
        terminal.terms().require_policy()
    assert caught.value.code == "POLICY_NOT_IN_BUNDLE"
    with pytest.raises(PolicyError):
        desk(world, state, "bundle:bank-2027")


def test_a_file_that_cannot_be_used_keeps_no_revocation_back(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    world = world.with_settings(bundle_policies_dir=str(folder))
    client = create_app(deps=world.deps).test_client()
    put(folder, "a")
    publish(world)
    for spoil, said in (
        (lambda: (folder / "b.json").write_text("{"), "unusable: JSON_INVALID b.json"),
        (lambda: folder.rename(tmp_path / "unmounted"), "unreadable"),
    ):
        spoil()
        version = publish(world)
        outcome = sync(world, tmp_path / "state")
        assert outcome.bundle.version == version
        assert json.loads(outcome.bundle.policies)[0]["name"] == "a"
        answer = client.get("/readyz")
        assert (answer.status_code, answer.get_json()["checks"]["policies"]) == (200, said)
