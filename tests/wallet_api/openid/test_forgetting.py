"""What time takes away: offers, requests and grants that nobody can use any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from wallet_api.models import OpenIdGrant, OpenIdOffer, OpenIdRequest
from wallet_api.services import housekeeping

from .foreign_wallet import ForeignWallet, offer_id_card

if TYPE_CHECKING:
    from tests.wallet_api.handset import Handset
    from tests.wallet_api.simulators import World

NIK = "3174054512900001"


def counts(world: World) -> list[int]:
    with world.deps.transaction() as db:
        tables = (OpenIdOffer, OpenIdRequest, OpenIdGrant)
        return [db.scalar(select(func.count()).select_from(one)) or 0 for one in tables]


def test_they_go_after_their_time(world: World, phone: Handset) -> None:
    foreign = ForeignWallet(world)
    foreign.take(offer_id_card(world, NIK))
    foreign.push()
    world.clock.advance(hours=23)
    housekeeping.clean_up(world.deps)
    assert counts(world) == [1, 1, 1]
    world.clock.advance(hours=2)
    housekeeping.clean_up(world.deps)
    assert counts(world) == [0, 0, 1]
    assert foreign.renew().status_code == 200
    world.clock.advance(days=90)
    housekeeping.clean_up(world.deps)
    assert counts(world) == [0, 0, 1]
    world.clock.advance(days=30)
    housekeeping.clean_up(world.deps)
    assert counts(world) == [0, 0, 0]


def test_an_ended_grant_goes_a_month_later(world: World, phone: Handset) -> None:
    foreign = ForeignWallet(world, key=None)
    foreign.take(offer_id_card(world, NIK))
    stolen = foreign.refresh_token
    foreign.renew()
    foreign.renew(stolen)
    world.clock.advance(days=29)
    housekeeping.clean_up(world.deps)
    assert counts(world)[2] == 1
    world.clock.advance(days=1)
    housekeeping.clean_up(world.deps)
    assert counts(world)[2] == 0
