"""An office with its kiosk, its operators and the people who come to it, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyotp

from credentials.jwk import b64url_decode, load_jwk, public_jwk, thumbprint
from credentials.kiosk_frame import Frame, frame_at, sign_frame
from credentials.signing import PemSigner, compress, generate_pem
from credentials.statement import (
    TYP_PIN,
    Statement,
    UnverifiedStatement,
    hash_body,
    parse_statement,
    sign_statement,
)
from wallet_api.models import Enrolment, new_id
from wallet_api.rules import lifecycle
from wallet_api.services import (
    activation,
    counter,
    kiosks,
    operators,
    people,
    pin_keys,
    shift_opening,
    shifts,
)
from wallet_api.services.counter import Confirmation
from wallet_api.services.counter_queue import Desk
from wallet_api.services.operators import NewOperator
from wallet_api.services.shift_opening import SignIn
from wallet_api.services.shifts import ShiftFacts
from wallet_api.services.transitions import load

from .simulators import NIK, PHOTO, World

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSWORD = "correct horse battery"


def new_signer() -> PemSigner:
    return PemSigner(generate_pem())


@dataclass
class Counter:
    """One kiosk of one office. `frame_signer` changes with each shift."""

    world: World
    office: str
    kiosk_id: str
    secret: bytes = b"a kiosk's secret of 32 bytes...."
    frame_signer: PemSigner = field(default_factory=new_signer)

    def add_operator(self, username: str = "budi", role: str = "operator") -> NewOperator:
        return operators.add_operator(
            self.world.deps,
            office_code=self.office,
            username=username,
            name=username.title(),
            role=role,
            password=PASSWORD,
        )

    def sign_in(self, operator: NewOperator, *, kiosk_id: str | None = None) -> Desk:
        """Open a shift with a fresh frame key."""
        self.frame_signer = new_signer()
        where = kiosk_id or self.kiosk_id
        answer = shift_opening.open_shift(
            self.world.deps, where, self.factors(operator), public_jwk(self.frame_signer.public_key)
        )
        return Desk(where, self.find_shift(str(answer["token"]), where))

    def find_shift(self, token: str, kiosk_id: str | None = None) -> ShiftFacts:
        return shifts.find_shift(self.world.deps, kiosk_id or self.kiosk_id, token)

    def factors(self, operator: NewOperator) -> SignIn:
        """User name, password and the code of this moment's step; moves on to the next step."""
        self.world.clock.advance(seconds=30)
        code = pyotp.TOTP(operator.totp_secret).at(self.world.clock.now())
        return SignIn(operator.username, operator.password, code)

    def frame(self) -> Frame:
        moment = int(self.world.clock.now().timestamp())
        return frame_at(self.kiosk_id, self.office, self.secret, moment)

    def frame_text(self) -> str:
        return sign_frame(self.frame(), self.frame_signer)


@dataclass
class Phone:
    """A phone whose enrolment has come as far as PIN_SET."""

    world: World
    enrolment_id: str
    device: PemSigner
    pin: PemSigner

    def pin_proof(self, *, signer: PemSigner | None = None) -> UnverifiedStatement:
        """What the PIN key says at the confirmation; `signer`: of a wrong PIN."""
        statement = Statement(
            "confirm",
            self.enrolment_id,
            hash_body(b"{}"),
            "nonce",
            int(self.world.clock.now().timestamp()),
            thumbprint(self.device.public_key),
            thumbprint(self.pin.public_key),
        )
        text = sign_statement(statement, signer or self.pin, typ=TYP_PIN)
        return parse_statement(text, typ=TYP_PIN)

    def claim(self, counter_: Counter) -> Mapping[str, object]:
        return activation.claim(self.world.deps, self.enrolment_id, counter_.frame_text())

    def confirm(self) -> str:
        """Confirm with the PIN; returns the number on the screen."""
        status = activation.confirm(self.world.deps, self.enrolment_id, self.pin_proof())
        shown = status["activation"]
        assert isinstance(shown, dict)
        return str(shown["number"])

    def come_to(self, counter_: Counter) -> str:
        """Scan and confirm; returns the number. Ten seconds pass: the next frame is another."""
        self.claim(counter_)
        number = self.confirm()
        self.world.clock.advance(seconds=10)
        return number

    def state(self) -> str:
        return self.row().state

    def row(self) -> Enrolment:
        with self.world.deps.transaction() as db:
            return load(db, self.world.deps, self.enrolment_id)


def open_counter(world: World, office: str = "3173", *, add_office: bool = True) -> Counter:
    """An office with one enrolled kiosk."""
    if add_office:
        kiosks.add_office(world.deps, code=office, name=f"Kantor {office}")
    kiosk_id, token = kiosks.add_kiosk(world.deps, office_code=office, name="Loket 1")
    key = public_jwk(new_signer().public_key)
    kiosks.enrol_kiosk(world.deps, token=token, identity_key=key, name="Loket 1")
    return Counter(world, office, kiosk_id)


def enrol(world: World, nik: str = NIK, *, contact: str = "new", **values: object) -> Phone:
    """A phone with a verified contact, a decided face and a PIN; the registry knows the NIK."""
    if nik not in world.registry.people:
        world.registry.add(nik)
    deps, row_id = world.deps, new_id()
    device, pin = new_signer(), new_signer()
    with deps.transaction() as db:
        person = people.find_or_add(db, deps, nik)
        people.store_answer(deps, person, world.registry.people[nik], at=deps.now())
        held = pin_keys.seal_pin_key(deps, person.dek, f"enrolment|{row_id}", pin.public_key)
        email, phone = f"{contact}@example.net", f"+62812{abs(hash(contact)) % 10**8:08d}"
        fields: dict[str, object] = {
            "id": row_id,
            "person_id": person.id,
            "state": lifecycle.PIN_SET,
            "created_at": deps.now(),
            "expires_at": deps.now() + deps.settings.enrolment_life,
            "device_jkt": thumbprint(device.public_key),
            "device_key": compress(device.public_key),
            "platform": "android",
            "os_version": "15",
            "app_version": "1.0.0",
            "device_model": "Pixel 9",
            "language": "id",
            "consent_version": "2026-11",
            "email_sealed": deps.vault.seal(
                person.dek, f"enrolment|email|{row_id}", email.encode()
            ),
            "email_index": deps.vault.blind_index("email", email),
            "phone_sealed": deps.vault.seal(
                person.dek, f"enrolment|phone|{row_id}", phone.encode()
            ),
            "phone_index": deps.vault.blind_index("phone", phone),
            "photo_sealed": deps.vault.seal(person.dek, f"enrolment|photo|{row_id}", PHOTO),
            "registry_status": "FOUND",
            "face_outcome": "accepted",
            "pin_key_sealed": held.sealed,
            "pin_key_mac": held.mac,
            "pin_pepper": held.pepper,
        }
        db.add(Enrolment(**(fields | values)))
    return Phone(world, row_id, device, pin)


def confirm(
    world: World,
    desk: Desk,
    phone: Phone,
    number: str | None,
    *,
    face: str | None = None,
    why: str | None = None,
    drawn: float = 99.0,
) -> str:
    """The officer confirms; returns the new state. `drawn` decides the random second officer.

    `why`: the same person's face, for this reason.
    """
    said = Confirmation(number, face or ("same_person" if why else None), why)
    answer = counter.confirm(world.deps, desk, phone.enrolment_id, said, draw=lambda: drawn)
    return str(answer["state"])


def point_of(jwk: Mapping[str, object]) -> bytes:
    return compress(load_jwk(jwk))


def kid_of(answer: Mapping[str, object]) -> bytes:
    certificate = answer["certificate"]
    assert isinstance(certificate, dict)
    return b64url_decode(str(certificate["kid"]))
