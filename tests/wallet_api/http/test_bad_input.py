"""Bad input: a problem document with a stable code, and nothing stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from credentials.jwk import public_jwk
from tests.wallet_api.handset import NIK, START, Handset, at_face, new_signer, with_wallet
from wallet_api.models import AuditEvent, Enrolment

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.wallet_api.simulators import World

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def problem(answer: TestResponse) -> tuple[int, str]:
    """Check the form of a problem document (RFC 9457); return status and code."""
    assert answer.mimetype == "application/problem+json", answer.text
    body = answer.get_json()
    assert body["status"] == answer.status_code
    assert body["type"] == f"https://ikd.example/problems/{body['code']}"
    assert body["title"]
    assert body["detail"]
    assert "Traceback" not in answer.text
    assert answer.headers["Wallet-Nonce"]
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, str(body["code"])


def stored(world: World) -> tuple[int, int]:
    with world.deps.transaction() as db:
        tables = (Enrolment, AuditEvent)
        first, second = (db.scalar(select(func.count()).select_from(table)) for table in tables)
        return int(first or 0), int(second or 0)


def body_of(phone: Handset) -> dict[str, Any]:
    return START | {"device_key": public_jwk(phone.device.public_key)}


@on_sqlite
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"unknown": 1}, "unknown"),
        ({"nik": 3174054512900001}, "nik"),
        ({"nik": None}, "nik"),
        ({"nik": "1" * 41}, "nik"),
        ({"email": ["a@b.id"]}, "email"),
        ({"platform": "symbian"}, "platform"),
        ({"language": "jv"}, "language"),
        ({"device_model": ""}, "device_model"),
        ({"device_model": "x" * 65}, "device_model"),
        ({"device_model": "a\x00b"}, "device_model"),
        ({"device_model": "a\nb"}, "device_model"),
        ({"device_key": {"kty": "EC"}}, "device_key"),
        ({"device_key": {"kty": "RSA", "n": "x", "e": "AQAB"}}, "device_key"),
        ({"device_key": None}, "device_key"),
    ],
)
def test_wrong_fields_are_named_and_never_repeated(
    world: World, change: dict[str, object], field: str
) -> None:
    phone = Handset(world)
    answer = phone.step("/v1/enrolments", "start", body_of(phone) | change, sub="new")
    assert problem(answer) == (422, "INPUT_INVALID")
    named = {fault["field"].split(".")[0] for fault in answer.get_json()["errors"]}
    assert field in named
    assert NIK not in answer.text
    assert stored(world) == (0, 0)


@on_sqlite
@pytest.mark.parametrize(
    ("raw", "headers", "expected"),
    [
        (b"", {}, {(400, "BODY_UNREADABLE"), (422, "INPUT_INVALID")}),
        (b"{", {}, {(400, "BODY_UNREADABLE")}),
        (b"nik=1", {"Content-Type": "text/plain"}, {(415, "MEDIA_TYPE")}),
        (b"a=1", {"Content-Type": "application/x-www-form-urlencoded"}, {(415, "MEDIA_TYPE")}),
        (b'"text"', {}, {(400, "BODY_UNREADABLE"), (422, "INPUT_INVALID")}),
        (b"[]", {}, {(400, "BODY_UNREADABLE"), (422, "INPUT_INVALID")}),
        (b"null", {}, {(400, "BODY_UNREADABLE"), (422, "INPUT_INVALID")}),
        (b"\xff\xfe\x00", {}, {(400, "BODY_UNREADABLE")}),
        (b"[" * 100_000 + b"]" * 100_000, {}, {(400, "BODY_UNREADABLE")}),
        (b'{"nik":' * 50_000, {}, {(400, "BODY_UNREADABLE")}),
        (b'{"nik": ' + b"9" * 6000 + b"}", {}, {(400, "BODY_UNREADABLE")}),
        (b'{"nik": "\\ud800"}', {}, {(400, "BODY_UNREADABLE"), (422, "INPUT_INVALID")}),
        (b'{"nik": NaN}', {}, {(400, "BODY_UNREADABLE"), (422, "INPUT_INVALID")}),
    ],
    ids=range(13),
)
def test_t33_an_unreadable_body_is_refused(
    world: World, raw: bytes, headers: dict[str, str], expected: set[tuple[int, str]]
) -> None:
    phone = Handset(world)
    answer = phone.step("/v1/enrolments", "start", None, sub="new", raw=raw, headers=headers)
    assert problem(answer) in expected
    assert stored(world) == (0, 0)


@on_sqlite
def test_t33_an_oversized_body_is_refused_before_it_is_read(world: World) -> None:
    phone = Handset(world)
    raw = b'{"nik": "' + b"1" * 11_000_001 + b'"}'
    answer = phone.step("/v1/enrolments", "start", None, sub="new", raw=raw)
    assert problem(answer) == (413, "BODY_TOO_LARGE")


@on_sqlite
def test_statements_that_do_not_fit_are_refused_and_change_nothing(world: World) -> None:
    phone = at_face(world)
    path, before = f"/v1/enrolments/{phone.enrolment}/cancel", stored(world)
    missing = phone.api.post(path, json={}, headers={"Idempotency-Key": "k" * 20})
    assert problem(missing) == (401, "STATEMENT_MISSING")
    for bent in (
        {"purpose": "face"},
        {"sub": "another"},
        {"signer": new_signer()},
        {"headers": {"Wallet-Statement": "a.b.c"}},
        {"headers": {"Wallet-Statement": "x" * 5000}},
    ):
        purpose = str(bent.pop("purpose", "cancel"))
        answer = phone.step(path, purpose, {}, **({"sub": phone.enrolment} | bent))
        assert problem(answer) == (401, "STATEMENT_INVALID")
    swapped = phone.sign("cancel", phone.enrolment, b'{"a": 1}') | {"Idempotency-Key": "k" * 20}
    answer = phone.api.post(path, json={}, headers=swapped)
    assert problem(answer) == (401, "STATEMENT_INVALID")
    assert stored(world) == before
    assert phone.status()["state"] == "CONTACT_VERIFIED"


@on_sqlite
@pytest.mark.parametrize("skew", [-301, 301])
def test_a_phone_whose_clock_is_wrong_is_told_the_time(world: World, skew: int) -> None:
    phone = Handset(world)
    answer = phone.step("/v1/enrolments", "start", body_of(phone), sub="new", skew=skew)
    assert problem(answer) == (400, "CLOCK_SKEW")
    assert answer.get_json()["server_time"] == "2026-11-23T05:00:00Z"


@on_sqlite
@pytest.mark.parametrize("nonce", ["x", "x" * 54, "A" * 500])
def test_a_nonce_that_is_not_ours_is_refused_with_a_fresh_one(world: World, nonce: str) -> None:
    phone = Handset(world)
    answer = phone.step("/v1/enrolments", "start", body_of(phone), sub="new", nonce=nonce)
    assert problem(answer) == (401, "NONCE_REQUIRED")
    good = answer.headers["Wallet-Nonce"]
    again = phone.step("/v1/enrolments", "start", body_of(phone), sub="new", nonce=good)
    assert again.status_code == 202


@on_sqlite
def test_a_get_does_not_use_a_nonce_up_and_a_post_does(world: World) -> None:
    phone = Handset(world)
    phone.start()
    nonce = phone.api.post("/v1/nonces", json={}).get_json()["nonce"]
    headers = phone.sign("status", phone.enrolment, b"", nonce=nonce)
    path = f"/v1/enrolments/{phone.enrolment}"
    assert [phone.api.get(path, headers=headers).status_code for _ in range(2)] == [200, 200]
    assert phone.post("cancel", "cancel", {}, nonce=nonce).status_code == 200
    assert problem(phone.post("cancel", "cancel", {}, nonce=nonce)) == (401, "NONCE_REQUIRED")


@on_sqlite
def test_t34_another_ones_enrolment_stays_closed(world: World) -> None:
    mine, other = at_face(world), at_face(world, email="b@example.org", phone="081399999999")
    thief = Handset(world, other.device, other.pin, mine.enrolment)
    answer = thief.api.get(
        f"/v1/enrolments/{mine.enrolment}", headers=thief.sign("status", mine.enrolment, b"")
    )
    assert problem(answer) == (401, "STATEMENT_INVALID")
    for path, purpose, body in (
        ("contact", "contact", {"sms_code": "000000"}),
        ("face", "face", {"capture": "AAAA"}),
        ("cancel", "cancel", {}),
    ):
        assert problem(thief.post(path, purpose, body)) == (401, "STATEMENT_INVALID")
    unknown = Handset(world, enrolment="no-such-enrolment")
    assert problem(unknown.post("cancel", "cancel", {})) == (404, "ENROLMENT_NOT_FOUND")


@pytest.mark.parametrize("name", ["%00", "a%00b", "x" * 300, "%F0%9F%98%80", "..%2f.."])
def test_an_odd_path_is_not_found(world: World, name: str) -> None:
    phone = Handset(world)
    headers = phone.sign("status", "odd", b"")
    answer = phone.api.get(f"/v1/enrolments/{name}", headers=headers)
    assert problem(answer)[0] == 404


def test_odd_ids_in_a_body_are_refused_or_nobodys(world: World) -> None:
    phone = with_wallet(world)
    phone.session()
    path = "/v1/wallet/credentials/delivered"
    assert problem(phone.call("POST", path, {"ids": ["a\x00"]})) == (422, "INPUT_INVALID")
    assert problem(phone.call("POST", path, {"ids": []})) == (422, "INPUT_INVALID")
    assert problem(phone.call("POST", path, {"ids": ["x"] * 201})) == (422, "INPUT_INVALID")
    assert phone.call("POST", path, {"ids": ["😀"]}).get_json() == {"retired": []}


@on_sqlite
def test_steps_out_of_order_say_so(world: World) -> None:
    phone = Handset(world)
    phone.start()
    for answer in (
        phone.face(),
        phone.set_pin(),
        phone.post("face/office", "face_office", {"reason": "no_camera"}),
    ):
        assert problem(answer) == (409, "STEP_NOT_POSSIBLE")
        assert answer.get_json()["state"] == "STARTED"
    assert phone.post("cancel", "cancel", {}).get_json()["next"]["step"] == "none"
    assert problem(phone.verify()) == (410, "ENROLMENT_ENDED")


@on_sqlite
def test_wrong_methods_and_unknown_places(world: World) -> None:
    api = Handset(world).api
    wrong = api.put("/v1/enrolments", json={})
    assert problem(wrong) == (405, "METHOD_NOT_ALLOWED")
    assert "POST" in wrong.headers["Allow"]
    assert problem(api.get("/v1/nothing")) == (404, "NOT_FOUND")


@on_sqlite
def test_problems_speak_indonesian_unless_english_is_asked_for(world: World) -> None:
    api = Handset(world).api
    texts = [
        api.get("/v1/lists/bundle", headers={"Accept-Language": wanted}).get_json()["detail"]
        for wanted in ("", "id", "de", "en", "en-GB,id;q=0.5")
    ]
    assert texts[0] == texts[1] == texts[2]
    assert texts[3] == texts[4] != texts[0]


@on_sqlite
def test_open_reads_answer_with_their_documents(world: World) -> None:
    api = Handset(world).api
    policy = api.get("/v1/policy").get_json()
    assert policy["consent_version"] == "2026-11"
    assert "BEGIN CERTIFICATE" in policy["kiosk_ca"]
    assert policy["bundle_root"]["crv"] == "P-256"
    told = api.get("/v1/time?nonce=abc").get_json()
    assert told["token"].count(".") == 2
    assert problem(api.get("/v1/time"))[1] == "INPUT_INVALID"
    assert problem(api.get("/v1/time?nonce=" + "x" * 129))[1] == "INPUT_INVALID"
