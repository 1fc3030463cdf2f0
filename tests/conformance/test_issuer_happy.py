"""Modules for issuers in which all is well."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.conformance.sd_jwt_checks import SdJwt
from tests.conformance.steps import (
    CODE,
    CODE_OF_OFFER,
    FORMATS,
    GRANTS,
    MDOC,
    PRE_AUTHORIZED,
    SD_JWT,
    VARIANTS,
    Variant,
    check_later,
    check_linkage,
    check_nonce,
    check_success,
    fetch,
    gain_access,
    make_wallet,
    notify,
    request,
    send,
    sprinkled,
    with_access,
)
from tests.wallet_api.openid.issuer.credential_wallet import new_signer

if TYPE_CHECKING:
    from tests.conformance.conftest import Places

module = pytest.mark.module
WITHOUT_CODE = [one for one in VARIANTS if one.grant == PRE_AUTHORIZED]
OFFERED = [Variant(form, CODE_OF_OFFER) for form in (SD_JWT, MDOC)]


@module("oid4vci-1_0-issuer-happy-flow")
@pytest.mark.parametrize("variant", [*VARIANTS, *OFFERED], ids=str)
def test_happy_flow(places: Places, variant: Variant) -> None:
    """The whole flow, begun by offer or wallet, to the notification; unknown fields are ignored."""
    place, wallet = with_access(places, variant)
    check_nonce(place)
    _, named = fetch(place, wallet, variant, **sprinkled())
    notify(wallet, named)
    notify(wallet, named)  # told twice, taken note of once


@module("oid4vci-1_0-issuer-happy-flow")
@pytest.mark.parametrize("variant", WITHOUT_CODE, ids=str)
def test_deferred_flow(places: Places, variant: Variant) -> None:
    """Credentials promised: 202 with transaction and interval, the same again, then they come."""
    place, key = places.later, new_signer()
    wallet = make_wallet(place)
    gain_access(place, wallet, variant)
    named = check_later(variant, request(wallet, variant, key, **sprinkled()))
    asked = {"transaction_id": named, **sprinkled()}
    assert check_later(variant, send(wallet, variant, "deferred", asked)) == named
    place.world.clock.advance(seconds=60)
    check_success(place, variant, send(wallet, variant, "deferred", asked), key)
    answer, body = send(wallet, variant, "deferred", asked)  # delivered once
    assert (answer.status_code, body["error"]) == (400, "invalid_transaction_id")


@module("oid4vci-1_0-issuer-happy-flow-additional-requests")
@pytest.mark.parametrize("variant", GRANTS, ids=str)
def test_additional_requests(places: Places, variant: Variant) -> None:
    """The credential request again with another Accept, and headers that name other networks."""
    place, wallet = with_access(places, variant)
    fetch(place, wallet, variant)
    for extra in (
        {"Accept": "application/json"},
        {"Accept": "application/json;q=0.9, */*;q=0.1", "X-Forwarded-For": "198.51.100.7"},
        {"x-fapi-customer-ip-address": "2001:db8::7", "x-fapi-interaction-id": "not a uuid"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"},
    ):
        wallet.extra = extra
        fetch(place, wallet, variant)


@module("oid4vci-1_0-issuer-happy-flow-multiple-clients")
@pytest.mark.parametrize("variant", GRANTS, ids=str)
def test_multiple_clients(places: Places, variant: Variant) -> None:
    """Two wallets of one resident: no time and no status entry joins their copies."""
    place, found = variant.place(places), []
    for client_id in ("https://first.example/wallet", "https://second.example/wallet"):
        wallet = make_wallet(place, client_id)
        gain_access(place, wallet, variant)
        found += fetch(place, wallet, variant)[0]
        place.world.clock.advance(seconds=7)
    check_linkage(found)
    assert len({one.status["idx"] for one in found}) == 2


@module("oid4vci-1_0-issuer-happy-flow-skip-notification")
@pytest.mark.parametrize("variant", GRANTS, ids=str)
def test_skip_notification(places: Places, variant: Variant) -> None:
    """The whole flow without a notification: nothing is held against the wallet."""
    place, wallet = with_access(places, variant)
    fetch(place, wallet, variant)
    fetch(place, wallet, variant)


@module("oid4vci-1_0-issuer-batch-issuance")
@pytest.mark.parametrize("variant", [*FORMATS, Variant(SD_JWT, CODE, encrypted=True)], ids=str)
def test_batch_issuance(places: Places, variant: Variant) -> None:
    """Twelve copies: their keys, one dataset, no salt twice, no linking times or status entries."""
    place, wallet = with_access(places, variant)
    found, _ = fetch(place, wallet, variant, count=12)
    assert len({repr(_dataset(one)) for one in found}) == 1
    salts = [salt for one in found for salt in one.salts]
    assert len(set(salts)) == len(salts)
    check_linkage(found)
    assert len({one.status["uri"] for one in found}) == 1
    indices = [one.status["idx"] for one in found]
    steps = {second - first for first, second in pairwise(indices)}
    assert len(set(indices)) == len(indices)
    assert len(steps) > 6  # neither counted up nor at even distances


def _dataset(credential: object) -> object:
    """What the document says, apart from what makes the copy."""
    if isinstance(credential, SdJwt):
        own = ("cnf", "status")
        held = {name: one for name, one in credential.claims.items() if name not in own}
    else:
        held = credential.elements  # type: ignore[attr-defined] - the only other one there is
    return sorted(held.items())
