"""Bodies of a face capture: prompts, digests, what is missing (docs/face.md)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from wallet_api.web.schemas.enrolments import Coded
from wallet_api.web.schemas.parts import Answer, Body, ShortText, Time

Digest = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$"),
    Field(description="SHA-256 of a frame's bytes, base64url"),
]
Turn = Literal["front", "left", "right"]


class DigestsBody(Body):
    """The answer to a prompt: one frame for the first, else the turned one and one from before."""

    prompt: Annotated[str, Field(min_length=1, max_length=2048, description="as received")]
    digests: Annotated[list[Digest], Field(min_length=1, max_length=2)]


class FaceBody(Body):
    """Step 3: the capture to compare; all its frames have been sent."""

    capture: ShortText


class PromptPart(Answer):
    """What to do now. Left and right are the resident's own."""

    number: int
    turn: Turn
    message: Coded
    token: Annotated[str, Field(description="JWS typ ikd-face-prompt+jwt; send it back")]
    deadline_at: Time


class Capture(Answer):
    """Where a capture stands; ``missing`` are the digests of frames still to be sent."""

    capture: str
    state: Literal["open", "committed", "used", "failed", "abandoned"]
    challenge: Annotated[str, Field(description="JWS typ ikd-face-challenge+jwt")]
    prompt: PromptPart | None
    prompts: int
    missing: list[Digest]
    expires_at: Time
    frames_by: Time
    failure: Coded | None
    server_time: Time
