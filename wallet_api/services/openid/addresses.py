"""The addresses that clients see: all built from ``public_url``, none from a request (T32).

The credential issuer and its authorization server are one, with one identifier.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from wallet_api.services.deps import Deps


def issuer(deps: Deps) -> str:
    """Return the identifier of issuer and authorization server, verbatim."""
    return deps.settings.public_url


def endpoint(deps: Deps, name: str) -> str:
    """Return the address of an OpenID endpoint, for example ``token``."""
    return f"{deps.settings.public_url.rstrip('/')}/openid/{name}"


def path(deps: Deps) -> str:
    """Return the path of the identifier, empty or with a leading slash (RFC 8414 section 3)."""
    return urlsplit(deps.settings.public_url).path.rstrip("/")
