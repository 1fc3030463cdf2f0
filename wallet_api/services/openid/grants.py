"""Grants: what a foreign wallet may fetch, and the refresh tokens that renew it.

A refresh token names its grant and generation under a keyed hash, so none is stored. Bound to a
DPoP key it is of use to nobody else, and stays. A bearer's is good once: an older generation was
stolen or sent twice, and ends the grant (RFC 9700 section 4.14.2).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest

from sqlalchemy import update
from sqlalchemy.orm import Session

from wallet_api.audit import record
from wallet_api.errors.openid import OpenIdError
from wallet_api.models import OpenIdGrant, Wallet, new_id
from wallet_api.rules import lifecycle
from wallet_api.services import people
from wallet_api.services.deps import Deps
from wallet_api.services.openid import access, details, secret_hashes, units
from wallet_api.services.openid.clients import Client


@dataclass(frozen=True, slots=True)
class Wish:
    """What is granted: configurations, and whether by ``authorization_details``."""

    configurations: tuple[str, ...]
    with_details: bool


def open_grant(
    db: Session, deps: Deps, *, wallet_id: str, client: Client, jkt: str | None, wish: Wish
) -> OpenIdGrant:
    """Open a grant in the caller's transaction; OpenIdError invalid_grant unless ACTIVE."""
    wallet = db.get(Wallet, wallet_id)
    if wallet is None or wallet.state != lifecycle.ACTIVE:
        raise OpenIdError("invalid_grant", "the wallet of the resident is not active")
    now = deps.now()
    grant = OpenIdGrant(
        id=new_id(),
        wallet_id=wallet_id,
        client_id=client.id,
        attested=client.attested,
        jkt=jkt,
        configurations=json.dumps(wish.configurations),
        identifiers=_identifiers(deps, wallet, wish.configurations) if wish.with_details else None,
        created_at=now,
        expires_at=now + timedelta(days=deps.settings.openid_grant_days),
        generation=0,
    )
    db.add(grant)
    record(
        db,
        "openid.granted",
        at=now,
        actor="openid",
        subject=wallet_id,
        grant=grant.id,
        configurations=list(wish.configurations),
        bound=jkt is not None,
    )
    return grant


def end_grant(db: Session, deps: Deps, grant_id: str, *, reason: str) -> None:
    """End a grant that is open."""
    ended = db.execute(
        update(OpenIdGrant)
        .where(OpenIdGrant.id == grant_id, OpenIdGrant.ended_at.is_(None))
        .values(ended_at=deps.now(), end_reason=reason)
        .returning(OpenIdGrant.wallet_id)
        .execution_options(synchronize_session=False)
    ).first()
    if ended is not None:
        record(
            db,
            "openid.grant_ended",
            at=deps.now(),
            actor="openid",
            subject=ended[0],
            grant=grant_id,
            reason=reason,
        )


def end_grants_of(db: Session, deps: Deps, wallet_ids: Sequence[str], *, reason: str) -> None:
    """End every open grant of closed wallets."""
    db.execute(
        update(OpenIdGrant)
        .where(OpenIdGrant.wallet_id.in_(wallet_ids), OpenIdGrant.ended_at.is_(None))
        .values(ended_at=deps.now(), end_reason=reason)
        .execution_options(synchronize_session=False)
    )


def make_refresh_token(deps: Deps, grant_id: str, generation: int) -> str:
    """Return the refresh token of a grant's generation."""
    name = f"{grant_id}.{generation}"
    return f"{name}.{secret_hashes.derive(deps, 'refresh', name)}"


def renew(
    deps: Deps, token: str, *, client_id: str | None, client: Client, jkt: str | None
) -> OpenIdGrant:
    """Return the grant that a refresh token renews; OpenIdError invalid_grant if it does not.

    Bound to a DPoP key the token stays as it is: an answer lost on a bad line ends nothing
    (FAPI 2.0 section 5.3.2.1). A bearer's is used up, and the grant moves on by one generation; one
    that comes again ends it, whoever sent it.
    """
    grant_id, generation = _read_refresh_token(deps, token)
    with deps.reading() as db:
        grant = db.get(OpenIdGrant, grant_id)
        wallet = db.get(Wallet, grant.wallet_id) if grant else None
    if grant is None or wallet is None or wallet.state != lifecycle.ACTIVE:
        raise _refused()
    _check_holder(grant, client_id=client_id, client=client, jkt=jkt)
    if not access.is_open(grant, deps.now()):
        raise _refused()
    if grant.jkt is None:
        _rotate(deps, grant, generation)
    return grant


def _rotate(deps: Deps, grant: OpenIdGrant, generation: int) -> None:
    """Move a grant that is open on by one generation, or end it when the token's has passed."""
    if deps.settings.openid_require_dpop:  # given before that was demanded, whatever proof comes
        raise _refused()
    with deps.transaction() as db:
        moved = db.execute(
            update(OpenIdGrant)
            .where(
                OpenIdGrant.id == grant.id,
                OpenIdGrant.generation == generation,
                OpenIdGrant.ended_at.is_(None),
                OpenIdGrant.expires_at > deps.now(),
            )
            .values(generation=generation + 1)
            .returning(OpenIdGrant.id)
            .execution_options(synchronize_session=False)
        ).first()
        if moved is None:
            end_grant(db, deps, grant.id, reason="refresh token reused")
    if moved is None:
        raise _refused()
    grant.generation = generation + 1


def describe(deps: Deps, grant: OpenIdGrant, configurations: tuple[str, ...]) -> dict[str, object]:
    """Return the token response (OpenID4VCI section 6.2) for these of its configurations."""
    answer: dict[str, object] = {
        "access_token": access.make_token(deps, grant, configurations),
        "token_type": "Bearer" if grant.jkt is None else "DPoP",
        "expires_in": deps.settings.session_seconds,
        "refresh_token": make_refresh_token(deps, grant.id, grant.generation),
        "scope": " ".join(configurations),
    }
    identifiers = access.read_identifiers(grant)
    if identifiers is not None:
        answer["authorization_details"] = [
            {
                "type": details.TYPE,
                "credential_configuration_id": held,
                "credential_identifiers": [one for one in identifiers if identifiers[one] == held],
            }
            for held in configurations
            if held in identifiers.values()
        ]
    return answer


def _check_holder(
    grant: OpenIdGrant, *, client_id: str | None, client: Client, jkt: str | None
) -> None:
    """A refresh token is of use only to whom it was given."""
    if grant.attested and not client.attested:
        raise OpenIdError("invalid_client", "the wallet attestation is missing", status=401)
    if (client_id is not None or client.attested) and client.id != grant.client_id:
        raise _refused()
    if grant.jkt is not None and (jkt is None or not compare_digest(jkt, grant.jkt)):
        raise _refused()


def _read_refresh_token(deps: Deps, token: str) -> tuple[str, int]:
    name, _, mac = token.rpartition(".")
    grant_id, _, generation = name.rpartition(".")
    expected = secret_hashes.derive(deps, "refresh", name)
    if not compare_digest(mac.encode(), expected.encode()):
        raise _refused()
    return grant_id, int(generation)


def _identifiers(deps: Deps, wallet: Wallet, configurations: Sequence[str]) -> str:
    """Return the identifiers of the documents that the person has, as JSON."""
    try:
        answer = people.answer_of(deps, wallet.person)
    except LookupError:
        answer = {"documents": []}
    found = units.identifiers(deps, wallet.id, answer, configurations)
    if not found:
        text = "the resident has no document of these types"
        raise OpenIdError("invalid_authorization_details", text)
    return json.dumps(found)


def _refused() -> OpenIdError:
    return OpenIdError("invalid_grant", "the refresh token does not hold")
