"""The credential endpoint (OpenID4VCI 1.0 section 8): one request, as many copies as it has keys.

What the specification does not know is ignored; what it forbids is refused in its words.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sqlalchemy import Connection

from wallet_api.errors import NonceRequired
from wallet_api.errors.openid import OpenIdError
from wallet_api.services import nonces
from wallet_api.services.deps import Deps
from wallet_api.services.openid import deferral, encryption, issuing, key_proofs
from wallet_api.services.openid.access import Access
from wallet_api.services.openid.bodies import (
    Body,
    Reply,
    make_reply,
    read_request,
    with_credentials,
)
from wallet_api.services.openid.configurations import Configuration, configurations
from wallet_api.services.openid.issuing import Order

NONCE_KIND = "credential"


def request_credentials(deps: Deps, access: Access, body: Body) -> Reply:
    """Issue what is asked for; OpenIdError as section 8.3.1.2 names it."""
    request, encrypted = read_request(deps, body)
    configuration, identifier = _configuration(deps, access, request)
    key = encryption.find_response_key(deps, request, encrypted=encrypted)
    proven = key_proofs.check_proofs(deps, access, request.get("proofs"))
    order = Order(
        access.wallet, access.grant, access.client_id, configuration, identifier, proven.keys
    )
    use_up = partial(_use_nonces, deps, proven.nonces)
    if deps.settings.openid_deferred_seconds:
        return deferral.promise(deps, order, key, use_up)
    issued = issuing.issue(deps, order, use_up)
    answer = with_credentials(issued.credentials) | {"notification_id": issued.batch}
    return make_reply(200, answer, key)


def _configuration(
    deps: Deps, access: Access, request: Mapping[str, object]
) -> tuple[Configuration, str | None]:
    """Return what is asked for, and the identifier of a document where the request has one."""
    name, identifier = (
        request.get("credential_configuration_id"),
        request.get("credential_identifier"),
    )
    if (name is None) == (identifier is None):
        raise OpenIdError(
            "invalid_credential_request",
            "credential_identifier or credential_configuration_id, and not both",
        )
    if identifier is not None:
        held = (access.identifiers or {}).get(identifier) if isinstance(identifier, str) else None
        named = configurations(deps).get(held or "")  # gone when the catalogue has changed
        if named is None:
            raise OpenIdError("unknown_credential_identifier", "this grant has no such identifier")
        return named, str(identifier)
    known = configurations(deps).get(name) if isinstance(name, str) else None
    if known is None:
        raise OpenIdError("unknown_credential_configuration", "there is no such configuration")
    if access.identifiers is not None:
        raise OpenIdError(
            "invalid_credential_request", "this grant has identifiers: ask by credential_identifier"
        )
    if known.id not in access.configurations:
        raise _beyond_the_grant(access)
    return known, None


def _use_nonces(deps: Deps, used: frozenset[str], db: Connection) -> None:
    try:
        nonces.use_up(db, deps, NONCE_KIND, used)
    except NonceRequired:
        raise key_proofs.nonce_refused() from None


def _beyond_the_grant(access: Access) -> OpenIdError:
    """Make the refusal of a credential that the token does not open (section 8.3.1.1)."""
    description = "the access token is for other credentials"
    scheme = "Bearer" if access.jkt is None else "DPoP"
    challenge = f'{scheme} error="insufficient_scope", error_description="{description}"'
    return OpenIdError(
        "insufficient_scope", description, status=403, headers={"WWW-Authenticate": challenge}
    )
