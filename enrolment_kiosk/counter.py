"""The counter's calls of the wallet API, typed: enrol, shift, queue, confirm, refuse, block.

What comes back is read here once; the console works with these values. Residents' values live in
memory only as long as somebody looks at them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from credentials.errors import CredentialError
from credentials.jwk import load_jwk, public_jwk
from credentials.signing import PemSigner
from enrolment_kiosk.client import ApiClient, Call
from enrolment_kiosk.config import KioskSettings, Office
from enrolment_kiosk.errors import ApiUnreachable

_PHOTO_TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})


@dataclass(frozen=True, slots=True)
class Operator:
    """Who works at the counter: the name shown, and the role (operator or supervisor)."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class OpenedShift:
    """A shift as the API opened it. `token` authorises the operator's calls; memory only."""

    shift: str
    token: str = field(repr=False)
    operator: Operator
    office: Office
    expires_at: datetime
    certificate: str
    certificate_not_after: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """One resident at the counter, as masked as the API sends it."""

    id: str
    state: str
    name_masked: str
    nik_masked: str
    device_model: str
    platform: str
    since: datetime
    deadline_at: datetime | None
    face: str
    second_officer: bool
    numbers_left: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Who waits, and today's counts of this counter."""

    waiting: tuple[Waiting, ...]
    confirmed: int
    refused: int


def enrol_kiosk(
    client: ApiClient, *, api: str, token: str, name: str, identity: PemSigner
) -> KioskSettings:
    """Enrol this PC with the one-time token of its office; returns who it is from now on."""
    body = {"token": token, "identity_key": public_jwk(identity.public_key), "name": name}
    call = Call("POST", "/v1/kiosks", "kiosk_enrol", "new", body, key=str(uuid4()))
    document = client.call(call).document()
    time_key = document.get("time_key")
    try:
        if not isinstance(time_key, dict):
            raise ApiUnreachable
        load_jwk(time_key)
    except CredentialError:
        raise ApiUnreachable from None
    return KioskSettings(
        api=api,
        kiosk=_text(document, "kiosk"),
        name=name,
        office=_office(document),
        time_key={str(key): str(value) for key, value in time_key.items()},
        kiosk_ca=_text(document, "kiosk_ca"),
    )


class Counter:
    """The calls of one enrolled kiosk. Each raises ApiProblem or ApiUnreachable."""

    def __init__(self, client: ApiClient, kiosk: str) -> None:
        """Take the client and this kiosk's id."""
        self._client = client
        self._kiosk = kiosk
        self._base = f"/v1/kiosks/{kiosk}"

    def open_shift(
        self, *, username: str, password: str, totp: str, frame_key: PemSigner, language: str
    ) -> OpenedShift:
        """Sign an operator in; the answer holds the certificate for the shift's frame key."""
        body = {
            "username": username,
            "password": password,
            "totp": totp,
            "frame_key": public_jwk(frame_key.public_key),
        }
        call = self._post("/shifts", "shift_open", body, operator=None, language=language)
        document = self._client.call(call).document()
        operator, certificate = _part(document, "operator"), _part(document, "certificate")
        return OpenedShift(
            shift=_text(document, "shift"),
            token=_text(document, "token"),
            operator=Operator(_text(operator, "name"), _text(operator, "role")),
            office=_office(document),
            expires_at=_time(document, "expires_at"),
            certificate=_text(certificate, "pem"),
            certificate_not_after=_time(certificate, "not_after"),
        )

    def close_shift(self, *, operator: str, language: str) -> None:
        """Sign the operator out."""
        self._client.call(
            self._post("/shifts/close", "shift_close", {}, operator=operator, language=language)
        )

    def load_queue(self, *, operator: str, language: str) -> Queue:
        """Return who waits now."""
        call = Call(
            "GET",
            f"{self._base}/queue",
            "queue",
            self._kiosk,
            operator=operator,
            language=language,
        )
        document = self._client.call(call).document()
        rows, today = document.get("waiting"), _part(document, "today")
        if not isinstance(rows, list):
            raise ApiUnreachable
        waiting = tuple(_waiting(row) for row in rows if isinstance(row, dict))
        return Queue(waiting, _number(today, "confirmed"), _number(today, "refused"))

    def load_photo(self, row: str, *, operator: str, language: str) -> tuple[str, bytes]:
        """Return the registry photo: its type and bytes. ApiProblem NO_PHOTO when there is none."""
        call = Call(
            "GET",
            f"{self._base}/queue/{row}/photo",
            "photo",
            self._kiosk,
            operator=operator,
            language=language,
        )
        answer = self._client.call(call)
        if answer.content_type not in _PHOTO_TYPES:
            raise ApiUnreachable
        return answer.content_type, answer.data

    def confirm(
        self,
        row: str,
        *,
        number: str | None,
        face_decision: str | None,
        operator: str,
        language: str,
        key: str,
    ) -> str:
        """Confirm the person; returns the new state, ACTIVATED or SECOND_OFFICER."""
        body = {"number": number, "face_decision": face_decision}
        path = f"/queue/{row}/confirm"
        call = self._post(
            path, "activation_confirm", body, operator=operator, language=language, key=key
        )
        return _text(self._client.call(call).document(), "state")

    def refuse(self, row: str, *, reason: str, operator: str, language: str, key: str) -> str:
        """Refuse with a reason; returns the new state."""
        path = f"/queue/{row}/refuse"
        body = {"reason": reason}
        call = self._post(
            path, "activation_refuse", body, operator=operator, language=language, key=key
        )
        return _text(self._client.call(call).document(), "state")

    def block(self, *, nik: str, reason: str, operator: str, language: str, key: str) -> None:
        """Ask for a person's wallet to be blocked; the answer is the same for every NIK."""
        body = {"nik": nik, "reason": reason}
        call = self._post(
            "/blocks", "block_nik", body, operator=operator, language=language, key=key
        )
        self._client.call(call)

    def _post(
        self,
        path: str,
        purpose: str,
        body: Mapping[str, object],
        *,
        operator: str | None,
        language: str,
        key: str | None = None,
    ) -> Call:
        return Call(
            "POST",
            self._base + path,
            purpose,
            self._kiosk,
            body,
            operator=operator,
            language=language,
            key=key or str(uuid4()),
        )


def _waiting(row: dict[str, object]) -> Waiting:
    return Waiting(
        id=_text(row, "id"),
        state=_text(row, "state"),
        name_masked=_text(row, "name_masked"),
        nik_masked=_text(row, "nik_masked"),
        device_model=_text(row, "device_model"),
        platform=_text(row, "platform"),
        since=_time(row, "since"),
        deadline_at=None if row.get("deadline_at") is None else _time(row, "deadline_at"),
        face=_text(row, "face"),
        second_officer=row.get("second_officer") is True,
        numbers_left=_number(row, "numbers_left"),
    )


def _part(document: Mapping[str, object], name: str) -> dict[str, object]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise ApiUnreachable
    return value


def _text(document: Mapping[str, object], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise ApiUnreachable
    return value


def _number(document: Mapping[str, object], name: str) -> int:
    value = document.get(name)
    if not isinstance(value, int):
        raise ApiUnreachable
    return value


def _time(document: Mapping[str, object], name: str) -> datetime:
    try:
        value = datetime.fromisoformat(_text(document, name))
    except ValueError:
        raise ApiUnreachable from None
    if value.tzinfo is None:
        raise ApiUnreachable
    return value.astimezone(UTC)


def _office(document: Mapping[str, object]) -> Office:
    office = _part(document, "office")
    return Office(_text(office, "code"), _text(office, "name"))
