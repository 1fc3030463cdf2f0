"""Scanning a frame: fresh, once, of a counter that is staffed (T10, T11, T13, T15)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import select

from credentials.kiosk_frame import sign_frame
from tests.wallet_api.counter_desk import Counter, enrol, new_signer, open_counter
from tests.wallet_api.racing import race
from tests.wallet_api.simulators import World
from wallet_api.errors import (
    FrameExpired,
    FrameInvalid,
    FrameUsed,
    KioskBlocked,
    StepNotPossible,
)
from wallet_api.models import AuditEvent, Kiosk, KioskFrame
from wallet_api.services import activation, kiosks, shifts


@pytest.fixture
def counter(world: World) -> Counter:
    made = open_counter(world)
    made.sign_in(made.add_operator())
    return made


def test_a_scan_names_the_office_and_asks_for_the_pin_within_120_seconds(
    world: World, counter: Counter
) -> None:
    phone = enrol(world)
    status = phone.claim(counter)
    assert status["state"] == "CLAIMED"
    assert status["next"] == {"step": "confirm", "deadline_at": "2026-11-23T05:02:30Z"}
    shown = status["activation"]
    assert isinstance(shown, dict)
    assert shown["office"] == {"code": "3173", "name": "Kantor 3173"}
    assert shown["number"] is None


def test_another_phone_cannot_use_a_frame_again(world: World, counter: Counter) -> None:
    text = counter.frame_text()
    first, second = enrol(world), enrol(world, "3174054512900002")
    activation.claim(world.deps, first.enrolment_id, text)
    with pytest.raises(FrameUsed):
        activation.claim(world.deps, second.enrolment_id, text)
    assert second.state() == "PIN_SET"


def test_the_same_phone_may_post_its_frame_again(world: World, counter: Counter) -> None:
    phone, text = enrol(world), counter.frame_text()
    once = activation.claim(world.deps, phone.enrolment_id, text)
    world.clock.advance(seconds=5)
    again = activation.claim(world.deps, phone.enrolment_id, text)
    assert again["activation"] == once["activation"]


@pytest.mark.parametrize("age", [0, 19.9, 20, 60])
def test_a_frame_is_accepted_for_20_seconds_of_the_servers_clock(
    world: World, counter: Counter, age: float
) -> None:
    phone, text = enrol(world), counter.frame_text()
    world.clock.advance(seconds=age)
    if age < 20:
        activation.claim(world.deps, phone.enrolment_id, text)
        assert phone.state() == "CLAIMED"
    else:
        with pytest.raises(FrameExpired):
            activation.claim(world.deps, phone.enrolment_id, text)


@pytest.mark.parametrize("ahead", [2, 2.1])
def test_a_frame_from_the_future_is_accepted_for_two_seconds_only(
    world: World, counter: Counter, ahead: float
) -> None:
    phone, text = enrol(world), counter.frame_text()
    world.clock.advance(seconds=-ahead)
    if ahead <= 2:
        activation.claim(world.deps, phone.enrolment_id, text)
    else:
        with pytest.raises(FrameExpired):
            activation.claim(world.deps, phone.enrolment_id, text)


def test_a_kiosk_cannot_give_its_frames_a_longer_life(world: World, counter: Counter) -> None:
    frame = counter.frame()
    longer = replace(frame, expires_at=frame.expires_at + 60)
    with pytest.raises(FrameInvalid):
        activation.claim(
            world.deps, enrol(world).enrolment_id, sign_frame(longer, counter.frame_signer)
        )


@pytest.mark.parametrize("change", [{"kiosk": "someone-else"}, {"office": "9999"}])
def test_a_frame_that_names_another_kiosk_or_office_is_refused(
    world: World, counter: Counter, change: dict[str, str]
) -> None:
    text = sign_frame(replace(counter.frame(), **change), counter.frame_signer)  # type: ignore[arg-type]
    with pytest.raises(FrameInvalid):
        activation.claim(world.deps, enrol(world).enrolment_id, text)


def test_a_frame_of_an_uncertified_key_is_refused(world: World, counter: Counter) -> None:
    with pytest.raises(FrameInvalid):
        activation.claim(
            world.deps, enrol(world).enrolment_id, sign_frame(counter.frame(), new_signer())
        )


@pytest.mark.parametrize(
    "text", ["", "IDK:", "IDK:ABC", "ID1:00", "https://ikd.example/x", "IDK:é"]
)
def test_what_is_no_frame_is_refused(world: World, text: str) -> None:
    with pytest.raises(FrameInvalid):
        activation.claim(world.deps, enrol(world).enrolment_id, text)


def test_a_blocked_kiosks_frames_are_worth_nothing(world: World, counter: Counter) -> None:
    phone, text = enrol(world), counter.frame_text()
    kiosks.block_kiosk(world.deps, counter.kiosk_id, reason="stolen")
    with pytest.raises(KioskBlocked):
        activation.claim(world.deps, phone.enrolment_id, text)


def test_frames_are_worth_nothing_after_the_shift(world: World) -> None:
    counter = open_counter(world)
    desk = counter.sign_in(counter.add_operator())
    text = counter.frame_text()
    shifts.close_shift(world.deps, desk.shift)
    with pytest.raises(KioskBlocked):
        activation.claim(world.deps, enrol(world).enrolment_id, text)


def test_two_nonces_for_one_number_block_the_kiosk(world: World, counter: Counter) -> None:
    first, second = enrol(world), enrol(world, "3174054512900002")
    first.claim(counter)
    clone = sign_frame(replace(counter.frame(), nonce=b"c" * 16), counter.frame_signer)
    with pytest.raises(KioskBlocked):
        activation.claim(world.deps, second.enrolment_id, clone)
    with world.deps.transaction() as db:
        assert db.get_one(Kiosk, counter.kiosk_id).state == "BLOCKED"
        events = set(db.scalars(select(AuditEvent.event)))
    assert {"kiosk.fork_seen", "kiosk.blocked", "enrolment.claim_refused"} <= events


def test_a_forged_fork_does_not_block_a_kiosk(world: World, counter: Counter) -> None:
    enrol(world).claim(counter)
    forged = sign_frame(replace(counter.frame(), nonce=b"c" * 16), new_signer())
    with pytest.raises(FrameInvalid):
        activation.claim(world.deps, enrol(world, "3174054512900002").enrolment_id, forged)
    with world.deps.transaction() as db:
        assert db.get_one(Kiosk, counter.kiosk_id).state == "ACTIVE"


def test_a_newer_scan_replaces_an_unconfirmed_one(world: World, counter: Counter) -> None:
    phone = enrol(world)
    phone.claim(counter)
    world.clock.advance(seconds=60)
    status = phone.claim(counter)
    assert status["next"] == {"step": "confirm", "deadline_at": "2026-11-23T05:03:30Z"}


def test_nobody_scans_before_the_pin_is_set(world: World, counter: Counter) -> None:
    phone = enrol(world, state="FACE_VERIFIED")
    with pytest.raises(StepNotPossible):
        phone.claim(counter)


def test_forty_phones_at_one_frame_make_one_claim(world: World, counter: Counter) -> None:
    text = counter.frame_text()
    phones = [enrol(world, f"31740545129{at:05d}") for at in range(40)]
    came = race([partial(_claim, world, phone.enrolment_id, text) for phone in phones])
    assert came == {"CLAIMED": 1, "FRAME_USED": 39}
    with world.deps.transaction() as db:
        assert len(db.scalars(select(KioskFrame)).all()) == 1


def test_forty_posts_of_one_phone_make_one_claim(world: World, counter: Counter) -> None:
    phone, text = enrol(world), counter.frame_text()
    came = race([partial(_claim, world, phone.enrolment_id, text)] * 40)
    assert came == {"CLAIMED": 40}
    assert phone.state() == "CLAIMED"
    with world.deps.transaction() as db:
        events = db.scalars(select(AuditEvent.event).where(AuditEvent.event == "enrolment.claimed"))
        assert len(events.all()) == 1


def _claim(world: World, enrolment_id: str, text: str) -> object:
    return activation.claim(world.deps, enrolment_id, text)["state"]
