"""Vectors of the face step: which prompts a phone follows, and what it answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from credentials.jwk import b64url_encode, public_jwk, thumbprint
from samples.client_vectors import statements
from samples.client_vectors.made_keys import named
from samples.phone.challenge import TYP_CHALLENGE, TYP_PROMPT

CAPTURE, OTHER_CAPTURE = "cap_sample0000000001", "cap_sample0000000002"
KEY, STRANGER = "challenge", "stranger"
PROMPT_SECONDS, CAPTURE_SECONDS = 12, 45
TOLD = {"front": "Lihat lurus ke kamera.", "left": "Tolehkan kepala ke kiri Anda."}


def cases() -> Iterator[dict[str, Any]]:
    """Yield answers of the server with the phone's decision."""
    yield _case("front", "the first prompt: one picture from the front", answer(), None)
    yield _case("turned", "a side: one turned, one back again", answer(3, "left"), None)
    other = {**answer(), "capture": OTHER_CAPTURE}
    yield _case("other-capture", "the challenge is of another capture", other, "capture")
    yield _case(
        "other-enrolment",
        "signed for somebody else's enrolment",
        answer(challenge=challenge(sub="enr_sample0000000002")),
        "enrolment",
    )
    stolen = challenge(jkt=thumbprint(named(STRANGER).public_key))
    yield _case("other-device", "signed for another device", answer(challenge=stolen), "device")
    foreign = told(0, "front", token=prompt(0, "front", capture=OTHER_CAPTURE))
    yield _case("other-prompt", "another capture's prompt", answer(prompt=foreign), "prompt")
    earlier = told(3, "left", token=prompt(1, "left"))
    yield _case("earlier-prompt", "a prompt answered before", answer(prompt=earlier), "number")
    turned = told(1, "left", token=prompt(1, "right"))
    yield _case("other-side", "the text names another side", answer(prompt=turned), "side")
    up = told(1, "up", token=prompt(1, "up"))
    yield _case("no-side", "a side that nobody is asked for", answer(prompt=up), "side")
    forged = told(1, "left", token=prompt(1, "left", key=STRANGER))
    yield _case("forged", "signed by another key", answer(prompt=forged), "SIGNATURE_INVALID")
    mixed = told(0, "front", token=challenge())
    yield _case("no-prompt", "a challenge in a prompt's place", answer(prompt=mixed), "JWS_HEADER")
    yield _case("no-jws", "an unsigned text", answer(challenge="challenge"), "JWS_FORMAT")


def digest_cases() -> Iterator[dict[str, Any]]:
    """Yield answers to prompts: digests of the frames, in the order asked."""
    for number, turn, frames in ((0, "front", (b"F0",)), (1, "left", (b"L1", b"F2"))):
        digests = [b64url_encode(hashlib.sha256(frame).digest()) for frame in frames]
        body = {"prompt": prompt(number, turn), "digests": digests}
        step = statements.step(
            turn,
            "SHA-256 of each frame's bytes, as they will be sent",
            "face_digests",
            statements.ENROLMENT,
            body,
        )
        step["input"] |= {
            "frames": [b64url_encode(frame) for frame in frames],
            "challenge_key": public_jwk(named(KEY).public_key),
        }
        yield step


def answer(number: int = 0, turn: str = "front", **changes: Any) -> dict[str, Any]:
    """Return what the phone looks at of a Capture answer."""
    asked = told(number, turn)
    return {"capture": CAPTURE, "challenge": challenge(), "prompt": asked, **changes}


def told(number: int, turn: str, *, token: str = "") -> dict[str, Any]:
    """Return the prompt of a Capture answer."""
    message = {"code": f"LOOK_{turn.upper()}", "message": TOLD.get(turn, turn)}
    token = token or prompt(number, turn)
    return {"number": number, "turn": turn, "message": message, "token": token}


def challenge(**changes: object) -> str:
    """Return a signed challenge."""
    payload = {
        "jti": CAPTURE,
        "sub": statements.ENROLMENT,
        "jkt": thumbprint(named(statements.DEVICE).public_key),
        "prompts": 5,
        "iat": statements.NOW,
        "exp": statements.NOW + CAPTURE_SECONDS,
    }
    return _sign(TYP_CHALLENGE, {**payload, **changes}, KEY)


def prompt(number: int, turn: str, *, capture: str = CAPTURE, key: str = KEY) -> str:
    """Return a signed prompt; its times are fractions of seconds."""
    asked_at = statements.NOW + 4.25 * number
    payload = {
        "jti": capture,
        "n": number,
        "turn": turn,
        "iat": asked_at,
        "exp": asked_at + PROMPT_SECONDS,
    }
    return _sign(TYP_PROMPT, payload, key)


def _sign(typ: str, payload: dict[str, object], key: str) -> str:
    header = {"alg": "ES256", "typ": typ}
    signed = ".".join(
        b64url_encode(json.dumps(part, separators=(",", ":")).encode())
        for part in (header, payload)
    )
    return f"{signed}.{b64url_encode(named(key).sign(signed.encode('ascii')))}"


def _case(name: str, why: str, capture: dict[str, Any], reason: str | None) -> dict[str, Any]:
    given = {
        "capture": capture,
        "challenge_key": public_jwk(named(KEY).public_key),
        "enrolment": statements.ENROLMENT,
        "device_thumbprint": thumbprint(named(statements.DEVICE).public_key),
    }
    expected: dict[str, Any] = {"followed": reason is None, "reason": reason}
    if reason is None:
        turn = capture["prompt"]["turn"]
        expected["number"] = capture["prompt"]["number"]
        expected["take"] = ["front"] if turn == "front" else [turn, "front"]
    return {"name": name, "why": why, "input": given, "expected": expected}
