"""What every client must do about nonces, clocks, lost connections and busy servers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from samples.phone.clock import PhoneClock
from samples.phone.errors import PhoneError, Problem
from samples.phone.store import Home
from samples.phone.transport import Api, Call
from tests.samples.scripted_api import Reply, ScriptedApi, scripted_api

PROBLEM = {"Content-Type": "application/problem+json"}


def problem(status: int, code: str, **extra: object) -> Reply:
    headers = {**PROBLEM, "Wallet-Nonce": f"fresh-after-{code}"}
    return Reply(status, {"title": code, "code": code, "status": status, **extra}, headers)


def prove(call: Call) -> dict[str, str]:
    return {"Seen-Nonce": call.nonce, "Seen-DPoP-Nonce": call.dpop_nonce}


def client(api: ScriptedApi, tmp_path: Path, clock: PhoneClock | None = None) -> Api:
    return Api(api.url, language="id", clock=clock or PhoneClock(), pending=Home(tmp_path))


def test_a_post_uses_up_the_nonce_and_a_get_does_not(tmp_path: Path) -> None:
    with scripted_api(Reply(), Reply(), Reply()) as api:
        phone = client(api, tmp_path)
        phone.get("/a", prove)
        phone.post("/b", {}, prove)
        phone.post("/c", {}, prove)
    assert [r.headers["Seen-Nonce"] for r in api.received] == ["nonce-1", "nonce-1", "nonce-2"]


def test_the_newest_nonce_of_an_answer_is_used(tmp_path: Path) -> None:
    with scripted_api(Reply(headers={"Wallet-Nonce": "newest"}), Reply()) as api:
        phone = client(api, tmp_path)
        phone.post("/a", {}, prove)
        phone.post("/b", {}, prove)
    assert api.received[1].headers["Seen-Nonce"] == "newest"
    assert api.nonces == 1


def test_a_nonce_problem_is_signed_again_once(tmp_path: Path) -> None:
    with scripted_api(problem(401, "NONCE_REQUIRED"), Reply(body={"ok": 1})) as api:
        assert client(api, tmp_path).post("/a", {}, prove, once="x").json() == {"ok": 1}
    first, second = api.received
    assert second.headers["Seen-Nonce"] == "fresh-after-NONCE_REQUIRED"
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


def test_a_second_nonce_problem_is_told(tmp_path: Path) -> None:
    twice = [problem(401, "NONCE_REQUIRED"), problem(401, "NONCE_REQUIRED")]
    with scripted_api(*twice) as api, pytest.raises(Problem) as told:
        client(api, tmp_path).post("/a", {}, prove)
    assert told.value.code == "NONCE_REQUIRED"


def test_a_dpop_nonce_is_taken_over(tmp_path: Path) -> None:
    asked = problem(401, "USE_DPOP_NONCE")
    asked.headers["DPoP-Nonce"] = "dpop-1"
    with scripted_api(asked, Reply()) as api:
        client(api, tmp_path).get("/a", prove)
    assert [r.headers["Seen-DPoP-Nonce"] for r in api.received] == ["", "dpop-1"]


def test_a_clock_problem_moves_the_clock_and_repeats(tmp_path: Path) -> None:
    wrong = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    clock = PhoneClock(local_now=lambda: wrong)
    skew = problem(400, "CLOCK_SKEW", server_time="2026-11-23T05:42:00Z")
    with scripted_api(skew, Reply()) as api:
        client(api, tmp_path, clock).post("/a", {}, prove)
    assert clock.offset == timedelta(minutes=42)
    assert clock.now() == datetime(2026, 11, 23, 5, 42, tzinfo=UTC)


def test_travelling_time_is_not_taken_for_a_wrong_clock() -> None:
    clock = PhoneClock(local_now=lambda: datetime(2026, 11, 23, 5, 0, tzinfo=UTC))
    clock.learn("2026-11-23T05:00:01.900000Z")
    assert clock.offset == timedelta()


def test_a_lost_answer_is_asked_for_again_with_the_same_key(tmp_path: Path) -> None:
    with scripted_api(Reply(drop=True), Reply(body={"ok": 1})) as api:
        assert client(api, tmp_path).post("/a", {"b": 1}, prove, once="x").json() == {"ok": 1}
    first, second = api.received
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.body == second.body == b'{"b":1}'


def test_a_phone_killed_before_the_answer_repeats_the_call(tmp_path: Path) -> None:
    with scripted_api(*[Reply(drop=True)] * 6) as api:
        with pytest.raises(PhoneError) as told:
            client(api, tmp_path).post("/a", {"b": 1}, prove, once="x")
        with pytest.raises(PhoneError):  # started again, with another body
            client(api, tmp_path).post("/a", {"b": 2}, prove, once="x")
    assert told.value.code == "NETWORK"
    keys = [r.headers["Idempotency-Key"] for r in api.received]
    assert len(set(keys[:3])) == 1
    with scripted_api(Reply(), Reply()) as again:
        phone = client(again, tmp_path)  # started again, with the same body
        phone.post("/a", {"b": 1}, prove, once="x")
        phone.post("/a", {"b": 1}, prove, once="x")  # a new call: the last one was answered
    repeated, new = (r.headers["Idempotency-Key"] for r in again.received)
    assert repeated == keys[0]
    assert new not in keys


def test_a_refused_call_gets_a_new_key(tmp_path: Path) -> None:
    with scripted_api(problem(422, "CODE_WRONG"), Reply()) as api:
        phone = client(api, tmp_path)
        with pytest.raises(Problem):
            phone.post("/a", {}, prove, once="x")
        phone.post("/a", {}, prove, once="x")
    first, second = (r.headers["Idempotency-Key"] for r in api.received)
    assert first != second


def test_a_busy_server_is_given_the_time_it_asks_for(tmp_path: Path) -> None:
    busy = problem(503, "FACE_BUSY")
    busy.headers["Retry-After"] = "0"
    with scripted_api(busy, busy, Reply(body={"ok": 1})) as api:
        assert client(api, tmp_path).post("/a", {}, prove).json() == {"ok": 1}
    assert len(api.received) == 3


def test_a_page_of_a_proxy_is_a_problem_with_its_status(tmp_path: Path) -> None:
    with scripted_api(Reply(502, "bad gateway")) as api, pytest.raises(Problem) as told:
        client(api, tmp_path).get("/a")
    assert (told.value.code, told.value.status) == ("HTTP_502", 502)


def test_a_problem_tells_title_mend_and_fields(tmp_path: Path) -> None:
    field = {"field": "nik", "code": "NIK_LENGTH", "message": "NIK harus 16 angka"}
    refused = problem(422, "INPUT_INVALID", mend="Periksa isian.", errors=[field])
    with scripted_api(refused) as api, pytest.raises(Problem) as told:
        client(api, tmp_path).get("/a")
    assert told.value.explain("id") == "INPUT_INVALID\nPeriksa isian.\n  nik: NIK harus 16 angka"


def test_the_language_is_asked_for(tmp_path: Path) -> None:
    with scripted_api(Reply()) as api:
        client(api, tmp_path).get("/a")
    assert api.received[0].headers["Accept-Language"] == "id"
