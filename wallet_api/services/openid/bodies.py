"""Bodies of the issuer's endpoints, as JSON or encrypted: read and written in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from credentials.errors import CredentialError
from credentials.json_text import encode_json, parse_object
from wallet_api.errors.openid import OpenIdError
from wallet_api.services.deps import Deps
from wallet_api.services.openid import encryption
from wallet_api.services.openid.encryption import ResponseKey

JSON, JWT = "application/json", "application/jwt"


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


def read_request(
    deps: Deps, body: Body, *, error: str = "invalid_credential_request"
) -> tuple[dict[str, object], bool]:
    """Return the request's members, and whether they were encrypted."""
    encrypted = body.media == JWT
    if not encrypted and body.media != JSON:
        raise OpenIdError(error, "send application/json or application/jwt")
    content = body.content
    if encrypted:
        content = encryption.open_request(deps, content.decode("ascii", "replace"))
    try:
        return parse_object(content), encrypted
    except CredentialError:
        raise OpenIdError(error, "the body is not one JSON object") from None


def make_reply(status: int, answer: Mapping[str, object], key: ResponseKey | None) -> Reply:
    """Write an answer, encrypted where that was asked for (also a deferral, section 8.3)."""
    content = encode_json(answer)
    if key is None:
        return Reply(status, Body(content, JSON))
    return Reply(status, Body(encryption.seal_response(content, key).encode(), JWT))


def with_credentials(credentials: Sequence[str]) -> dict[str, object]:
    """Return the members of an answer with credentials."""
    return {"credentials": [{"credential": one} for one in credentials]}
