"""What the authorization server says about itself (RFC 8414, OpenID4VCI 1.0 section 12.3)."""

from __future__ import annotations

from credentials.jwk import public_jwk, thumbprint
from wallet_api.services.deps import Deps
from wallet_api.services.openid import addresses, details, dpop, tokens
from wallet_api.services.openid.configurations import configurations


def metadata(deps: Deps) -> dict[str, object]:
    """Return the authorization server's metadata."""
    required = deps.settings.openid_require_wallet_attestation
    attested = bool(deps.settings.openid_attestation_roots)
    found: dict[str, object] = {
        "issuer": addresses.issuer(deps),
        "authorization_endpoint": addresses.endpoint(deps, "authorize"),
        "pushed_authorization_request_endpoint": addresses.endpoint(deps, "par"),
        "require_pushed_authorization_requests": True,
        "token_endpoint": addresses.endpoint(deps, "token"),
        "jwks_uri": addresses.endpoint(deps, "jwks"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(tokens.GRANTS),
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
        "authorization_details_types_supported": [details.TYPE],
        "scopes_supported": [one.scope for one in configurations(deps).values()],
        "pre-authorized_grant_anonymous_access_supported": not required,
        "token_endpoint_auth_methods_supported": _methods(required=required, attested=attested),
        "ui_locales_supported": ["id", "en"],
    }
    if attested:
        found["client_attestation_signing_alg_values_supported"] = ["ES256"]
        found["client_attestation_pop_signing_alg_values_supported"] = ["ES256"]
    return found


def jwks(deps: Deps) -> dict[str, object]:
    """Return the public key of access tokens as a JWK set."""
    key = deps.keys.token_key.public_key()
    jwk = public_jwk(key) | {"kid": thumbprint(key), "alg": "ES256", "use": "sig"}
    return {"keys": [jwk]}


def _methods(*, required: bool, attested: bool) -> list[str]:
    methods = [] if required else ["none"]
    return [*methods, "attest_jwt_client_auth"] if attested or required else methods
