"""What the server asks during a capture, believed only when the server has signed it.

The challenge says: this capture, of this enrolment and this device. Each prompt says: look there,
now. Both are compact JWS (RFC 7515, ES256) by the key that `GET /v1/policy` named as
`face.challenge_key` when the enrolment began. An app that follows unsigned prompts can be made to
film its owner turning the head for somebody else's enrolment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from credentials.errors import CredentialError, FormatError
from credentials.jwk import b64url_decode, load_jwk, thumbprint
from credentials.signing import verify_es256
from samples.phone.errors import PhoneError
from samples.phone.handset import Phone

TYP_CHALLENGE: Final = "ikd-face-challenge+jwt"
TYP_PROMPT: Final = "ikd-face-prompt+jwt"
FRONT: Final = "front"
TURNS: Final = (FRONT, "left", "right")
_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing asked. `turn` is the resident's own side; `message` is for the screen."""

    number: int
    turn: str
    message: str
    token: str

    @property
    def shots(self) -> tuple[str, ...]:
        """What to take for it: one picture from the front, or one turned and one back again."""
        return (FRONT,) if self.turn == FRONT else (self.turn, FRONT)


def read_prompt(phone: Phone, capture: dict[str, Any]) -> Prompt:
    """Return the prompt of a Capture answer. Raises PhoneError CHALLENGE_UNTRUSTED."""
    return check_prompt(
        capture,
        challenge_key=phone.home.policy()["face"]["challenge_key"],
        enrolment=phone.state.enrolment,
        device_thumbprint=thumbprint(phone.device.public_key),
    )


def check_prompt(
    capture: dict[str, Any],
    *,
    challenge_key: dict[str, Any],
    enrolment: str,
    device_thumbprint: str,
) -> Prompt:
    """Return the prompt that a Capture answer tells, after all checks.

    Raises PhoneError CHALLENGE_UNTRUSTED, whose reason says which check failed.
    """
    told = capture["prompt"]
    try:
        challenge = open_jws(capture["challenge"], challenge_key, typ=TYP_CHALLENGE)
        asked = open_jws(told["token"], challenge_key, typ=TYP_PROMPT)
    except CredentialError as error:
        raise PhoneError("CHALLENGE_UNTRUSTED", reason=error.code) from error
    facts = {
        "capture": (challenge.get("jti"), capture["capture"]),
        "enrolment": (challenge.get("sub"), enrolment),
        "device": (challenge.get("jkt"), device_thumbprint),
        "prompt": (asked.get("jti"), capture["capture"]),
        "number": (asked.get("n"), told["number"]),
        "side": (asked.get("turn"), told["turn"]),
    }
    for name, (signed, said) in facts.items():
        if signed != said:
            raise PhoneError("CHALLENGE_UNTRUSTED", reason=name)
    if asked["turn"] not in TURNS:
        raise PhoneError("CHALLENGE_UNTRUSTED", reason="side")
    return Prompt(asked["n"], asked["turn"], told["message"]["message"], told["token"])


def open_jws(text: str, jwk: dict[str, Any], *, typ: str) -> dict[str, Any]:
    """Return the payload of a compact JWS by the key `jwk` with this `typ`.

    Raises FormatError or SignatureError.
    """
    parts = text.split(".")
    if len(parts) != _PARTS:
        raise FormatError("JWS_FORMAT")
    header, payload = _json(parts[0]), _json(parts[1])
    if header != {"alg": "ES256", "typ": typ}:
        raise FormatError("JWS_HEADER")
    signed = f"{parts[0]}.{parts[1]}".encode("ascii")
    verify_es256(load_jwk(jwk), signed, b64url_decode(parts[2]))
    return payload


def _json(part: str) -> dict[str, Any]:
    try:
        value = json.loads(b64url_decode(part))
    except ValueError as error:
        raise FormatError("JWS_FORMAT") from error
    if not isinstance(value, dict):
        raise FormatError("JWS_FORMAT")
    return value
