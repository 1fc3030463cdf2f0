"""Bodies of the counter: activation, kiosks, operators."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from wallet_api.web.schemas.enrolments import OfficePart
from wallet_api.web.schemas.parts import Answer, Body, Jwk, Time

Secret = Annotated[str, Field(min_length=1, max_length=128)]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
FaceApproval = Literal[
    "same_in_person",
    "older_photo",
    "glasses_or_veil",
    "injury_or_surgery",
    "documents_checked",
]
FailureReason = Literal[
    "not_the_person",
    "other_person_on_phone",
    "face_not_settled",
    "number_mismatch",
    "documents_missing",
    "under_pressure",
    "technical",
    "other",
    "cancelled",
    "frame_expired",
    "frame_used",
    "not_eligible",
    "number_wrong",
    "pin_not_entered",
    "pin_wrong",
    "sign_in",
    "time_over",
]
FaceReason = Literal[
    "NOT_SAME_FACE",
    "DOUBTFUL",
    "FRAMES_DIFFER",
    "FRAME_REPEATED",
    "FRAME_SEEN",
    "REFERENCE_MISSING",
    "REFERENCE_UNUSABLE",
    "CANNOT_TURN_HEAD",
    "NO_CAMERA",
    "PREFER_OFFICE",
    "ATTEMPTS_SPENT",
    "ATTEMPTS_TODAY",
    "OTHER",
]


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


class Pictures(Answer):
    """Which pictures there are to compare; ``taken_at``: when the phone took its own."""

    registry: bool
    selfie: bool
    taken_at: Time | None


class Waiting(Answer):
    """Somebody at the counter.

    ``face_reasons`` says why the machine left the face to an officer, from a closed catalogue.
    ``approved_by_you``: this operator was the first officer, a colleague must be the second.
    """

    id: str
    state: str
    name_masked: str
    nik_masked: str
    device_model: str
    platform: str
    since: Time
    deadline_at: Time
    face: Literal["machine", "officer"]
    face_reasons: list[FaceReason]
    face_no_match: bool
    pictures: Pictures
    second_officer: bool
    approved_by_you: bool
    numbers_left: int


class Today(Answer):
    """Today's counts."""

    confirmed: int
    refused: int


class Failure(Answer):
    """How often one thing went wrong today, at this counter and in the whole office."""

    reason: FailureReason
    counter: int
    office: int


class DayAnswer(Answer):
    """Today's failures by reason; ``day`` is the office's own date, ``zone`` its time zone."""

    day: str
    zone: Literal["WIB", "WITA", "WIT"]
    failures: list[Failure]
    server_time: Time


class QueueAnswer(Answer):
    """Who waits."""

    waiting: list[Waiting]
    today: Today
    server_time: Time


class ConfirmBody(Body):
    """The number on the phone (none for a second officer), and the face where asked.

    ``face_reason`` goes with ``face_decision``: why the officer takes them for the same person.
    """

    number: Number | None
    face_decision: Literal["same_person"] | None
    face_reason: FaceApproval | None = None


class ConfirmAnswer(Answer):
    """ACTIVATED, or SECOND_OFFICER when another one must confirm as well."""

    state: Literal["ACTIVATED", "SECOND_OFFICER"]
    server_time: Time


class RefuseBody(Body):
    """Why; for the audit, never for the resident."""

    reason: Literal[
        "not_the_person",
        "other_person_on_phone",
        "face_not_settled",
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
