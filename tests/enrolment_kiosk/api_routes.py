"""The API simulator's routes: the open ones and a kiosk's."""

from __future__ import annotations

import json
import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyotp
from flask import Flask, Response, jsonify, request

from credentials.jwk import load_jwk, public_jwk
from credentials.signing import PemSigner, generate_pem
from tests.enrolment_kiosk.api_people import Person, Refused
from tests.enrolment_kiosk.api_signing import stamp, time_token

if TYPE_CHECKING:
    from tests.enrolment_kiosk.api_simulator import ApiSimulator

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
    _picture_routes(app, sim)
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
        username = sim.operator()
        shown = {"AT_COUNTER", "SECOND_OFFICER"}
        rows = [
            row(person, sim.bend.clock_ahead, username)
            for person in sim.people
            if person.state in shown
        ]
        return jsonify({"waiting": rows, "today": sim.today})

    @app.get(f"/v1/kiosks/{sim.kiosk}/today")
    def today() -> Response:
        sim.check("today", sim.identity, sim.kiosk)
        sim.operator()
        return jsonify({"day": "2026-11-23", "zone": "WIB", "failures": sim.failures})

    @app.get(f"/v1/kiosks/{sim.kiosk}/passkeys")
    def passkeys() -> Response:
        sim.check("passkeys", sim.identity, sim.kiosk)
        sim.operator()
        held = {"passkeys": sim.passkeys, "demanded": sim.passkeys_demanded, "most": 5}
        return jsonify(held)

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


def _picture_routes(app: Flask, sim: ApiSimulator) -> None:
    base = f"/v1/kiosks/{sim.kiosk}/queue"

    @app.get(f"{base}/<row>/photo")
    def photo(row: str) -> Response:
        sim.check("photo", sim.identity, sim.kiosk)
        sim.operator()
        person = sim.person(row)
        if person.photo is None:
            raise Refused(404, "NO_PHOTO")
        return Response(person.photo, content_type="image/jpeg")

    @app.get(f"{base}/<row>/selfie")
    def selfie(row: str) -> Response:
        sim.check("selfie", sim.identity, sim.kiosk)
        sim.operator()
        person = sim.person(row)
        if person.selfie is None:
            raise Refused(404, "NO_PHOTO")
        return Response(person.selfie, content_type="image/jpeg")


def row(person: Person, ahead: float, username: str) -> dict[str, object]:
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
        "face_reasons": list(person.face_reasons),
        "face_no_match": person.face_no_match,
        "pictures": {
            "registry": person.photo is not None,
            "selfie": person.selfie is not None,
            "taken_at": person.taken_at,
        },
        "second_officer": person.state == "SECOND_OFFICER",
        "approved_by_you": person.first_officer == username,
        "numbers_left": person.numbers_left,
    }


def mask_name(name: str) -> str:
    return " ".join(part[:2] + "•" * max(0, len(part) - 2) for part in name.split())
