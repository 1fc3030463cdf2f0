"""A rush at the counters: desks with operators on shift, people who wait, signed confirmations.

People come to the counter as rows, without their phones' steps. What the kiosks send is signed
beforehand: in life other machines do that.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyotp
import sqlalchemy

from credentials.jwk import public_jwk, thumbprint
from credentials.signing import PemSigner
from credentials.statement import TYP_KIOSK, Statement, hash_body, sign_statement
from tests.wallet_api.counter_desk import PASSWORD, enrol, new_signer
from tests.wallet_api.simulators import PHOTO, World
from wallet_api.adapters.registry.tables import METADATA, PERSONS, PHOTOS
from wallet_api.rules import lifecycle
from wallet_api.rules.person import luhn_digit
from wallet_api.services import kiosks, nonces, operators, shift_opening, shifts
from wallet_api.services.counter_queue import Desk
from wallet_api.services.shift_opening import SignIn

OFFICE, NUMBER = "3174", "042"
BODY = json.dumps({"number": NUMBER, "face_decision": None}).encode()


@dataclass(frozen=True, slots=True)
class StaffedDesk:
    """A kiosk with its identity key, and the operator's shift there."""

    desk: Desk
    identity: PemSigner
    token: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody at a desk."""

    enrolment_id: str
    place: StaffedDesk


def open_desks(world: World, count: int) -> list[StaffedDesk]:
    """Open an office of `count` kiosks, each with an operator who has just signed in."""
    kiosks.add_office(world.deps, code=OFFICE, name="Kantor")
    return [_open_desk(world, f"Loket {at}", f"petugas{at}") for at in range(count)]


def _open_desk(world: World, name: str, username: str) -> StaffedDesk:
    deps, identity = world.deps, new_signer()
    kiosk_id, token = kiosks.add_kiosk(deps, office_code=OFFICE, name=name)
    jwk = public_jwk(identity.public_key)
    kiosks.enrol_kiosk(deps, token=token, identity_key=jwk, name=name)
    operator = operators.add_operator(
        deps, office_code=OFFICE, username=username, name=name, role="operator", password=PASSWORD
    )
    code = pyotp.TOTP(operator.totp_secret).at(deps.now())
    frames = public_jwk(new_signer().public_key)
    shift = shift_opening.open_shift(deps, kiosk_id, SignIn(username, PASSWORD, code), frames)
    bearer = str(shift["token"])
    return StaffedDesk(Desk(kiosk_id, shifts.find_shift(deps, kiosk_id, bearer)), identity, bearer)


def bring_people(
    world: World, places: Sequence[StaffedDesk], count: int, registry: Path
) -> list[Waiting]:
    """Let `count` people wait, spread over the desks; the registry's file knows them all."""
    niks = [nik_of(number) for number in range(count)]
    engine = sqlalchemy.create_engine(f"sqlite:///{registry}")
    METADATA.create_all(engine)
    with engine.begin() as db:
        persons = [
            {"nik": nik, "status": "FOUND", "person": "{}", "contacts": KNOWN} for nik in niks
        ]
        db.execute(PERSONS.insert(), persons)
        db.execute(PHOTOS.insert(), [{"nik": nik, "image": PHOTO} for nik in niks])
    engine.dispose()
    return [_bring(world, places[at % len(places)], nik) for at, nik in enumerate(niks)]


KNOWN = json.dumps({"emails": ["known@example.net"], "phones": []})


def nik_of(number: int) -> str:
    """Return the NIK of a person who does not exist: there are a hundred with a birth date."""
    born, serial = divmod(number, 100)
    digits = f"317405{1 + born % 28:02d}{1 + born // 28:02d}909{serial:02d}"
    return digits + luhn_digit(digits)


def _bring(world: World, place: StaffedDesk, nik: str) -> Waiting:
    now = world.deps.now()
    phone = enrol(
        world,
        nik,
        contact=f"c{nik}",
        state=lifecycle.AT_COUNTER,
        kiosk_id=place.desk.kiosk_id,
        claimed_at=now,
        deadline_at=now + timedelta(minutes=world.deps.settings.counter_minutes),
        number=NUMBER,
    )
    return Waiting(phone.enrolment_id, place)


def sign_confirmation(world: World, waiting: Waiting) -> str:
    """Return the whole request of the operator's confirmation, as the kiosk sends it."""
    place, deps = waiting.place, world.deps
    kiosk_id = place.desk.kiosk_id
    statement = Statement(
        "activation_confirm",
        kiosk_id,
        hash_body(BODY),
        nonces.make(deps),
        int(deps.now().timestamp()),
        thumbprint(place.identity.public_key),
        None,
    )
    headers = {
        "Host": "wallet.test",
        "Authorization": f"Bearer {place.token}",
        "Kiosk-Statement": sign_statement(statement, place.identity, typ=TYP_KIOSK),
        "Idempotency-Key": secrets.token_urlsafe(16),
        "Content-Type": "application/json",
        "Content-Length": str(len(BODY)),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    path = f"/v1/kiosks/{kiosk_id}/queue/{waiting.enrolment_id}/confirm"
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n{BODY.decode()}"
