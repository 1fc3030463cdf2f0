"""The counter's calls of the wallet API, typed: enrol, shift, queue, confirm, refuse, block.

What comes back is read once (answers.py, waiting.py); the console works with those values.
Pictures pass through and are kept nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import uuid4

from credentials.errors import CredentialError
from credentials.jwk import load_jwk, public_jwk
from credentials.signing import PemSigner
from enrolment_kiosk.answers import read_office, read_part, read_text, read_time
from enrolment_kiosk.client import ApiClient, Call
from enrolment_kiosk.config import KioskSettings, Office
from enrolment_kiosk.errors import ApiUnreachable
from enrolment_kiosk.waiting import Day, Queue, read_day, read_queue

PictureKind = Literal["photo", "selfie"]

_PHOTO_TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})
_SAME_PERSON = "same_person"


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
        kiosk=read_text(document, "kiosk"),
        name=name,
        office=read_office(document),
        time_key={str(key): str(value) for key, value in time_key.items()},
        kiosk_ca=read_text(document, "kiosk_ca"),
    )


def read_opened(document: Mapping[str, object]) -> OpenedShift:
    """Return the shift of an answer; ApiUnreachable when it is none."""
    operator, certificate = read_part(document, "operator"), read_part(document, "certificate")
    return OpenedShift(
        shift=read_text(document, "shift"),
        token=read_text(document, "token"),
        operator=Operator(read_text(operator, "name"), read_text(operator, "role")),
        office=read_office(document),
        expires_at=read_time(document, "expires_at"),
        certificate=read_text(certificate, "pem"),
        certificate_not_after=read_time(certificate, "not_after"),
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
        return read_opened(self._client.call(call).document())

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
        return read_queue(self._client.call(call).document())

    def load_day(self, *, operator: str, language: str) -> Day:
        """Return what went wrong today, by reason."""
        call = Call(
            "GET",
            f"{self._base}/today",
            "today",
            self._kiosk,
            operator=operator,
            language=language,
        )
        return read_day(self._client.call(call).document())

    def load_picture(
        self, row: str, kind: PictureKind, *, operator: str, language: str
    ) -> tuple[str, bytes]:
        """Return a picture of a resident who waits: its type and bytes.

        "photo" is the registry's, "selfie" the one the resident's phone took. ApiProblem NO_PHOTO
        when there is none.
        """
        call = Call(
            "GET",
            f"{self._base}/queue/{row}/{kind}",
            kind,
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
        face_reason: str | None,
        operator: str,
        language: str,
        key: str,
    ) -> str:
        """Confirm the person; returns the new state, ACTIVATED or SECOND_OFFICER.

        `face_reason`: why the operator takes the person for the one in the pictures, where the
        machine left that to people.
        """
        decision = None if face_reason is None else _SAME_PERSON
        body = {"number": number, "face_decision": decision, "face_reason": face_reason}
        path = f"/queue/{row}/confirm"
        call = self._post(
            path, "activation_confirm", body, operator=operator, language=language, key=key
        )
        return read_text(self._client.call(call).document(), "state")

    def refuse(self, row: str, *, reason: str, operator: str, language: str, key: str) -> str:
        """Refuse with a reason; returns the new state."""
        path = f"/queue/{row}/refuse"
        body = {"reason": reason}
        call = self._post(
            path, "activation_refuse", body, operator=operator, language=language, key=key
        )
        return read_text(self._client.call(call).document(), "state")

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
