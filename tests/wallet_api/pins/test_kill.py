"""A worker killed between the charge and the look leaves the charge (C6)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from tests.wallet_api.handset import with_wallet
from tests.wallet_api.simulators import World
from wallet_api.models import Wallet

ROOT = Path(__file__).parents[3]


def test_c6_kill_between_charge_and_check_leaves_the_attempt_counted(
    world: World, tmp_path: Path
) -> None:
    phone = with_wallet(world)
    command = [
        sys.executable,
        "-m",
        "tests.wallet_api.pins.charge_and_die",
        world.deps.settings.database_url,
        str(tmp_path),
        phone.wallet,
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"charged\n"
        child.kill()
    with world.deps.transaction() as db:
        assert db.scalars(select(Wallet.pin_failures)).one() == 1
    assert phone.session().status_code == 201
