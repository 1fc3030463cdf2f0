"""The wallet API as a kiosk sees it: a real HTTP server on loopback that one line can bend.

It checks what the real one checks of a kiosk: statement signature and type, purpose, subject, body
hash, nonces of single use, idempotency keys, the shift's token. It knows sample people only.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import request
from werkzeug.serving import BaseWSGIServer, make_server

from credentials.signing import PemSigner, generate_pem, key_id
from credentials.statement import TYP_KIOSK, check_body, parse_statement, verify_statement
from tests.enrolment_kiosk.api_people import Operator, Person, Refused
from tests.enrolment_kiosk.api_routes import build
from tests.enrolment_kiosk.api_signing import issue_certificate, stamp


@dataclass
class Bends:
    """What one line can change."""

    delay: float = 0.0
    clock_ahead: float = 0.0
    time_forged: bool = False
    time_nonce: str | None = None
    shift_life: timedelta = timedelta(hours=8)
    other_ca: bool = False
    break_after_confirm: bool = False


class ApiSimulator:
    """`start` and `stop` it; people and operators are plain attributes."""

    def __init__(self) -> None:
        self.bend = Bends()
        self.people: list[Person] = []
        self.operators: dict[str, Operator] = {}
        self.token = "-" + secrets.token_urlsafe(24)  # any base64url text may be one
        self.kiosk = "kiosk-7f3a"
        self.office = {"code": "3173", "name": "Disdukcapil Kota Jakarta Barat"}
        self.identity: ec.EllipticCurvePublicKey | None = None
        self.time_signer = PemSigner(generate_pem())
        self.ca_key = ec.generate_private_key(ec.SECP256R1())
        self.certificates: dict[str, x509.Certificate] = {}
        self.shifts: dict[str, str] = {}
        self.closed: list[str] = []
        self.blocked: list[tuple[str, str]] = []
        self.refusals: list[str] = []
        self.calls: list[str] = []
        self.today = {"confirmed": 0, "refused": 0}
        self.failures: list[dict[str, object]] = []
        self.passkeys: list[dict[str, object]] = []
        self.passkeys_demanded = False
        self.nonces: set[str] = set()
        self.kept: dict[str, tuple[int, dict[str, object]]] = {}
        self._lock = threading.RLock()
        self._server: BaseWSGIServer | None = None
        self._port = 0
        self._app = build(self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen; after a `stop` on the same port again."""
        self._server = make_server("127.0.0.1", self._port, self._app, threaded=True)
        self._server.daemon_threads = True
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Become unreachable."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def add_operator(self, username: str, name: str) -> Operator:
        self.operators[username] = Operator(name, f"kata sandi {username}")
        return self.operators[username]

    def certify(self, key: ec.EllipticCurvePublicKey, not_after: datetime) -> str:
        signer = ec.generate_private_key(ec.SECP256R1()) if self.bend.other_ca else self.ca_key
        certificate = issue_certificate(self.kiosk, key, signer, not_after)
        self.certificates[key_id(key).hex()] = certificate
        return certificate.public_bytes(serialization.Encoding.PEM).decode()

    def ca_pem(self) -> str:
        not_after = datetime.now(UTC) + timedelta(days=3650)
        own = issue_certificate(
            "Kiosk CA", self.ca_key.public_key(), self.ca_key, not_after, ca=True
        )
        return own.public_bytes(serialization.Encoding.PEM).decode()

    def fresh_nonce(self) -> str:
        nonce = secrets.token_urlsafe(16)
        self.nonces.add(nonce)
        return nonce

    def check(self, purpose: str, key: ec.EllipticCurvePublicKey | None, subject: str) -> None:
        """Check the kiosk's statement as the API does; POSTs use the nonce up."""
        unverified = parse_statement(request.headers.get("Kiosk-Statement", ""), typ=TYP_KIOSK)
        if key is None:
            raise Refused(401, "KIOSK_UNKNOWN")
        statement = verify_statement(unverified, key)
        check_body(statement, request.get_data())
        if statement.purpose != purpose or statement.subject != subject:
            raise Refused(401, "STATEMENT_INVALID")
        now = time.time() + self.bend.clock_ahead
        if abs(statement.issued_at - now) > 300:
            raise Refused(400, "CLOCK_SKEW", server_time=stamp(now))
        if statement.nonce not in self.nonces:
            raise Refused(401, "NONCE_REQUIRED")
        if request.method == "POST":
            self.nonces.discard(statement.nonce)

    def operator(self) -> str:
        """Return the username of the shift's token."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.shifts:
            raise Refused(401, "SHIFT_ENDED")
        return self.shifts[token]

    def person(self, row: str) -> Person:
        for person in self.people:
            if person.id == row and person.state in {"AT_COUNTER", "SECOND_OFFICER"}:
                return person
        raise Refused(409, "ACTIVATION_ENDED")

    def decide(self, row: str, username: str, body: dict[str, object]) -> dict[str, object]:
        """Confirm as the API does."""
        person = self.person(row)
        decided = body["face_decision"] == "same_person" and body["face_reason"] is not None
        if person.face == "officer" and not decided:
            raise Refused(422, "FACE_DECISION_NEEDED")
        if person.state == "SECOND_OFFICER":
            if person.first_officer == username:
                raise Refused(409, "SAME_OFFICER")
            assert body["number"] is None
        elif body["number"] != person.number:
            person.numbers_left -= 1
            if not person.numbers_left:
                person.state = "REFUSED"
                raise Refused(409, "ACTIVATION_ENDED")
            raise Refused(422, "NUMBER_WRONG", numbers_left=person.numbers_left)
        if person.face == "officer":
            person.face_approvals.append(str(body["face_reason"]))
        needs_two = person.second_officer_drawn or person.face_no_match
        if person.state == "AT_COUNTER" and needs_two:
            person.state, person.first_officer = "SECOND_OFFICER", username
            return {"state": person.state}
        person.state = "ACTIVATED"
        person.photo = person.selfie = None
        self.today["confirmed"] += 1
        return {"state": person.state}

    def once(self, work: object) -> dict[str, object]:
        """Answer a repeated Idempotency-Key with the first answer."""
        key = request.headers["Idempotency-Key"]
        with self._lock:
            if key not in self.kept:
                try:
                    self.kept[key] = (200, work())  # type: ignore[operator]
                except Refused as refused:
                    self.kept[key] = (refused.status, {"code": refused.code, **refused.members})
            status, answer = self.kept[key]
        if status >= 400:
            members = {name: value for name, value in answer.items() if name != "code"}
            raise Refused(status, str(answer["code"]), **members)
        return answer
