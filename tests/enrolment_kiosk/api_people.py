"""Sample residents and operators of the API simulator."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyotp


@dataclass
class Person:
    """One resident at the counter."""

    name: str
    nik: str
    device: str = "Samsung SM-A156E"
    number: str = "042"
    face: str = "machine"
    face_reasons: tuple[str, ...] = ()
    face_no_match: bool = False
    photo: bytes | None = None
    selfie: bytes | None = None
    taken_at: str | None = None
    second_officer_drawn: bool = False
    id: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    state: str = "AT_COUNTER"
    numbers_left: int = 3
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    first_officer: str | None = None
    face_approvals: list[str] = field(default_factory=list)


@dataclass
class Operator:
    """One account."""

    name: str
    password: str
    role: str = "operator"
    totp: str = field(default_factory=pyotp.random_base32)

    def code(self) -> str:
        return pyotp.TOTP(self.totp).now()


class Refused(Exception):
    """A problem document."""

    def __init__(self, status: int, code: str, **members: object) -> None:
        super().__init__(code)
        self.status, self.code, self.members = status, code, members
