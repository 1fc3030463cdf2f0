"""A resident with an ACTIVE wallet, and a wallet of somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.wallet_api.handset import Handset, with_wallet

from .foreign_wallet import ForeignWallet

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World


@pytest.fixture
def phone(world: World) -> Handset:
    """The resident's phone with the national app; the registry knows of an ID card."""
    return with_wallet(world)


@pytest.fixture
def foreign(world: World) -> ForeignWallet:
    return ForeignWallet(world)
