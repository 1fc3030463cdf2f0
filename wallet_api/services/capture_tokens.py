"""What the server signs for a capture, and how it reads its own prompts back.

Two kinds of compact JWS by the challenge key (rule 6: the `typ` is part of what is signed): the
challenge says which capture of which enrolment and device this is, a prompt says what is asked
now. A phone can thus show afterwards that it was asked, and nobody else can ask it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import jwt

from credentials.errors import FormatError
from credentials.jwk import b64url_decode
from wallet_api.models import Enrolment, FaceCapture
from wallet_api.rules import face_capture
from wallet_api.rules.face_capture import Turn
from wallet_api.services.deps import Deps

CHALLENGE_TYPE: Final = "ikd-face-challenge+jwt"
PROMPT_TYPE: Final = "ikd-face-prompt+jwt"
LONGEST: Final = 2048
_MEMBERS: Final = frozenset({"jti", "n", "turn", "iat", "exp"})


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt of ours: which capture's, and its number."""

    capture: str
    number: int


def sign_challenge(deps: Deps, capture: FaceCapture, enrolment: Enrolment) -> str:
    """Return the challenge of a capture; the payload is the same each time."""
    payload = {
        "jti": capture.id,
        "sub": enrolment.id,
        "jkt": enrolment.device_jkt,
        "prompts": face_capture.PROMPTS,
        "iat": int(capture.opened_at.timestamp()),
        "exp": int(capture.expires_at.timestamp()),
    }
    return _sign(deps, CHALLENGE_TYPE, payload)


def sign_prompt(deps: Deps, capture: FaceCapture, turn: Turn) -> str:
    """Return the prompt that waits for an answer."""
    asked_at = capture.prompted_at.timestamp()
    payload = {
        "jti": capture.id,
        "n": capture.prompt,
        "turn": turn,
        "iat": asked_at,
        "exp": asked_at + face_capture.PROMPT_LIFE.total_seconds(),
    }
    return _sign(deps, PROMPT_TYPE, payload)


def read_prompt(deps: Deps, token: str) -> Prompt | None:
    """Read a prompt strictly; None for whatever we did not sign as one.

    The times inside are for the phone: the server judges by its own record of the capture.
    """
    if len(token) > LONGEST:
        return None
    try:
        for part in token.split("."):
            b64url_decode(part)  # strictly: a prompt has one spelling
        if jwt.get_unverified_header(token) != {"alg": "ES256", "typ": PROMPT_TYPE}:
            return None
        payload = jwt.decode(
            token,
            deps.keys.challenge_key.public_key(),
            algorithms=["ES256"],
            options={"verify_exp": False, "verify_iat": False},
        )
    except (FormatError, jwt.PyJWTError, ValueError, RecursionError):
        return None
    return _typed(payload)


def _typed(payload: dict[str, Any]) -> Prompt | None:
    capture, number = payload.get("jti"), payload.get("n")
    if payload.keys() != _MEMBERS or not isinstance(capture, str) or type(number) is not int:
        return None
    return Prompt(capture, number) if 0 <= number < face_capture.PROMPTS else None


def _sign(deps: Deps, typ: str, payload: dict[str, Any]) -> str:
    return jwt.encode(payload, deps.keys.challenge_key, "ES256", headers={"typ": typ})
