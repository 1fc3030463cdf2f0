"""What is asked for: ``scope`` or ``authorization_details`` (OpenID4VCI 1.0 section 5.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from credentials.errors import FormatError
from credentials.json_text import parse_json
from wallet_api.errors.openid import OpenIdError

TYPE: Final = "openid_credential"
MOST_DETAILS: Final = 64
MOST_TEXT: Final = 16_384


def read_details(text: str, allowed: Collection[str]) -> tuple[str, ...]:
    """Return the configurations that ``authorization_details`` names, each once.

    OpenIdError invalid_authorization_details (RFC 9396 section 5) for anything else.
    """
    if len(text) > MOST_TEXT:
        raise _invalid("authorization_details is too long")
    try:
        value = parse_json(text.encode())
    except (FormatError, UnicodeEncodeError):
        raise _invalid("authorization_details is not JSON") from None
    if not isinstance(value, list) or not 0 < len(value) <= MOST_DETAILS:
        raise _invalid("authorization_details is a list that is not empty")
    return tuple(dict.fromkeys(_read_all(value, allowed)))


def _read_all(value: list[object], allowed: Collection[str]) -> Iterator[str]:
    for detail in value:
        if not isinstance(detail, dict) or detail.get("type") != TYPE:
            raise _invalid("only details of type openid_credential are known")
        name = detail.get("credential_configuration_id")
        if not isinstance(name, str) or name not in allowed:
            raise _invalid("credential_configuration_id is missing or not granted")
        yield name


def read_scope(text: str, allowed: Collection[str]) -> tuple[str, ...]:
    """Return the configurations that the scope names; others in it are ignored (section 5.1.2).

    OpenIdError invalid_scope where none is known.
    """
    found = tuple(dict.fromkeys(name for name in text.split(" ") if name in allowed))
    if not found:
        raise OpenIdError("invalid_scope", "the scope names no credential that is offered here")
    return found


def _invalid(description: str) -> OpenIdError:
    return OpenIdError("invalid_authorization_details", description)
