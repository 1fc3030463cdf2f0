"""The wallet API as a kiosk sees it: a real HTTP server on loopback that one line can bend.

It checks what the real one checks of a kiosk: statement signature and type, purpose, subject, body
hash, nonces of single use, idempotency keys, the shift's token. It knows sample people only.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pyotp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask, Response, jsonify, request
from werkzeug.serving import BaseWSGIServer, make_server

from credentials.jwk import b64url_encode, load_jwk, public_jwk
from credentials.signing import PemSigner, generate_pem, key_id
from credentials.statement import TYP_KIOSK, check_body, parse_statement, verify_statement

TITLES = {
    "NUMBER_WRONG": ("Angka tidak cocok.", "The number does not match."),
    "ACTIVATION_ENDED": ("Aktivasi ini sudah berakhir.", "This activation has ended."),
    "SAME_OFFICER": (
        "Petugas kedua harus orang lain.",
        "The second officer must be another person.",
    ),
    "SIGN_IN_WRONG": ("Nama pengguna, kata sandi, atau kode salah.", "Sign-in details are wrong."),
    "SHIFT_ENDED": ("Giliran kerja berakhir.", "The shift has ended."),
}


@dataclass
class Person:
    """One resident at the counter."""

    name: str
    nik: str
    device: str = "Samsung SM-A156E"
    number: str = "042"
    face: str = "machine"
    photo: bytes | None = None
    second_officer_drawn: bool = False
    id: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    state: str = "AT_COUNTER"
    numbers_left: int = 3
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    first_officer: str | None = None
    face_decision: str | None = None


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
        self.token = secrets.token_urlsafe(24)
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
        certificate = _certificate(self.kiosk, key, signer, not_after)
        self.certificates[key_id(key).hex()] = certificate
        return certificate.public_bytes(serialization.Encoding.PEM).decode()

    def ca_pem(self) -> str:
        not_after = datetime.now(UTC) + timedelta(days=3650)
        own = _certificate("Kiosk CA", self.ca_key.public_key(), self.ca_key, not_after, ca=True)
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
        if person.face == "officer" and body["face_decision"] != "same_person":
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
        elif person.second_officer_drawn:
            person.state, person.first_officer = "SECOND_OFFICER", username
            return {"state": person.state}
        person.state = "ACTIVATED"
        person.face_decision = str(body["face_decision"])
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


def build(sim: ApiSimulator) -> Flask:
    app = Flask("api_simulator")

    @app.before_request
    def bend() -> None:
        sim.calls.append(f"{request.method} {request.path}")
        time.sleep(sim.bend.delay)

    @app.after_request
    def nonce(response: Response) -> Response:
        response.headers["Wallet-Nonce"] = sim.fresh_nonce()
        return response

    @app.errorhandler(Refused)
    def problem(refused: Refused) -> Response:
        english = request.headers.get("Accept-Language") == "en"
        title = TITLES.get(refused.code, (refused.code, refused.code))[int(english)]
        document = {"code": refused.code, "title": title, "status": refused.status}
        body = json.dumps({**document, **refused.members})
        return Response(body, refused.status, content_type="application/problem+json")

    _open_routes(app, sim)
    _shift_routes(app, sim)
    _queue_routes(app, sim)
    return app


def _open_routes(app: Flask, sim: ApiSimulator) -> None:
    @app.post("/v1/nonces")
    def nonces() -> tuple[Response, int]:
        return jsonify({"nonce": sim.fresh_nonce(), "expires_in": 300}), 201

    @app.get("/v1/time")
    def signed_time() -> Response:
        unix = time.time() + sim.bend.clock_ahead
        nonce = sim.bend.time_nonce or request.args["nonce"]
        signer = PemSigner(generate_pem()) if sim.bend.time_forged else sim.time_signer
        return jsonify({"server_time": stamp(unix), "token": time_token(signer, unix, nonce)})

    @app.post("/v1/kiosks")
    def enrol() -> tuple[Response, int]:
        body = request.get_json()
        key = load_jwk(body["identity_key"])
        sim.check("kiosk_enrol", key, "new")
        if body["token"] != sim.token:
            raise Refused(403, "KIOSK_TOKEN_INVALID")
        sim.identity = key
        answer = {
            "kiosk": sim.kiosk,
            "office": sim.office,
            "time_key": public_jwk(sim.time_signer.public_key),
            "kiosk_ca": sim.ca_pem(),
        }
        return jsonify(answer), 201


def _shift_routes(app: Flask, sim: ApiSimulator) -> None:
    @app.post(f"/v1/kiosks/{sim.kiosk}/shifts")
    def open_shift() -> tuple[Response, int]:
        sim.check("shift_open", sim.identity, sim.kiosk)
        body = request.get_json()
        operator = sim.operators.get(body["username"])
        right = operator is not None and operator.password == body["password"]
        if not right or not pyotp.TOTP(operator.totp).verify(body["totp"], valid_window=1):
            raise Refused(403, "SIGN_IN_WRONG")
        ends = datetime.fromtimestamp(time.time() + sim.bend.clock_ahead, UTC) + sim.bend.shift_life
        pem = sim.certify(load_jwk(body["frame_key"]), ends)
        token = secrets.token_urlsafe(24)
        sim.shifts[token] = body["username"]
        answer = {
            "shift": secrets.token_urlsafe(6),
            "token": token,
            "operator": {"name": operator.name, "role": operator.role},
            "expires_at": stamp(ends.timestamp()),
            "office": sim.office,
            "certificate": {"kid": "", "pem": pem, "not_after": stamp(ends.timestamp())},
        }
        return jsonify(answer), 201

    @app.post(f"/v1/kiosks/{sim.kiosk}/shifts/close")
    def close_shift() -> Response:
        sim.check("shift_close", sim.identity, sim.kiosk)
        sim.closed.append(sim.operator())
        sim.shifts.pop(request.headers["Authorization"].removeprefix("Bearer "))
        return jsonify({})

    @app.post(f"/v1/kiosks/{sim.kiosk}/blocks")
    def block() -> tuple[Response, int]:
        sim.check("block_nik", sim.identity, sim.kiosk)
        sim.operator()
        body = request.get_json()
        sim.blocked.append((body["nik"], body["reason"]))
        return jsonify({"accepted": True}), 202


def _queue_routes(app: Flask, sim: ApiSimulator) -> None:
    base = f"/v1/kiosks/{sim.kiosk}/queue"

    @app.get(base)
    def queue() -> Response:
        sim.check("queue", sim.identity, sim.kiosk)
        sim.operator()
        shown = {"AT_COUNTER", "SECOND_OFFICER"}
        rows = [row(person, sim.bend.clock_ahead) for person in sim.people if person.state in shown]
        return jsonify({"waiting": rows, "today": sim.today})

    @app.get(f"{base}/<row>/photo")
    def photo(row: str) -> Response:
        sim.check("photo", sim.identity, sim.kiosk)
        sim.operator()
        person = sim.person(row)
        if person.photo is None:
            raise Refused(404, "NO_PHOTO")
        return Response(person.photo, content_type="image/jpeg")

    @app.post(f"{base}/<row>/confirm")
    def confirm(row: str) -> Response:
        sim.check("activation_confirm", sim.identity, sim.kiosk)
        username, body = sim.operator(), request.get_json()
        answer = sim.once(lambda: sim.decide(row, username, body))
        if sim.bend.break_after_confirm:
            sim.bend.break_after_confirm = False
            return Response("<h1>502</h1>", 502, content_type="text/html")
        return jsonify(answer)

    @app.post(f"{base}/<row>/refuse")
    def refuse(row: str) -> Response:
        sim.check("activation_refuse", sim.identity, sim.kiosk)
        sim.operator()
        sim.person(row).state = "REFUSED"
        sim.refusals.append(request.get_json()["reason"])
        sim.today["refused"] += 1
        return jsonify({"state": "REFUSED"})


def row(person: Person, ahead: float) -> dict[str, object]:
    since = person.since.timestamp() + ahead
    return {
        "id": person.id,
        "state": person.state,
        "name_masked": mask_name(person.name),
        "nik_masked": f"{person.nik[:4]}••••••••{person.nik[-4:]}",
        "device_model": person.device,
        "platform": "android",
        "since": stamp(since),
        "deadline_at": stamp(since + 600),
        "face": person.face,
        "second_officer": person.state == "SECOND_OFFICER",
        "numbers_left": person.numbers_left,
    }


def mask_name(name: str) -> str:
    return " ".join(part[:2] + "•" * max(0, len(part) - 2) for part in name.split())


def stamp(unix: float) -> str:
    return datetime.fromtimestamp(unix, UTC).isoformat().replace("+00:00", "Z")


def time_token(signer: PemSigner, unix: float, nonce: str, typ: str = "ikd-time+jwt") -> str:
    parts = ({"alg": "ES256", "typ": typ}, {"iat": unix, "nonce": nonce})
    signed = ".".join(b64url_encode(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{b64url_encode(signer.sign(signed.encode()))}"


def _certificate(
    name: str,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    not_after: datetime,
    *,
    ca: bool = False,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kiosk CA")])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))
        .not_valid_before(datetime.now(UTC) - timedelta(days=2))
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )
