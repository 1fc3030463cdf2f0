"""After a decision the storage holds no frame; an officer gets one picture, until it is decided.

Looked at where it lies: every row of every table and every file, whatever became of the capture.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.wallet_api import capturing
from tests.wallet_api.counter_desk import Phone, confirm, open_counter
from tests.wallet_api.handset import NIK, Handset, at_face, work_off
from wallet_api.models import Enrolment
from wallet_api.ports.faces import FaceJob, FaceResult
from wallet_api.services import counter as counter_service
from wallet_api.services import housekeeping

from .stored import PICTURE_BYTES, everything, large_values, pictures, traces

if TYPE_CHECKING:
    from pathlib import Path

    from tests.wallet_api.simulators import World

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def uploaded(phone: Handset) -> tuple[str, list[bytes]]:
    """A capture that waits for its comparison, with frames as large as real ones."""
    capture, frames = capturing.follow(phone, capturing.opened(phone), size=PICTURE_BYTES)
    for frame in frames:
        assert capturing.send(phone, capture["capture"], frame).status_code == 200
    return str(capture["capture"]), frames


def accepted(world: World, phone: Handset, capture: str) -> None:
    world.faces.outcome = "match"
    assert capturing.compare(phone, capture).get_json()["state"] == "FACE_VERIFIED"


def officer(world: World, phone: Handset, capture: str) -> None:
    world.faces.outcome, world.faces.reasons = "review", ("DOUBTFUL",)
    assert capturing.compare(phone, capture).get_json()["state"] == "FACE_AT_COUNTER"


def try_again(world: World, phone: Handset, capture: str) -> None:
    world.faces.outcome = "try_again"
    assert capturing.compare(phone, capture).get_json()["next"]["step"] == "face"


def no_match(world: World, phone: Handset, capture: str) -> None:
    world.faces.outcome = "no_match"
    assert capturing.compare(phone, capture).get_json()["next"]["step"] == "face"


def abandoned(world: World, phone: Handset, capture: str) -> None:
    del world
    capturing.opened(phone)
    assert capturing.read(phone, capture).get_json()["state"] == "abandoned"


def late(world: World, phone: Handset, capture: str) -> None:
    world.clock.advance(minutes=10)
    assert capturing.refused(capturing.compare(phone, capture)) == "FRAMES_LATE"


def left_alone(world: World, phone: Handset, capture: str) -> None:
    world.clock.advance(minutes=10)
    housekeeping.clean_up(world.deps)
    assert capturing.read(phone, capture).get_json()["state"] == "failed"


def to_the_office(world: World, phone: Handset, capture: str) -> None:
    del world, capture
    body = {"reason": "cannot_turn_head"}
    answer = phone.post("face/office", "face_office", body)
    assert answer.get_json()["state"] == "FACE_AT_COUNTER"


def cancelled(world: World, phone: Handset, capture: str) -> None:
    del world, capture
    assert phone.post("cancel", "cancel", {}).get_json()["state"] == "CANCELLED"


def expired(world: World, phone: Handset, capture: str) -> None:
    del capture
    world.clock.advance(hours=72)
    housekeeping.expire(world.deps)
    assert phone.status()["state"] == "EXPIRED"


def attempts_of_today_spent(world: World, phone: Handset, capture: str) -> None:
    small = world.with_settings(face_attempts_per_nik_day=1)
    world.faces.outcome = "try_again"
    capturing.compare(phone, capture)
    rich = Handset(small, phone.device, phone.pin, phone.enrolment)
    again, _ = uploaded(rich)
    assert capturing.compare(rich, again).get_json()["state"] == "FACE_AT_COUNTER"


ENDS: list[Any] = [
    (accepted, {"photo"}),
    (officer, {"photo", "selfie"}),
    (try_again, {"photo"}),
    (no_match, {"photo"}),
    (abandoned, {"photo"}),
    (late, {"photo"}),
    (left_alone, {"photo"}),
    (to_the_office, {"photo"}),
    (attempts_of_today_spent, {"photo"}),
    (cancelled, set()),
    (expired, set()),
]


@pytest.mark.parametrize(("end", "kept"), ENDS, ids=lambda value: getattr(value, "__name__", ""))
def test_no_frame_outlives_its_capture(
    world: World, tmp_path: Path, end: Any, kept: set[str]
) -> None:
    phone = at_face(world)
    capture, frames = uploaded(phone)
    assert pictures(world, phone.enrolment) == {"frame", "photo"}
    assert large_values(world) == {"face_frame.sealed"}
    end(world, phone, capture)
    work_off(world)
    assert pictures(world, phone.enrolment) == kept
    assert large_values(world) == ({"enrolment.selfie_sealed"} if "selfie" in kept else set())
    assert traces(everything(world, tmp_path), frames) == []


def test_a_frame_would_be_found_if_it_lay_about(world: World, tmp_path: Path) -> None:
    """The search of the tests above finds what is there to be found."""
    phone = at_face(world)
    _, frames = uploaded(phone)
    (tmp_path / "forgotten.tmp").write_bytes(b"before" + frames[3] + b"after")
    assert traces(everything(world, tmp_path), frames) == [3]
    (tmp_path / "forgotten.tmp").write_text(frames[5].hex())
    assert traces(everything(world, tmp_path), frames) == [5]


@on_sqlite
def test_the_officer_sees_the_clearest_frame(world: World) -> None:
    phone = at_face(world)
    capture, frames = uploaded(phone)
    officer(world, phone, capture)
    deps = world.deps
    with deps.transaction() as db:
        row = db.get_one(Enrolment, phone.enrolment)
        place = f"enrolment|selfie|{row.id}"
        assert deps.vault.open(row.person.dek, place, row.selfie_sealed or b"") == frames[0]


def _at_counter(world: World) -> tuple[Phone, Any, str, list[bytes]]:
    """Somebody whose face was left to an officer, at the counter with a number."""
    phone = at_face(world)
    capture, frames = uploaded(phone)
    officer(world, phone, capture)
    assert phone.set_pin().get_json()["next"]["step"] == "scan"
    counter = open_counter(world)
    desk = counter.sign_in(counter.add_operator())
    resident = Phone(world, phone.enrolment, phone.device, phone.pin)
    return resident, desk, resident.come_to(counter), frames


def test_the_selfie_is_gone_when_the_wallet_opens(world: World, tmp_path: Path) -> None:
    resident, desk, number, frames = _at_counter(world)
    assert "selfie" in pictures(world, resident.enrolment_id)
    assert confirm(world, desk, resident, number, why="same_in_person") == "ACTIVATED"
    work_off(world)
    assert pictures(world, resident.enrolment_id) == set()
    assert large_values(world) == set()
    assert traces(everything(world, tmp_path), frames) == []


def test_the_selfie_is_gone_when_the_officer_refuses(world: World, tmp_path: Path) -> None:
    resident, desk, _, frames = _at_counter(world)
    counter_service.refuse(world.deps, desk, resident.enrolment_id, "not_the_person")
    assert pictures(world, resident.enrolment_id) == set()
    assert large_values(world) == set()
    assert traces(everything(world, tmp_path), frames) == []


@on_sqlite
@pytest.mark.parametrize("end", [cancelled, expired])
def test_the_selfie_is_gone_when_the_enrolment_ends(world: World, end: Any) -> None:
    phone = at_face(world)
    capture, _ = uploaded(phone)
    officer(world, phone, capture)
    end(world, phone, capture)
    assert pictures(world, phone.enrolment) == set()


def test_another_activation_of_the_person_takes_frames_and_selfies_with_it(world: World) -> None:
    """Two rivals of one NIK: one in the middle of a capture, one waiting for an officer."""
    resident, desk, number, _ = _at_counter(world)
    rivals = [
        at_face(world, email=f"r{number}@example.org", phone=f"08131111111{number}")
        for number in range(2)
    ]
    waiting, _ = uploaded(rivals[0])
    officer(world, rivals[0], waiting)
    uploaded(rivals[1])
    assert confirm(world, desk, resident, number, why="documents_checked") == "ACTIVATED"
    for rival in rivals:
        assert rival.status()["state"] == "CANCELLED"
        assert pictures(world, rival.enrolment) == set()


@on_sqlite
def test_no_picture_of_a_comparison_that_died_outlives_ten_minutes(world: World) -> None:
    """The worker is killed between charging and settling (C5): its frames go with the time."""
    phone = at_face(world)
    capture, _ = uploaded(phone)

    class _Dying:
        def match(self, job: FaceJob) -> FaceResult:
            raise SystemError(str(len(job.frames)))

    dying = replace(world, deps=replace(world.deps, faces=_Dying()))
    ill = Handset(dying, phone.device, phone.pin, phone.enrolment)
    assert capturing.compare(ill, capture).status_code == 500
    assert "frame" in pictures(world, phone.enrolment)
    world.clock.advance(minutes=10)
    housekeeping.clean_up(world.deps)
    assert "frame" not in pictures(world, phone.enrolment)
    assert world.registry.people[NIK].photo is not None  # the registry's own is not ours to lose
