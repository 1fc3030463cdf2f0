"""What a page of somebody else, a stranger's bytes or another computer get from a desk: nothing."""

from __future__ import annotations

import re
import time

import pytest
import requests

from samples.vectors_world import CARD
from tests.verifier.desk.attacks import noise
from tests.verifier.desk.conftest import picture
from tests.verifier.desk.desk_pc import DeskPc
from verifier import scan
from verifier.desk.errors import DeskError
from verifier.desk.eyes import Eyes
from verifier.desk.web.app import make_server
from verifier.errors import ScanError
from verifier.second_reader import SecondReader

POSTS = ("/checks", "/pictures", "/frames", "/challenge", "/challenge/end")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8096", "127.0.0.1.evil.example", "", "10.0.0.1", "[::", "a:b",
     "user@127.0.0.1", "0.0.0.0"],
)  # fmt: skip
def test_other_host_names_are_refused(lasting_pc: DeskPc, host: str) -> None:
    answer = requests.get(lasting_pc.url, headers={"Host": host}, timeout=20)
    assert answer.status_code in {400, 421}
    assert "Teller" not in answer.text


@pytest.mark.parametrize("host", ["localhost:8096", "127.0.0.1", "[::1]:8096"])
def test_this_computers_names_are_served(lasting_pc: DeskPc, host: str) -> None:
    assert requests.get(lasting_pc.url, headers={"Host": host}, timeout=20).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Desk-Token": ""}, {"Desk-Token": "guessed"}, {"Desk-Token": "é"},
     {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1"},
     {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)  # fmt: skip
def test_what_another_page_sends_is_refused_everywhere(pc: DeskPc, headers: dict[str, str]) -> None:
    encoded = {name: value.encode() for name, value in headers.items()}
    for path in POSTS:
        answer = pc.post(path, {"text": CARD.shown(), "source": "text"}, **encoded)  # type: ignore[arg-type]
        assert answer.status_code == 403
    assert pc.told == []
    assert pc.desk.asked is None


def test_nothing_is_changed_by_a_get(pc: DeskPc) -> None:
    for path in POSTS:
        assert requests.get(pc.url + path, timeout=20).status_code == 405
    assert pc.told == []


def test_every_answer_forbids_foreign_scripts_framing_and_caching(pc: DeskPc) -> None:
    for path in ("/", "/situation", "/nowhere", "/static/desk.js", "/checks"):
        answer = requests.get(pc.url + path, timeout=20)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Permissions-Policy"].startswith("camera=(self)")
        assert answer.headers["Server"] == "ikd-desk"
        static = path.startswith("/static")
        assert answer.headers["Cache-Control"] == ("no-cache" if static else "no-store")
        if path == "/":
            assert re.findall(r'(?:src|href)="(?!/static/|\?lang=|#)([^"]*)"', answer.text) == []


def test_a_desk_is_for_this_computer_only_and_says_when_its_port_is_taken(pc: DeskPc) -> None:
    for host in ("0.0.0.0", "192.168.1.5", "bank.example"):
        with pytest.raises(DeskError, match="DESK_NOT_LOOPBACK"):
            make_server(lambda _environ, _start: [], host=host, port=0)
    with pytest.raises(DeskError, match="DESK_PORT_TAKEN"):
        make_server(lambda _environ, _start: [], port=int(pc.url.rpartition(":")[2]))


@pytest.mark.parametrize(
    "body",
    [None, [], "text", 7, {}, {"text": 1, "source": "text"}, {"text": "x"},
     {"text": "x", "source": "camera"}, {"text": "x", "source": []}, {"text": None, "source": ""},
     {"text": "x", "keys": 5, "source": "scanner"}, {"text": "x" * 300_000, "source": "text"}],
)  # fmt: skip
def test_a_strange_request_is_refused_and_not_counted(pc: DeskPc, body: object) -> None:
    assert pc.post("/checks", body).status_code in {400, 413}
    assert pc.told == []


def test_pictures_are_bounded_before_they_are_read(pc: DeskPc) -> None:
    jpeg = picture(None)
    too_large = bytes(scan.MAX_IMAGE_BYTES + 1)
    assert pc.post("/pictures", too_large).status_code == 413
    assert pc.post("/frames", jpeg + bytes(5 * 1024 * 1024)).status_code == 415
    assert pc.post("/frames", jpeg, **{"Content-Type": "image/png"}).status_code == 415
    assert pc.post("/pictures", jpeg, **{"Content-Type": "text/html"}).status_code == 415
    assert pc.post("/frames", b"no picture").json() == {"error": "IMAGE_INVALID"}
    assert pc.post("/frames", jpeg).json() == {"number": None}


def test_one_frame_is_read_at_a_time(pc: DeskPc) -> None:
    with pc.desk._eyes._reading_frame:
        assert pc.post("/frames", picture(None)).status_code == 503
        assert pc.post("/pictures", picture(CARD.shown())).json()["code"] == "VALID"
    assert pc.post("/frames", picture(None)).status_code == 200


def test_the_second_reader_finds_what_the_first_missed_and_a_later_frame_gets_it() -> None:
    reader = SecondReader()
    gray = scan.load_gray(picture(CARD.but(profile="age-only").shown()))
    done = reader.offer(gray, ((0, 0, 1280, 720),))
    assert done is not None
    assert done.wait(60)
    assert reader.take() == [CARD.but(profile="age-only").shown()]
    assert reader.take() == []


def test_a_picture_of_noise_is_given_up_and_blinds_no_camera() -> None:
    eyes = Eyes()
    began = time.monotonic()
    with pytest.raises(ScanError, match="QR_NOT_FOUND"):
        eyes.read_picture(noise(), patience=0.2)
    with pytest.raises(ScanError, match="QR_NOT_FOUND"):  # the second reader is still at the first
        eyes.read_picture(picture(None), patience=0.2)
    assert eyes.read_picture(picture(CARD.shown())) == CARD.shown()
    assert eyes.read_frame(picture(CARD.shown())) == CARD.shown()
    assert time.monotonic() - began < 30
