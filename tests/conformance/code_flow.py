"""The steps of the authorization code flow, each to be bent by the modules of FAPI 2.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.conformance.steps import CODE, SD_JWT, ConformanceWallet, Variant, make_wallet
from tests.wallet_api.openid.foreign_wallet import (
    Browser,
    answer_in,
    approved,
    decide,
    number_on,
    request_on,
)
from tests.wallet_api.openid.issuer.credential_wallet import new_signer

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.conformance.conftest import Place

VARIANT = Variant(SD_JWT, CODE)
OTHER_CLIENT = "https://other.example/wallet"


def code_for(place: Place, wallet: ConformanceWallet, **pushed: Any) -> str:
    """Push, have the resident approve, return the code."""
    return approved(place.world, place.phone, wallet, **pushed)


def answer_for(place: Place, wallet: ConformanceWallet, **pushed: Any) -> dict[str, str]:
    """Do the same and return all parameters that come back.

    ``decision``: the resident's; ``outside``: parameters that stand in the page's address as well.
    """
    decision, outside = pushed.pop("decision", "approve"), pushed.pop("outside", {})
    browser = Browser(place.world, app=wallet.app)
    query = {"client_id": wallet.client_id, "request_uri": wallet.request_uri(**pushed)}
    page = browser.get(f"/openid/authorize?{urlencode(query | outside)}")
    request = request_on(page)
    by = {} if decision == "approve" else {"decision": decision, "pin": None}
    assert decide(place.phone, request, number_on(page), **by).status_code == 200
    return answer_in(browser.carry_on(request))


def with_tokens(place: Place, **options: Any) -> ConformanceWallet:
    """A wallet that has gone through the flow."""
    wallet = make_wallet(place, **options)
    assert wallet.redeem(code_for(place, wallet)).status_code == 200
    return wallet


def twin_of(place: Place, wallet: ConformanceWallet, client: str = OTHER_CLIENT) -> Any:
    """Another client that has got hold of DPoP key and PKCE verifier."""
    return make_wallet(place, client, key=wallet.key, verifier=wallet.verifier)


def without_proof(wallet: ConformanceWallet) -> dict[str, Any]:
    """What makes one request to the authorization server go without a DPoP proof."""
    headers = {name: one for name, one in wallet.headers("x").items() if name != "DPoP"}
    return {"proof": {"headers": headers}}


def ask(
    wallet: ConformanceWallet, *, scheme: str = "DPoP", headers: Any = None, **bent: Any
) -> TestResponse:
    """Ask for a credential; ``bent`` members replace those of the DPoP proof."""
    if headers is None:
        proof = wallet.dpop("POST", wallet.url("credential"), token=wallet.token, **bent)
        headers = {"Authorization": f"{scheme} {wallet.token}", "DPoP": proof}
    body = {
        "credential_configuration_id": VARIANT.configuration,
        "proofs": wallet.proofs(new_signer()),
    }
    return wallet.http.post("/openid/credential", json=body, headers=headers)


def statuses(place: Place, wallet: ConformanceWallet, **bent: Any) -> list[tuple[int, str]]:
    """(Status, error) at all three endpoints that take a proof, which is bent at each in turn.

    ``wallet`` has tokens; they are kept.
    """
    fresh = make_wallet(place, key=wallet.key)
    code = code_for(place, fresh)
    answers = [fresh.push(proof=bent), fresh.redeem(code, proof=bent), ask(wallet, **bent)]
    return [(one.status_code, one.get_json().get("error", "")) for one in answers]
