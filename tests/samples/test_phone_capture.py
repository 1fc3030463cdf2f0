"""A capture on the phone: what it follows, what it refuses, and how it goes on after a break."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from credentials.jwk import b64url_encode, public_jwk, thumbprint
from samples.client_vectors import captures
from samples.keys import private_key
from samples.phone import capture
from samples.phone.camera import FolderCamera
from samples.phone.errors import PhoneError, Problem
from samples.phone.handset import Phone
from samples.phone.keys import new_key
from samples.phone.store import Home, State
from tests.samples.scripted_api import Reply, ScriptedApi, scripted_api

ENROLMENT, CAPTURE = "enr_1", "cap_1"
POLICY = {"face": {"challenge_key": public_jwk(private_key("challenge").public_key())}}
STATUS = {"state": "FACE_VERIFIED", "wallet": None, "face": {}}
LIMIT = 1000


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    home = Home(tmp_path / "phone")
    home.save_device_key(new_key())
    home.save_policy(POLICY)
    home.save(State(api="http://127.0.0.1:1", nik="3171011708909316", enrolment=ENROLMENT))
    return Phone.open(home)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures that are none: the scripted service does not look."""
    made = tmp_path / "pictures"
    made.mkdir()
    for turn, count in (("front", 11), ("left", 4), ("right", 4)):
        for number in range(1, count + 1):
            (made / f"{turn}-{number}.jpg").write_bytes(f"{turn} {number}".encode())
    return made


def look(phone: Phone, folder: Path) -> dict[str, Any]:
    used = capture.promised(phone)
    camera = FolderCamera(folder, limit=LIMIT, used=used)
    return capture.verify_face(phone, camera, pause=0, tell=lambda _text: None)


def digest(data: str) -> str:
    return b64url_encode(hashlib.sha256(data.encode()).digest())


def answer(phone: Phone, asked: tuple[int, str] | None = None, **changes: Any) -> Reply:
    """Return a Capture answer with this prompt, signed as the service signs."""
    jkt = thumbprint(phone.device.public_key)
    told = None
    if asked:
        told = captures.told(*asked, token=captures.prompt(*asked, capture=CAPTURE))
    body = {
        "capture": CAPTURE,
        "state": "open" if asked else "committed",
        "challenge": captures.challenge(jti=CAPTURE, sub=ENROLMENT, jkt=jkt),
        "prompt": told,
        "missing": [],
        **changes,
    }
    return Reply(body=body)


def connect(phone: Phone, api: ScriptedApi) -> None:
    phone.api.url = api.url


def bodies(api: ScriptedApi, end: str) -> list[bytes]:
    return [one.body for one in api.received if one.path.endswith(end)]


def test_prompts_are_answered_with_digests_and_frames_follow(phone: Phone, folder: Path) -> None:
    frames = [digest(name) for name in ("front 1", "left 1", "front 2")]
    replies = [
        answer(phone, (0, "front")),
        answer(phone, (1, "left")),
        answer(phone, missing=frames),
        *(answer(phone, missing=frames[at:]) for at in (1, 2, 3)),
        Reply(body=STATUS),
    ]
    with scripted_api(*replies) as api:
        connect(phone, api)
        assert look(phone, folder) == STATUS
    told = [json.loads(body)["digests"] for body in bodies(api, "/digests")]
    assert told == [frames[:1], frames[1:]]
    assert bodies(api, "/frames") == [b"front 1", b"left 1", b"front 2"]
    sent = next(one for one in api.received if one.path.endswith("/frames"))
    assert sent.headers["Content-Type"] == "image/jpeg"
    assert phone.home.capture() == ""
    assert phone.home.frame_names() == set()


def test_a_prompt_that_the_service_has_not_signed_is_not_followed(
    phone: Phone, folder: Path
) -> None:
    forged = captures.told(0, "front", token=captures.prompt(0, "front", key="stranger"))
    with scripted_api(answer(phone, (0, "front"), prompt=forged)) as api:
        connect(phone, api)
        with pytest.raises(PhoneError) as told:
            look(phone, folder)
    assert told.value.code == "CHALLENGE_UNTRUSTED"
    assert bodies(api, "/digests") == []


def test_a_refusal_forgets_the_frames(phone: Phone, folder: Path) -> None:
    late = {"code": "PROMPT_LATE", "title": "Terlambat", "status": 409}
    with scripted_api(answer(phone, (0, "front")), Reply(409, late)) as api:
        connect(phone, api)
        with pytest.raises(Problem) as told:
            look(phone, folder)
    assert told.value.code == "PROMPT_LATE"
    assert phone.home.frame_names() == set()
    assert phone.home.capture() == ""


def test_after_a_broken_line_only_what_is_missing_is_sent(phone: Phone, folder: Path) -> None:
    frames = [digest("front 1"), digest("front 2")]
    phone.home.save_capture(CAPTURE)
    capture.promise(phone, [b"front 1", b"front 2"])
    lost = [Reply(drop=True)] * 3
    replies = [
        answer(phone, missing=frames),
        *lost,
        answer(phone, missing=frames[1:]),
        answer(phone),
        Reply(body=STATUS),
    ]
    with scripted_api(*replies) as api:
        connect(phone, api)
        assert look(phone, folder) == STATUS
    assert bodies(api, "/frames") == [b"front 1"] * 3 + [b"front 2"]
    assert bodies(api, "/captures") == [], "a new capture was opened"


def test_a_phone_that_never_got_the_last_answer_asks_for_the_status(
    phone: Phone, folder: Path
) -> None:
    phone.home.save_capture(CAPTURE)
    with scripted_api(answer(phone, state="used"), Reply(body=STATUS)) as api:
        connect(phone, api)
        assert look(phone, folder) == STATUS
    assert phone.home.capture() == ""


@pytest.mark.parametrize("state", ["failed", "abandoned"])
def test_what_has_ended_is_begun_anew(phone: Phone, folder: Path, state: str) -> None:
    phone.home.save_capture("cap_0")
    capture.promise(phone, [b"front 1"])
    ended = {"code": "PROMPT_LATE", "title": "Terlambat", "status": 409}
    replies = [answer(phone, state=state), answer(phone, (0, "front")), Reply(409, ended)]
    with scripted_api(*replies) as api:
        connect(phone, api)
        with pytest.raises(Problem):
            look(phone, folder)
    assert [json.loads(body)["digests"] for body in bodies(api, "/digests")] == [
        [digest("front 2")]  # the first was promised already: the service has seen it
    ]


def test_a_wait_keeps_the_capture(phone: Phone, folder: Path) -> None:
    phone.home.save_capture(CAPTURE)
    wait = {"code": "FACE_WAIT", "title": "Tunggu", "status": 429}
    replies = [answer(phone), Reply(429, wait, headers={"Retry-After": "60"})]
    with scripted_api(*replies) as api:
        connect(phone, api)
        with pytest.raises(Problem) as told:
            look(phone, folder)
    assert (told.value.code, told.value.retry_after) == ("FACE_WAIT", 60)
    assert phone.home.capture() == CAPTURE


def test_a_folder_with_too_few_pictures_is_told_before_a_capture_is_opened(
    phone: Phone, folder: Path
) -> None:
    (folder / "left-4.jpg").unlink()
    with scripted_api() as api:
        connect(phone, api)
        with pytest.raises(PhoneError) as told:
            look(phone, folder)
    assert told.value.code == "PICTURES_MISSING"
    assert api.received == []


def test_pictures_are_taken_in_the_order_of_their_numbers(folder: Path) -> None:
    camera = FolderCamera(folder, limit=LIMIT)
    taken = [camera.take("front") for _ in range(11)]
    assert taken == [f"front {number}".encode() for number in range(1, 12)]
    with pytest.raises(PhoneError) as told:
        camera.take("front")
    assert told.value.code == "PICTURES_MISSING"


def test_too_large_a_picture_is_told(folder: Path) -> None:
    (folder / "left-1.jpg").write_bytes(b"x" * (LIMIT + 1))
    with pytest.raises(PhoneError) as told:
        FolderCamera(folder, limit=LIMIT).take("left")
    assert told.value.code == "FRAME_TOO_LARGE"
