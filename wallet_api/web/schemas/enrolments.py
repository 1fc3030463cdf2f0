"""Bodies of the enrolment's steps (docs/journey.md)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from wallet_api.web.schemas.parts import Answer, Body, Jwk, Label, ShortText, Time

SixDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class StartBody(Body):
    """Step 1: what the resident typed, and the phone's key."""

    nik: Annotated[str, Field(max_length=40, description="16 digits; separators are stripped")]
    email: Annotated[str, Field(max_length=254)]
    phone: Annotated[str, Field(max_length=40, description="Indonesian mobile number")]
    device_key: Jwk
    platform: Literal["android", "ios"]
    os_version: ShortText
    app_version: ShortText
    device_model: ShortText
    consent_version: ShortText
    language: Literal["id", "en"] = "id"


class CodesBody(Body):
    """Which codes to send again."""

    channels: Annotated[list[Literal["email", "sms"]], Field(min_length=1, max_length=2)]


class ContactBody(Body):
    """Step 2: one or both codes."""

    email_code: SixDigits | None = None
    sms_code: SixDigits | None = None


class FaceOfficeBody(Body):
    """Leave the face to an officer."""

    reason: Literal["cannot_turn_head", "no_camera", "prefer_office"]


class PinBody(Body):
    """Step 4: the public PIN key."""

    pin_key: Jwk


class ClaimBody(Body):
    """Step 6: the scanned frame."""

    frame: Annotated[str, Field(min_length=4, max_length=600)]


class Next(Answer):
    """What the app should do, and until when."""

    step: Literal[
        "wait", "contact", "face", "pin", "scan", "confirm", "show_number", "open_session", "none"
    ]
    deadline_at: Time | None


class ContactPart(Answer):
    """How far the contact is proven."""

    email_masked: str
    phone_masked: str
    email_verified: bool
    phone_verified: bool


class Coded(Answer):
    """A code with a sentence for the resident."""

    code: str
    message: str


class FrameNote(Answer):
    """What to mend about one frame of the last capture, by its place in the order asked."""

    position: int
    turn: Literal["front", "left", "right"]
    reasons: list[Coded]


class FacePart(Answer):
    """What the resident is told of the face: never a score."""

    outcome: Literal["accepted", "try_again", "officer"] | None
    attempts_left: int
    reasons: list[Coded]
    notes: list[FrameNote]
    retry_at: Annotated[Time | None, Field(description="end of the pause after a refusal")]
    capture: Annotated[str | None, Field(description="the capture under way")]


class OfficePart(Answer):
    """An office."""

    code: str
    name: str


class ActivationPart(Answer):
    """What the phone shows at the counter."""

    office: OfficePart
    kiosk: str
    number: str | None
    deadline_at: Time
    warning: str


class Status(Answer):
    """Where an enrolment stands."""

    enrolment: str
    state: str
    next: Next
    poll_seconds: int
    expires_at: Time
    server_time: Time
    contact: ContactPart
    face: FacePart
    activation: ActivationPart | None
    wallet: str | None
    notice: Coded | None
    warnings: list[Coded]


class PlatformPolicy(Answer):
    """Who may enrol with which phone."""

    supported: bool
    minimum_os: str
    minimum_app: str
    store_url: str


class PinPolicy(Answer):
    """The rules the phone applies to a PIN; the PIN itself never leaves it."""

    length: int
    blocked: list[str]
    rules: list[str]


class FacePolicyPart(Answer):
    """What a capture asks, its times in seconds, and the key that signs its prompts."""

    prompts: int
    frames: int
    frame_max_bytes: int
    seconds: int
    prompt_seconds: int
    upload_seconds: int
    challenge_key: dict[str, str]


class Presentation(Answer):
    """How often the phone signs anew."""

    renew_seconds: int


class Policy(Answer):
    """Everything an app needs to know before it starts."""

    server_time: Time
    consent_version: str
    platforms: dict[str, PlatformPolicy]
    pin: PinPolicy
    face: FacePolicyPart
    poll_seconds: int
    presentation: Presentation
    renew_after_fraction: float
    kiosk_ca: str
    bundle_root: dict[str, str]
    document_types: dict[str, Label]
