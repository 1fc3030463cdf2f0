"""The credential endpoint (OpenID4VCI 1.0 section 8): one request, as many copies as it has keys.

What the specification does not know is ignored; what it forbids is refused in its words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from credentials.errors import CredentialError
from credentials.json_text import encode_json, parse_object
from wallet_api.errors import NonceRequired
from wallet_api.errors.openid import OpenIdError
from wallet_api.services import nonces
from wallet_api.services.deps import Deps
from wallet_api.services.openid import encryption, issuing, key_proofs
from wallet_api.services.openid.access import Access
from wallet_api.services.openid.configurations import Configuration, configurations
from wallet_api.services.openid.encryption import ResponseKey
from wallet_api.services.openid.issuing import Order

JSON, JWT = "application/json", "application/jwt"
NONCE_KIND = "credential"


@dataclass(frozen=True, slots=True)
class Body:
    """A request's or an answer's body and its media type."""

    content: bytes
    media: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: 200 with credentials, 202 when they come later."""

    status: int
    body: Body


def request_credentials(deps: Deps, access: Access, body: Body) -> Reply:
    """Issue what is asked for; OpenIdError as section 8.3.1.2 names it."""
    request, encrypted = read_request(deps, body)
    configuration, identifier = _configuration(deps, access, request)
    key = encryption.find_response_key(deps, request, encrypted=encrypted)
    proven = key_proofs.check_proofs(deps, access, request.get("proofs"))
    order = Order(
        access.wallet, access.grant, access.client_id, configuration, identifier, proven.keys
    )
    issued = issuing.issue(deps, order, partial(_use_nonces, deps, proven.nonces))
    answer = credentials_answer(issued) | {"notification_id": issued.batch}
    return make_reply(200, answer, key)


def read_request(deps: Deps, body: Body) -> tuple[dict[str, object], bool]:
    """Return the request's members, and whether they were encrypted."""
    encrypted = body.media == JWT
    if not encrypted and body.media != JSON:
        raise OpenIdError("invalid_credential_request", "send application/json or application/jwt")
    content = body.content
    if encrypted:
        content = encryption.open_request(deps, content.decode("ascii", "replace"))
    try:
        return parse_object(content), encrypted
    except CredentialError:
        raise OpenIdError("invalid_credential_request", "the body is not one JSON object") from None


def credentials_answer(issued: issuing.Issued) -> dict[str, object]:
    """Return the members of an answer with credentials."""
    return {"credentials": [{"credential": one} for one in issued.credentials]}


def make_reply(status: int, answer: Mapping[str, object], key: ResponseKey | None) -> Reply:
    """Write an answer, encrypted where that was asked for (also a deferral, section 8.3)."""
    content = encode_json(answer)
    if key is None:
        return Reply(status, Body(content, JSON))
    return Reply(status, Body(encryption.seal_response(content, key).encode(), JWT))


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
        if held is None:
            raise OpenIdError("unknown_credential_identifier", "this grant has no such identifier")
        return configurations(deps)[held], str(identifier)
    known = configurations(deps).get(name) if isinstance(name, str) else None
    if known is None:
        raise OpenIdError("unknown_credential_configuration", "there is no such configuration")
    if access.identifiers is not None:
        raise OpenIdError(
            "invalid_credential_request", "this grant has identifiers: ask by credential_identifier"
        )
    if known.id not in access.configurations:
        raise OpenIdError("credential_request_denied", "the grant is for other credentials")
    return known, None


def _use_nonces(deps: Deps, used: frozenset[str], db: Connection) -> None:
    try:
        nonces.use_up(db, deps, NONCE_KIND, used)
    except NonceRequired:
        raise key_proofs.nonce_refused() from None
