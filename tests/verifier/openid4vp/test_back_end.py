"""The bank's back end: its key, its questions, the news it gets."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from tests.verifier.openid4vp.conftest import Party
from tests.verifier.openid4vp.wallet import Bends, answer
from tests.verifier.openid4vp.world import World
from verifier.openid4vp.settings import WEBHOOK_SECRET, Folder
from verifier.openid4vp.webhooks import LONGEST_WAIT, MAX_ATTEMPTS, deliver_one, wait_of

ASK = {"policy": "bank-kyc", "type": "id_card"}


def call(bank: Party, path: str, sent: Any = None, key: str | None = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {bank.api_key if key is None else key}"}
    method = "GET" if sent is None else "POST"
    return requests.request(
        method, f"{bank.url}/api/{path}", json=sent, headers=headers, timeout=10
    )


def start(bank: Party, **changes: Any) -> dict[str, Any]:
    got = call(bank, "requests", ASK | changes)
    assert got.status_code == 201, got.text
    started: dict[str, Any] = got.json()
    return started


@pytest.mark.parametrize("format_name", ["dc+sd-jwt", "mso_mdoc"])
def test_a_back_end_starts_asks_and_learns(bank: Party, world: World, format_name: str) -> None:
    started = start(bank, format=format_name)
    address = f"requests/{started['id']}"
    assert call(bank, address).json()["state"] == "waiting"
    card: Any = world.mdoc() if format_name == "mso_mdoc" else world.sd_jwt()
    answer(started["link"], card, world.holder)
    report = call(bank, address).json()
    assert report["state"] == "verified"
    assert report["result"]["claims"]["nik"] == "3173021001989574"


def test_the_reason_of_a_refusal_is_told(bank: Party, world: World) -> None:
    started = start(bank)
    answer(started["link"], world.sd_jwt(), world.holder, Bends(audience="x509_hash:other"))
    report = call(bank, f"requests/{started['id']}").json()
    assert (report["state"], report["code"], "result" in report) == ("refused", "AUDIENCE", False)


def test_on_the_same_device_the_back_end_needs_the_code_that_came_back(
    start_bank: Callable[..., Party], world: World
) -> None:
    bank = start_bank(return_urls=["https://bank.example/kembali"])
    started = start(bank, flow="same_device", return_url="https://bank.example/kembali?step=2")
    back = answer(started["link"], world.sd_jwt(), world.holder).json()["redirect_uri"]
    address, _, code = back.rpartition("&response_code=")
    assert address == f"https://bank.example/kembali?step=2&request={started['id']}"
    path = f"requests/{started['id']}"
    without = call(bank, path).json()
    assert without["response_code_required"] is True
    assert "result" not in without
    assert call(bank, f"{path}?response_code=wrong").status_code == 403
    assert "result" in call(bank, f"{path}?response_code={code}").json()


@pytest.mark.parametrize(
    "url",
    [
        "https://bank.example.evil.example/kembali",
        "https://bank.example/kembalikan",
        "https://bank.example/kembali/../keluar",
        "https://bank.example@evil.example/kembali",
        "http://bank.example/kembali",
        "//bank.example/kembali",
        "https://bank.example/kembali#x",
        "https://bank.example/kembali\\@evil.example",
        "javascript:alert(1)",
    ],
)
def test_nobody_is_sent_elsewhere(start_bank: Callable[..., Party], url: str) -> None:
    bank = start_bank(return_urls=["https://bank.example/kembali"])
    got = call(bank, "requests", ASK | {"return_url": url})
    assert (got.status_code, got.json()["code"]) == (400, "RETURN_URL")


@pytest.mark.parametrize("key", ["", "wrong", "é"])
def test_without_the_key_nobody_gets_in(bank: Party, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}".encode()}
    for method, path in (("POST", "requests"), ("GET", "requests/x")):
        got = requests.request(
            method, f"{bank.url}/api/{path}", headers=headers, json=ASK, timeout=10
        )
        assert (got.status_code, got.json()["code"]) == (401, "API_KEY")


def test_without_a_key_file_the_api_is_closed(bank: Party) -> None:
    from verifier.openid4vp.web.app import create_app

    client = create_app(bank.party, api_key="").test_client()
    assert client.get("/api/requests/x", headers={"Authorization": "Bearer "}).status_code == 401


@pytest.mark.parametrize(
    "sent",
    [
        {},
        [],
        "text",
        {"policy": "bank-kyc"},
        ASK | {"type": 7},
        ASK | {"type": "no_such"},
        ASK | {"type": "tax_number"},
        ASK | {"format": "jwt_vc"},
        ASK | {"flow": "other"},
        ASK | {"post": "yes"},
        ASK | {"unknown": "x"},
        ASK | {"type": "\ud800"},
        ASK | {"policy": "/etc/passwd"},
        ASK | {"policy": "../../secret.json"},
    ],
)
def test_a_mistaken_request_is_refused(bank: Party, sent: Any) -> None:
    got = call(bank, "requests", sent)
    assert got.status_code == 400, got.text
    assert "passwd" not in got.text


@dataclass
class BackEnd:
    """A bank's server that can be told to fail."""

    url: str = ""
    failures: int = 0
    heard: list[tuple[dict[str, Any], str, bytes]] = field(default_factory=list)


@pytest.fixture
def back_end() -> Iterator[BackEnd]:
    heard = BackEnd()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.heard.append((json.loads(body), self.headers["Verifier-Signature"], body))
            failed = len(heard.heard) <= heard.failures
            self.send_response(500 if failed else 204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.url = f"http://127.0.0.1:{server.server_port}/news"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield heard
    server.shutdown()
    server.server_close()


def test_news_is_signed_says_nothing_personal_and_is_tried_again(
    start_bank: Callable[..., Party], world: World, back_end: BackEnd
) -> None:
    bank = start_bank(webhook_url=back_end.url)
    back_end.failures = 2
    secret = Folder(bank.home).text(WEBHOOK_SECRET).encode()
    started = start(bank)
    assert not deliver_one(bank.party, secret)
    answer(started["link"], world.sd_jwt(), world.holder)
    waits = []
    for _ in range(3):
        assert deliver_one(bank.party, secret)
        assert not deliver_one(bank.party, secret)  # not before its time
        waits.append(wait_of(len(back_end.heard)))
        bank.clock.moved += waits[-1]
    assert waits == [2, 4, 8]
    bank.clock.moved += LONGEST_WAIT
    assert not deliver_one(bank.party, secret)  # it arrived
    for attempt, (news, signature, body) in enumerate(back_end.heard, 1):
        assert news == {
            "event": "request.ended",
            "id": started["id"],
            "state": "verified",
            "attempt": attempt,
        }
        moment, _, digest = signature.removeprefix("t=").partition(",v1=")
        expected = hmac.new(secret, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        assert digest == expected
        assert b"ZAINAL" not in body


def test_a_back_end_that_never_answers_is_given_up_after_about_a_day(
    start_bank: Callable[..., Party], world: World, back_end: BackEnd
) -> None:
    bank = start_bank(webhook_url=back_end.url)
    back_end.failures = 1000
    answer(start(bank)["link"], world.sd_jwt(), world.holder)
    waited = 0
    while deliver_one(bank.party, b"secret"):
        wait = wait_of(len(back_end.heard))
        bank.clock.moved += wait
        waited += wait
    assert len(back_end.heard) == MAX_ATTEMPTS
    assert 18 * 3600 < waited < 36 * 3600
    bank.clock.moved += LONGEST_WAIT
    assert not deliver_one(bank.party, b"secret")


def test_of_forty_that_take_a_delivery_one_gets_it(
    start_bank: Callable[..., Party], world: World, back_end: BackEnd
) -> None:
    bank = start_bank(webhook_url=back_end.url)
    answer(start(bank)["link"], world.sd_jwt(), world.holder)
    barrier = threading.Barrier(40)
    taken: list[object] = []

    def take() -> None:
        barrier.wait()
        found = bank.party.store.take_delivery(bank.clock(), lease=60)
        if found is not None:
            taken.append(found)

    threads = [threading.Thread(target=take) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1


def test_without_an_address_there_is_no_news(bank: Party, world: World) -> None:
    answer(start(bank)["link"], world.sd_jwt(), world.holder)
    assert bank.party.store.take_delivery(bank.clock() + 9999, lease=60) is None
