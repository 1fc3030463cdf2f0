"""Bodies of the counter: activation, kiosks, operators."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from wallet_api.web.schemas.enrolments import OfficePart
from wallet_api.web.schemas.parts import Answer, Body, Jwk, Time

Secret = Annotated[str, Field(min_length=1, max_length=128)]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class KioskEnrolBody(Body):
    """A planned kiosk's first start: its one-time token and its own key."""

    token: Secret
    identity_key: Jwk
    name: Annotated[str, Field(min_length=1, max_length=64)]


class KioskEnrolAnswer(Answer):
    """What the kiosk keeps."""

    kiosk: str
    office: OfficePart
    time_key: dict[str, str]
    kiosk_ca: str
    server_time: Time


class ShiftBody(Body):
    """An operator's two factors, and the shift's frame key."""

    username: Annotated[str, Field(min_length=1, max_length=64)]
    password: Secret
    totp: Code
    frame_key: Jwk


class OperatorPart(Answer):
    """Who signed in."""

    name: str
    role: str


class CertificatePart(Answer):
    """The certificate of the frame key."""

    kid: str
    pem: str
    not_after: Time


class ShiftAnswer(Answer):
    """An open shift; ``token`` goes into Authorization: Bearer."""

    shift: str
    token: str
    operator: OperatorPart
    expires_at: Time
    office: OfficePart
    certificate: CertificatePart
    server_time: Time


class Waiting(Answer):
    """Somebody at the counter."""

    id: str
    state: str
    name_masked: str
    nik_masked: str
    device_model: str
    platform: str
    since: Time
    deadline_at: Time
    face: Literal["machine", "officer"]
    second_officer: bool
    numbers_left: int


class Today(Answer):
    """Today's counts."""

    confirmed: int
    refused: int


class QueueAnswer(Answer):
    """Who waits."""

    waiting: list[Waiting]
    today: Today
    server_time: Time


class ConfirmBody(Body):
    """The number on the phone (none for a second officer), and the face where asked."""

    number: Number | None
    face_decision: Literal["same_person"] | None


class ConfirmAnswer(Answer):
    """ACTIVATED, or SECOND_OFFICER when another one must confirm as well."""

    state: Literal["ACTIVATED", "SECOND_OFFICER"]
    server_time: Time


class RefuseBody(Body):
    """Why; for the audit, never for the resident."""

    reason: Literal[
        "not_the_person",
        "number_mismatch",
        "documents_missing",
        "under_pressure",
        "technical",
        "other",
    ]


class RefuseAnswer(Answer):
    """REFUSED."""

    state: Literal["REFUSED"]


class BlockNikBody(Body):
    """Whose wallet to block, and why."""

    nik: Annotated[str, Field(min_length=1, max_length=40)]
    reason: Literal["lost", "stolen", "fraud", "other"]


class AcceptedAnswer(Answer):
    """The same for every NIK."""

    accepted: bool


class CertificateAnswer(Answer):
    """The certificate of a scanned frame's key."""

    kid: str
    certificate: str
    kiosk: str
    office: OfficePart
