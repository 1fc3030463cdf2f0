"""The token endpoint (OpenID4VCI 1.0 section 6): a code or refresh token against access.

What must survive a refusal is committed before it is raised (rule 2): a wrong transaction code is
charged first, and a code or refresh token that comes a second time ends what the first opened.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from hmac import compare_digest
from typing import Final

from sqlalchemy import update

from wallet_api.audit import record
from wallet_api.errors.openid import OpenIdError
from wallet_api.models import OpenIdGrant, OpenIdOffer
from wallet_api.services.deps import Deps
from wallet_api.services.openid import codes, details, grants, offers
from wallet_api.services.openid.clients import Client
from wallet_api.services.openid.forms import Form, demand
from wallet_api.services.openid.grants import Wish

MOST_TX_CODE_FAILURES: Final = 5
CODE_GRANT: Final = "authorization_code"
REFRESH_GRANT: Final = "refresh_token"
GRANTS: Final = (CODE_GRANT, offers.PRE_AUTHORIZED_GRANT, REFRESH_GRANT)


def exchange(deps: Deps, form: Form, *, client: Client, jkt: str | None) -> dict[str, object]:
    """Answer a token request; ``jkt``: thumbprint of its DPoP key, None for bearer.

    OpenIdError with the words of section 6.3 and RFC 6749 section 5.2.
    """
    kind = demand(form, "grant_type")
    if jkt is None and deps.settings.openid_require_dpop:  # FAPI 2.0 section 5.3.2.1
        raise OpenIdError("invalid_dpop_proof", "a DPoP proof is needed")
    if kind == offers.PRE_AUTHORIZED_GRANT:
        grant = _by_offer(deps, form, client, jkt)
    elif kind == CODE_GRANT:
        grant = codes.redeem(deps, form, client=client, jkt=jkt)
    elif kind == REFRESH_GRANT:
        token = demand(form, "refresh_token")
        held = grants.renew(deps, token, client_id=form.get("client_id"), client=client, jkt=jkt)
        return _answer(deps, held, form)
    else:
        raise OpenIdError("unsupported_grant_type", "this grant type is not offered")
    return _answer(deps, grant, {})


def wish(form: Form, allowed: Collection[str]) -> Wish:
    """Return what of the allowed configurations the token request narrows itself to."""
    text = form.get("authorization_details")
    if text is None:
        return Wish(tuple(allowed), with_details=False)
    return Wish(details.read_details(text, allowed), with_details=True)


def _answer(deps: Deps, grant: OpenIdGrant, form: Form) -> dict[str, object]:
    names = tuple(json.loads(grant.configurations))
    if form.get("scope"):
        names = details.read_scope(form["scope"], names)
    return grants.describe(deps, grant, names)


def _by_offer(deps: Deps, form: Form, client: Client, jkt: str | None) -> OpenIdGrant:
    code, given = demand(form, "pre-authorized_code"), form.get("tx_code")
    with deps.reading() as db:
        offer = offers.find_offer(db, deps, offers.PRE_AUTHORIZED, code)
    if offer is None:
        raise _refused()
    if (offer.tx_code_hash is None) != (not given):
        expected = "is needed" if offer.tx_code_hash else "was not expected"
        raise OpenIdError("invalid_request", f"a tx_code {expected}")
    wanted = wish(form, json.loads(offer.configurations))
    if offer.tx_code_hash is not None:
        _check_tx_code(deps, offer, given or "")
    with deps.transaction() as db:
        if not offers.take_offer(db, deps, offer.id):
            raise _refused()
        return grants.open_grant(
            db, deps, wallet_id=offer.wallet_id, client=client, jkt=jkt, wish=wanted
        )


def _check_tx_code(deps: Deps, offer: OpenIdOffer, given: str) -> None:
    """Charge the attempt, then compare; OpenIdError invalid_grant when it is wrong."""
    with deps.transaction() as db:
        failures = db.execute(
            update(OpenIdOffer)
            .where(
                OpenIdOffer.id == offer.id,
                OpenIdOffer.used_at.is_(None),
                OpenIdOffer.tx_code_failures < MOST_TX_CODE_FAILURES,
            )
            .values(tx_code_failures=OpenIdOffer.tx_code_failures + 1)
            .returning(OpenIdOffer.tx_code_failures)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
    if failures is None:
        raise _refused()
    if compare_digest(offers.hash_tx_code(deps, offer.id, given), offer.tx_code_hash or b""):
        return
    with deps.transaction() as db:
        record(
            db,
            "openid.tx_code_wrong",
            at=deps.now(),
            actor="openid",
            subject=offer.wallet_id,
            offer=offer.id,
            failures=failures,
        )
    raise OpenIdError("invalid_grant", "the tx_code is wrong")


def _refused() -> OpenIdError:
    return OpenIdError("invalid_grant", "the code is unknown, used or over")
