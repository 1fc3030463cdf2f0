"""The parameters of a form, as a client sent them."""

from __future__ import annotations

from collections.abc import Mapping

from wallet_api.errors.openid import OpenIdError

Form = Mapping[str, str]


def demand(form: Form, name: str) -> str:
    """Return a parameter; OpenIdError invalid_request when it is missing or empty."""
    value = form.get(name)
    if not value:
        raise OpenIdError("invalid_request", f"{name} is missing")
    return value


def find_plain(form: Form, name: str, longest: int) -> str | None:
    """Return a parameter of printable ASCII (RFC 6749 appendix A), or None where there is none."""
    value = form.get(name)
    if value is None:
        return None
    if len(value) > longest or not value.isascii() or not (value.isprintable() or not value):
        raise OpenIdError("invalid_request", f"{name} is too long or has odd characters")
    return value
