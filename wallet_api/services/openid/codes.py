"""Authorization codes: a minute long, used once, bound to client, DPoP key and PKCE.

The code belongs to its request and is derived from it, so that a browser that loses the answer on
its way gets the same code again; what is stored is its hash.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from hmac import compare_digest
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from credentials.jwk import b64url_encode
from wallet_api.errors.openid import OpenIdError
from wallet_api.models import OpenIdGrant, OpenIdRequest
from wallet_api.services.deps import Deps
from wallet_api.services.openid import details, grants, secret_hashes
from wallet_api.services.openid.clients import Client
from wallet_api.services.openid.forms import Form, demand
from wallet_api.services.openid.grants import Wish

LIFE: Final = timedelta(seconds=60)
APPROVED, CODED, REDEEMED = "APPROVED", "CODED", "REDEEMED"
_VERIFIER: Final = re.compile(r"[A-Za-z0-9\-._~]{43,128}", re.ASCII)  # RFC 7636 section 4.1


def issue_code(db: Session, deps: Deps, request_id: str) -> str | None:
    """Return the code of an approved request; None when it is neither APPROVED nor freshly CODED.

    Asked again within the code's minute it is the same code, and its minute does not start anew.
    """
    code = secret_hashes.derive(deps, "code", request_id)
    now = deps.now()
    db.execute(
        update(OpenIdRequest)
        .where(OpenIdRequest.id == request_id, OpenIdRequest.state == APPROVED)
        .values(
            state=CODED,
            code_hash=secret_hashes.hash_of(deps, "code", code),
            code_expires_at=now + LIFE,
        )
        .execution_options(synchronize_session=False)
    )
    good = db.scalars(
        select(OpenIdRequest.id).where(
            OpenIdRequest.id == request_id,
            OpenIdRequest.state == CODED,
            OpenIdRequest.code_expires_at > now,
        )
    ).one_or_none()
    return code if good else None


def redeem(deps: Deps, form: Form, *, client: Client, jkt: str | None) -> OpenIdGrant:
    """Use a code up and open its grant (RFC 6749 section 4.1.3, RFC 7636 section 4.6).

    OpenIdError invalid_grant; a code that comes again ends what it opened (section 4.1.2).
    """
    row = _find(deps, demand(form, "code"))
    _check_binding(row, form, client, jkt)
    wanted = _wish(row, form)
    with deps.transaction() as db:
        first = _redeem_row(db, deps, row.id)
        if first:
            grant = grants.open_grant(
                db, deps, wallet_id=str(row.wallet_id), client=client, jkt=jkt, wish=wanted
            )
            db.execute(
                update(OpenIdRequest)
                .where(OpenIdRequest.id == row.id)
                .values(grant_id=grant.id)
                .execution_options(synchronize_session=False)
            )
    if not first:
        _punish_reuse(deps, row.id)
        raise _refused()
    return grant


def _find(deps: Deps, code: str) -> OpenIdRequest:
    with deps.reading() as db:
        row = db.scalars(
            select(OpenIdRequest).where(
                OpenIdRequest.code_hash == secret_hashes.hash_of(deps, "code", code)
            )
        ).one_or_none()
    if row is None:
        raise _refused()
    return row


def _check_binding(row: OpenIdRequest, form: Form, client: Client, jkt: str | None) -> None:
    if not client.id or (row.attested and not client.attested):
        raise OpenIdError("invalid_client", "the client does not identify itself", status=401)
    if client.id != row.client_id:
        raise _refused()
    if form.get("redirect_uri", row.redirect_uri) != row.redirect_uri:
        raise OpenIdError("invalid_grant", "redirect_uri is not the one of the request")
    verifier = demand(form, "code_verifier")
    if not _VERIFIER.fullmatch(verifier):
        raise OpenIdError("invalid_grant", "code_verifier is not 43 to 128 unreserved characters")
    challenge = b64url_encode(hashlib.sha256(verifier.encode()).digest())
    if not compare_digest(challenge, row.code_challenge):
        raise OpenIdError("invalid_grant", "code_verifier does not fit the code_challenge")
    if row.jkt is not None and (jkt is None or not compare_digest(jkt, row.jkt)):
        raise OpenIdError("invalid_grant", "the code is bound to another DPoP key")


def _wish(row: OpenIdRequest, form: Form) -> Wish:
    names = tuple(json.loads(row.configurations))
    text = form.get("authorization_details")
    if text is not None:
        return Wish(details.read_details(text, names), with_details=True)
    return Wish(names, with_details=row.with_details)


def _redeem_row(db: Session, deps: Deps, request_id: str) -> bool:
    moved = db.execute(
        update(OpenIdRequest)
        .where(
            OpenIdRequest.id == request_id,
            OpenIdRequest.state == CODED,
            OpenIdRequest.code_expires_at > deps.now(),
        )
        .values(state=REDEEMED)
        .returning(OpenIdRequest.id)
        .execution_options(synchronize_session=False)
    ).first()
    return moved is not None


def _punish_reuse(deps: Deps, request_id: str) -> None:
    with deps.transaction() as db:
        row = db.get_one(OpenIdRequest, request_id)
        if row.grant_id is not None:
            grants.end_grant(db, deps, row.grant_id, reason="code reused")


def _refused() -> OpenIdError:
    return OpenIdError("invalid_grant", "the code is unknown, used or over")
