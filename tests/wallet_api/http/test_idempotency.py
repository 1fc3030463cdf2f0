"""Every POST: the same key gives the same bytes, and nothing is done twice (C1, C12)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from credentials.jwk import public_jwk, thumbprint
from tests.wallet_api import capturing
from tests.wallet_api.handset import START, Handset, at_face, with_wallet
from tests.wallet_api.racing import race
from wallet_api.models import AuditEvent, Enrolment, IdempotencyKey
from wallet_api.services import idempotency, nonces
from wallet_api.services.idempotency import Once

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.test import TestResponse

    from tests.wallet_api.simulators import World

KEY = "a key of 20 letters."
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@dataclass
class Post:
    """One POST that can be sent again; `other` has another body."""

    send: Callable[[], TestResponse]
    other: Callable[[], TestResponse]


def _device(phone: Handset, path: str, purpose: str, body: object, **bent: Any) -> Post:
    def post(sent: object) -> TestResponse:
        return phone.step(path, purpose, sent, key=KEY, **bent)

    return Post(
        lambda: post(body),
        lambda: phone.step(path, purpose, None, key=KEY, raw=b'{"other": 1}', **bent),
    )


def _token(phone: Handset, path: str, body: object) -> Post:
    return Post(
        lambda: phone.call("POST", path, body, key=KEY),
        lambda: phone.call("POST", path, key=KEY, raw=b'{"other": 1}'),
    )


def start(world: World) -> Post:
    phone = Handset(world)
    body = START | {"device_key": public_jwk(phone.device.public_key)}
    return _device(phone, "/v1/enrolments", "start", body, sub="new")


def _below(world: World, name: str, purpose: str, body: object, **bent: Any) -> Post:
    phone = at_face(world)
    return _device(phone, f"/v1/enrolments/{phone.enrolment}/{name}", purpose, body, **bent)


def codes(world: World) -> Post:
    phone = Handset(world)
    phone.start()
    world.clock.advance(seconds=61)
    path = f"/v1/enrolments/{phone.enrolment}/contact/codes"
    return _device(phone, path, "contact_codes", {"channels": ["sms", "email"]})


def contact(world: World) -> Post:
    phone = Handset(world)
    phone.start()
    path = f"/v1/enrolments/{phone.enrolment}/contact"
    return _device(phone, path, "contact", phone.codes())


def wrong_code(world: World) -> Post:
    phone = Handset(world)
    phone.start()
    path = f"/v1/enrolments/{phone.enrolment}/contact"
    return _device(phone, path, "contact", {"sms_code": "000000"})


def capture(world: World) -> Post:
    return _below(world, "face/captures", "face_capture", {})


def digests(world: World) -> Post:
    """A lost answer is asked for again with its key: the same prompt, no new one revealed."""
    phone = at_face(world)
    opened = capturing.open_capture(phone).get_json()
    world.clock.advance(seconds=1)
    promised = [capturing.digest_of(frame) for frame in capturing.new_frames(1)]
    body = {"prompt": opened["prompt"]["token"], "digests": promised}
    path = f"/v1/enrolments/{phone.enrolment}/face/captures/{opened['capture']}/digests"
    return _device(phone, path, "face_digests", body)


def frame(world: World) -> Post:
    phone = at_face(world)
    opened = capturing.open_capture(phone).get_json()
    _, frames = capturing.follow(phone, opened)
    one, other = frames[:2]
    return Post(
        lambda: capturing.send(phone, opened["capture"], one, key=KEY),
        lambda: capturing.send(phone, opened["capture"], other, key=KEY),
    )


def face(world: World) -> Post:
    phone = at_face(world)
    body = {"capture": capturing.perform(phone)["capture"]}
    return _device(phone, f"/v1/enrolments/{phone.enrolment}/face", "face", body)


def face_office(world: World) -> Post:
    return _below(world, "face/office", "face_office", {"reason": "no_camera"})


def cancel(world: World) -> Post:
    return _below(world, "cancel", "cancel", {})


def pin(world: World) -> Post:
    phone = at_face(world)
    phone.face()
    path = f"/v1/enrolments/{phone.enrolment}/pin"
    return _device(phone, path, "pin", {"pin_key": public_jwk(phone.pin.public_key)}, pin=phone.pin)


def session(world: World) -> Post:
    phone = with_wallet(world)
    body = {"wallet": phone.wallet, "scope": "full"}
    return _device(phone, "/v1/sessions", "session", body, sub=phone.wallet, pin=phone.pin)


def _in_session(world: World) -> Handset:
    phone = with_wallet(world)
    phone.session()
    return phone


def issue(world: World) -> Post:
    phone = _in_session(world)
    return _token(phone, "/v1/wallet/credentials", {"holder_keys": phone.holder_keys()})


def renew(world: World) -> Post:
    phone = _in_session(world)
    return _token(phone, "/v1/wallet/renewals", {"holder_keys": phone.holder_keys()})


def delivered(world: World) -> Post:
    phone = _in_session(world)
    return _token(phone, "/v1/wallet/credentials/delivered", {"ids": ["x"]})


POSTS = [
    start, codes, contact, wrong_code, capture, digests, frame, face, face_office, cancel, pin,
    session, issue, renew, delivered,
]  # fmt: skip


@pytest.fixture(params=POSTS, ids=lambda made: made.__name__)
def post(world: World, request: pytest.FixtureRequest) -> Post:
    made: Post = request.param(world)
    return made


@on_sqlite
def test_c1_the_same_key_gives_the_same_bytes_and_does_nothing_twice(
    world: World, post: Post
) -> None:
    first = post.send()
    assert first.status_code < 300 or first.get_json()["code"] == "CODE_WRONG"
    done = _audit(world)
    world.clock.advance(seconds=5)
    again = post.send()
    assert (again.status_code, again.mimetype) == (first.status_code, first.mimetype)
    assert again.data == first.data
    assert _audit(world) == done
    other = post.other()
    assert (other.status_code, other.get_json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert _audit(world) == done


def _audit(world: World) -> int:
    with world.deps.transaction() as db:
        return int(db.scalar(select(func.count()).select_from(AuditEvent)) or 0)


def test_c1_twelve_starts_at_once_with_one_key_are_one_enrolment(world: World) -> None:
    phone = Handset(world)
    body = START | {"device_key": public_jwk(phone.device.public_key)}
    with_app = [Handset(world, phone.device) for _ in range(12)]

    def send(handset: Handset) -> Callable[[], int]:
        return lambda: handset.step("/v1/enrolments", "start", body, sub="new", key=KEY).status_code

    seen = race([send(handset) for handset in with_app])
    assert set(seen) <= {"202", "409", "503"}
    assert seen["202"] >= 1
    with world.deps.transaction() as db:
        assert db.scalar(select(func.count()).select_from(Enrolment)) == 1


@on_sqlite
def test_the_key_is_looked_up_before_the_nonce(world: World) -> None:
    """A retry with the very same proof gets its answer, though its nonce is used."""
    phone = Handset(world)
    phone.start()
    nonce = nonces.make(world.deps)
    first = phone.post("cancel", "cancel", {}, key=KEY, nonce=nonce)
    again = phone.post("cancel", "cancel", {}, key=KEY, nonce=nonce)
    assert (first.status_code, again.data) == (200, first.data)
    fresh = phone.post("cancel", "cancel", {}, key=KEY[::-1], nonce=nonce)
    assert fresh.get_json()["code"] == "NONCE_REQUIRED"
    assert fresh.headers["Wallet-Nonce"]


@on_sqlite
def test_one_phones_key_is_not_anothers(world: World) -> None:
    first, second = Handset(world), Handset(world)
    assert first.start(key=KEY).status_code == 202
    assert second.start(key=KEY).status_code == 202
    assert first.enrolment != second.enrolment


@on_sqlite
def test_a_request_at_work_is_409_and_taken_over_when_its_worker_is_dead(world: World) -> None:
    once = Once("jkt|/v1/x", KEY, b"hash")
    assert idempotency.begin(world.deps, once) is None
    phone = Handset(world)
    phone.start()
    with world.deps.transaction() as db:
        db.add(
            IdempotencyKey(
                scope=f"{_jkt(phone)}|/v1/enrolments/{phone.enrolment}/cancel",
                key=KEY,
                body_hash=_hash(b"{}"),
                started_at=world.clock.now(),
            )
        )
    busy = phone.post("cancel", "cancel", {}, key=KEY)
    assert (busy.status_code, busy.get_json()["code"]) == (409, "REQUEST_IN_PROGRESS")
    assert busy.headers["Retry-After"] == "1"
    world.clock.advance(seconds=30)
    assert phone.post("cancel", "cancel", {}, key=KEY).status_code == 200


def _jkt(phone: Handset) -> str:
    return thumbprint(phone.device.public_key)


def _hash(body: bytes) -> bytes:
    return sha256(body).digest()


@on_sqlite
def test_an_answer_is_kept_sealed(world: World) -> None:
    phone = Handset(world)
    phone.start(key=KEY)
    with world.deps.transaction() as db:
        row = db.scalars(select(IdempotencyKey)).one()
    assert row.status == 202
    assert phone.enrolment.encode() not in (row.answer_sealed or b"")


@on_sqlite
@pytest.mark.parametrize("key", ["", "short", "x" * 129, "tab\tin the middle of it", "é" * 20])
def test_a_missing_or_odd_key_is_refused(world: World, key: str) -> None:
    phone = Handset(world)
    body = START | {"device_key": public_jwk(phone.device.public_key)}
    headers = {"Idempotency-Key": key}
    answer = phone.step("/v1/enrolments", "start", body, sub="new", headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "IDEMPOTENCY_KEY_MISSING")


@on_sqlite
def test_a_refusal_that_asks_to_wait_is_no_answer_for_ever(world: World) -> None:
    phone = Handset(world)
    phone.start()
    sent = phone.post("contact/codes", "contact_codes", {"channels": ["sms"]}, key=KEY)
    assert sent.status_code == 429
    world.clock.advance(seconds=61)
    sent = phone.post("contact/codes", "contact_codes", {"channels": ["sms"]}, key=KEY)
    assert sent.status_code == 202
