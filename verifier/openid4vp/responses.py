"""A wallet's answer (OpenID4VP 1.0 sections 8.1 to 8.3 and 8.5): opened and taken apart.

`direct_post.jwt` and nothing else: an answer in the clear is refused, since personal data would
have lain open wherever TLS ends. Nothing of what comes out is believed yet.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import CredentialError
from credentials.json_text import parse_object
from credentials.jwe import decrypt_jwe, parse_jwe
from credentials.jwk import thumbprint
from verifier.openid4vp.errors import Rejected
from verifier.openid4vp.queries import QUERY_ID

MAX_FORM = 1 << 21  # bytes: a JWE of 1 MiB, percent-encoded where a client does so
_MAX_DEPTH = 8
_ERROR = re.compile(r"[a-z_]{1,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the wallet says: one presentation, or the OAuth error with which it declines."""

    presentation: str = ""
    declined: str = ""


def open_answer(
    form: Mapping[str, str], private_key: ec.EllipticCurvePrivateKey, *, state: str
) -> Answer:
    """Read the posted form. `private_key` is this request's own, `state` what we asked with.

    Rejected: RESPONSE_NOT_ENCRYPTED, RESPONSE_MISSING, RESPONSE_FORMAT, STATE_MISMATCH,
    QUERY_UNKNOWN, PRESENTATION_COUNT, JWE_KEY; CredentialError of the JWE and its JSON.
    """
    if "response" not in form:
        if "error" in form:
            _check_state(form.get("state", state), state)
            return Answer(declined=_error_of(form["error"]))
        raise Rejected("RESPONSE_NOT_ENCRYPTED" if "vp_token" in form else "RESPONSE_MISSING")
    if {"vp_token", "id_token", "error"} & form.keys():
        raise Rejected("RESPONSE_FORMAT", "also in the clear")
    members = _decrypt(form["response"], private_key)
    _check_state(members.get("state"), state)
    if "error" in members:
        return Answer(declined=_error_of(members["error"]))
    return Answer(presentation=_presentation_of(members.get("vp_token")))


def _decrypt(text: str, private_key: ec.EllipticCurvePrivateKey) -> dict[str, object]:
    unopened = parse_jwe(text)
    # The only key of this request; who names another one means another request.
    if unopened.kid is not None and unopened.kid != thumbprint(private_key.public_key()):
        raise Rejected("JWE_KEY")
    plaintext = decrypt_jwe(unopened, private_key)
    try:
        return parse_object(plaintext, max_depth=_MAX_DEPTH)
    except CredentialError as error:
        raise Rejected("RESPONSE_FORMAT", error.code) from None


def _check_state(value: object, state: str) -> None:
    if not isinstance(value, str) or not hmac.compare_digest(value.encode(), state.encode()):
        raise Rejected("STATE_MISMATCH")


def _presentation_of(vp_token: object) -> str:
    """Return the one presentation of {"<query id>": ["…"]} (section 8.1)."""
    if not isinstance(vp_token, dict) or not vp_token:
        raise Rejected("RESPONSE_FORMAT", "vp_token")
    if vp_token.keys() != {QUERY_ID}:
        raise Rejected("QUERY_UNKNOWN")
    presentations = vp_token[QUERY_ID]
    if not isinstance(presentations, list):
        raise Rejected("RESPONSE_FORMAT", "vp_token")
    if len(presentations) != 1:
        raise Rejected("PRESENTATION_COUNT")
    if not isinstance(presentations[0], str):
        raise Rejected("RESPONSE_FORMAT", "vp_token")
    return presentations[0]


def _error_of(value: object) -> str:
    if not isinstance(value, str) or not _ERROR.fullmatch(value):
        raise Rejected("RESPONSE_FORMAT", "error")
    return value
