"""The local pages refuse what does not come from themselves."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest
import requests

from enrolment_kiosk.app import Tempo, make_server
from enrolment_kiosk.errors import SetupError
from enrolment_kiosk.heartbeat import Rhythm
from tests.enrolment_kiosk.counter_pc import CounterPc, budi, running_kiosk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.enrolment_kiosk.api_simulator import ApiSimulator


class OperatorBrowser:
    """What a browser sends for the console's page."""

    def __init__(self, counter: CounterPc) -> None:
        self.base = counter.url + "/console"
        self.session = requests.Session()
        self.csrf = ""
        self.load()

    def load(self) -> str:
        page = self.session.get(self.base, timeout=5).text
        found = re.search(r'name="csrf" content="([^"]+)"', page)
        assert found
        self.csrf = found[1]
        return page

    def post(self, path: str, body: object, **headers: str) -> requests.Response:
        headers = {"Kiosk-Csrf": self.csrf, "Content-Type": "application/json"} | headers
        data = json.dumps(body)
        return self.session.post(self.base + path, data=data, headers=headers, timeout=15)

    def sign_in(self, sim: ApiSimulator) -> None:
        operator = sim.operators["rina"]
        body = {"username": "rina", "password": operator.password, "totp": operator.code()}
        assert self.post("/session", body).status_code == 200
        self.load()


@pytest.fixture
def operator_browser(counter: CounterPc, sim: ApiSimulator) -> OperatorBrowser:
    browser = OperatorBrowser(counter)
    browser.sign_in(sim)
    return browser


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8090", "127.0.0.1.evil.example", "", "10.0.0.1", "[::", "a:b"],
)
def test_other_host_names_are_refused(counter: CounterPc, host: str) -> None:
    answer = requests.get(f"{counter.url}/display", headers={"Host": host}, timeout=5)
    assert answer.status_code in {400, 421}
    assert "Loket" not in answer.text


@pytest.mark.parametrize("host", ["localhost:8090", "127.0.0.1", "[::1]:8090"])
def test_this_machines_names_are_served(counter: CounterPc, host: str) -> None:
    answer = requests.get(f"{counter.url}/display", headers={"Host": host}, timeout=5)
    assert answer.status_code == 200


def test_every_page_forbids_inline_script_framing_and_caching(counter: CounterPc) -> None:
    for path in ("/display", "/display/frame", "/console", "/console/photo/x", "/nowhere"):
        answer = requests.get(counter.url + path, timeout=5)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Werkzeug" not in answer.headers["Server"]
        assert "<script>" not in answer.text


def test_the_console_cookie_is_for_this_page_only(counter: CounterPc, sim: ApiSimulator) -> None:
    browser = OperatorBrowser(counter)
    operator = sim.operators["rina"]
    body = {"username": "rina", "password": operator.password, "totp": operator.code()}
    cookie = browser.post("/session", body).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/console" in cookie


@pytest.mark.parametrize(
    "headers",
    [
        {"Kiosk-Csrf": ""},
        {"Kiosk-Csrf": "guessed"},
        {"Content-Type": "text/plain"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize("path", ["/session/end", "/session/touch", "/blocks", "/queue/x/confirm"])
def test_a_change_that_another_page_sends_is_refused(
    operator_browser: OperatorBrowser, sim: ApiSimulator, headers: dict[str, str], path: str
) -> None:
    answer = operator_browser.post(path, {}, **headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "REQUEST_REFUSED"
    assert (sim.closed, sim.blocked) == ([], [])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/queue/..%2fx/confirm", {"number": "042", "attempt": "1"}),
        ("/queue/x/confirm", {"number": 42, "attempt": "b2b5a6b0-5f0e-4f9a-9d8c-6a1f4f7f3a11"}),
        ("/queue/x/confirm", {"number": "042", "attempt": "not a uuid"}),
        ("/queue/x/refuse", {"attempt": "b2b5a6b0-5f0e-4f9a-9d8c-6a1f4f7f3a11"}),
        ("/blocks", {"nik": 1, "reason": "lost"}),
        ("/blocks", []),
        ("/blocks", "text"),
    ],
)
def test_a_strange_request_is_refused_before_the_api_hears_of_it(
    operator_browser: OperatorBrowser, sim: ApiSimulator, path: str, body: object
) -> None:
    answer = operator_browser.post(path, body)
    assert answer.status_code in {403, 404}
    assert not [call for call in sim.calls if call.endswith(("/confirm", "/refuse", "/blocks"))]


def test_passkey_ceremonies_are_our_own_pages_only(
    operator_browser: OperatorBrowser, sim: ApiSimulator
) -> None:
    before = len(sim.calls)
    paths = ("/session/passkey/challenge", "/session/passkey", "/passkeys/challenge", "/passkeys")
    for path in paths:
        for headers in ({"Kiosk-Csrf": "guessed"}, {"Origin": "http://localhost:9"}):
            assert operator_browser.post(path, {}, **headers).status_code == 403
    assert operator_browser.post("/passkeys", {"name": "x", "id": 1}).status_code == 403
    asked = [call for call in sim.calls[before:] if "passkey" in call]
    assert asked == []


@pytest.mark.parametrize("path", ["/events", "/photo/x", "/passkeys", "/today"])
def test_nothing_is_shown_without_a_sign_in(counter: CounterPc, path: str) -> None:
    answer = requests.get(f"{counter.url}/console{path}", timeout=5)
    assert answer.status_code == 401
    assert answer.json()["code"] == "SIGNED_OUT"


def test_a_second_sign_in_replaces_the_first(
    operator_browser: OperatorBrowser, counter: CounterPc, sim: ApiSimulator
) -> None:
    OperatorBrowser(counter).sign_in(sim)
    assert operator_browser.post("/session/touch", {}).status_code == 401
    assert len(sim.shifts) == 1


def test_an_untouched_console_signs_out_but_the_display_stays(
    home: Path, sim: ApiSimulator
) -> None:
    tempo = Tempo(rotate_seconds=2, idle=timedelta(seconds=1.5), rhythm=Rhythm(well=1, tick=0.1))
    sim.people.append(budi())
    with running_kiosk(home, tempo=tempo) as counter:
        browser = OperatorBrowser(counter)
        browser.sign_in(sim)
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.session.cookies)
        request = Request(f"{browser.base}/events", headers={"Cookie": cookies})
        with urlopen(request, timeout=10) as stream:
            events = stream.read().decode()
        assert events.count("event: state") >= 1
        assert '"code": "SESSION_IDLE"' in events
        assert counter.kiosk.display.find_frame() is not None
        assert browser.post("/session/touch", {}).json()["code"] == "SIGNED_OUT"


def test_the_photo_is_passed_on_and_not_kept(
    operator_browser: OperatorBrowser, sim: ApiSimulator
) -> None:
    person = budi()
    sim.people.append(person)
    url = f"{operator_browser.base}/photo/{person.id}"
    answer = operator_browser.session.get(url, timeout=5)
    assert answer.content == person.photo
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "kiosk.example"])
def test_the_kiosk_serves_this_machine_only(host: str) -> None:
    with pytest.raises(SetupError):
        make_server(lambda _environ, _start: [], host=host, port=0)
