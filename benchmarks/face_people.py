"""Residents whose capture is complete and waits for its comparison, and their signed requests.

They come to be as rows, without their phones' steps; their frames are real pictures, sealed as
the service seals them.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from benchmarks.counter_rush import nik_of
from benchmarks.face_pictures import TURNS, whole_capture
from credentials.jwk import thumbprint
from credentials.signing import PemSigner
from credentials.statement import TYP_DEVICE, Statement, hash_body, sign_statement
from tests.wallet_api.counter_desk import enrol
from tests.wallet_api.simulators import World
from wallet_api.models import Enrolment, FaceCapture, FaceFrame, new_id
from wallet_api.ports.faces import FaceJob
from wallet_api.rules import face_capture, lifecycle
from wallet_api.services import face_frames, nonces
from wallet_api.services.capture_view import turn_of


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody before the comparison."""

    enrolment_id: str
    capture_id: str
    device: PemSigner


def bring_residents(world: World, count: int) -> list[Resident]:
    """Add so many, each with nine frames of their own."""
    job = whole_capture()
    return [_bring(world, job, number) for number in range(count)]


def _bring(world: World, job: FaceJob, number: int) -> Resident:
    deps, now, nik = world.deps, world.deps.now(), nik_of(number)
    phone = enrol(
        world, nik, contact=f"f{nik}", state=lifecycle.CONTACT_VERIFIED, face_outcome=None
    )
    capture = FaceCapture(
        id=new_id(),
        enrolment_id=phone.enrolment_id,
        state=face_capture.COMMITTED,
        prompt=face_capture.PROMPTS,
        opened_at=now,
        prompted_at=now,
        expires_at=now + face_capture.LIFE,
        frames_by=now + timedelta(hours=1),
    )
    shown = {turn: [one.data for one in job.frames if one.turn == turn] for turn in set(TURNS)}
    with deps.transaction() as db:
        enrolment = db.get_one(Enrolment, phone.enrolment_id)
        person = enrolment.person
        place = f"enrolment|photo|{enrolment.id}"
        enrolment.photo_sealed = deps.vault.seal(person.dek, place, job.reference or b"")
        db.add(capture)
        db.flush()
        for prompt in range(face_capture.PROMPTS):
            asked = face_capture.frames_of(prompt, turn_of(deps, capture.id, prompt))
            for position, turn in asked.items():
                # A few bytes after the end of a JPEG make a file of its own, and change nothing.
                data = shown[turn][position // 2 % len(shown[turn])] + secrets.token_bytes(8)
                digest = hashlib.sha256(data).digest()
                frame = FaceFrame(
                    capture_id=capture.id, position=position, turn=turn, digest=digest
                )
                frame.sealed = face_frames.seal(deps, person, frame, data)
                db.add(frame)
    return Resident(phone.enrolment_id, capture.id, phone.device)


def sign_requests(world: World, residents: Sequence[Resident], *, each: int) -> list[list[str]]:
    """Return the requests for their comparison: the same thing, each time with a fresh nonce."""
    return [[_sign(world, resident) for _ in range(each)] for resident in residents]


def _sign(world: World, resident: Resident) -> str:
    body = json.dumps({"capture": resident.capture_id})
    statement = Statement(
        "face",
        resident.enrolment_id,
        hash_body(body.encode()),
        nonces.make(world.deps),
        int(world.deps.now().timestamp()),
        thumbprint(resident.device.public_key),
        None,
    )
    headers = {
        "Host": "wallet.test",
        "Wallet-Statement": sign_statement(statement, resident.device, typ=TYP_DEVICE),
        "Idempotency-Key": secrets.token_urlsafe(16),
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /v1/enrolments/{resident.enrolment_id}/face HTTP/1.1\r\n{lines}\r\n{body}"
