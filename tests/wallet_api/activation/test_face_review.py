"""What the console's officers see of a face left to them, what they answer, and what remains."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, get_args

import pytest
from sqlalchemy import select, update

from tests.wallet_api.counter_desk import Counter, Phone, confirm, enrol, open_counter
from tests.wallet_api.racing import race
from tests.wallet_api.simulators import NIK, PHOTO, World
from wallet_api.errors import (
    ActivationEnded,
    EnrolmentNotFound,
    FaceDecisionNeeded,
    NoPhoto,
)
from wallet_api.models import AuditEvent, Enrolment, FaceCapture
from wallet_api.rules import counter as counter_rules
from wallet_api.rules import face_review
from wallet_api.services import counter as service
from wallet_api.services import counter_queue
from wallet_api.services.counter_queue import Desk
from wallet_api.services.enrolment_view import iso
from wallet_api.web.schemas import activation as schemas

if TYPE_CHECKING:
    from collections.abc import Sequence

SELFIE = b"\xff\xd8\xff\xe0 a picture of the phone \xff\xd9"
LOOKS = (counter_queue.load_photo, counter_queue.load_selfie)


@pytest.fixture
def counter(world: World) -> Counter:
    return open_counter(world)


@pytest.fixture
def desk(counter: Counter) -> Desk:
    return counter.sign_in(counter.add_operator())


def enrol_doubtful(world: World, nik: str = NIK, **values: object) -> Phone:
    """A phone whose face the machine left to officers, with the picture it took."""
    phone = enrol(world, nik, **({"face_outcome": "officer", "face_reasons": "DOUBTFUL"} | values))
    with world.deps.transaction() as db:
        row = db.get_one(Enrolment, phone.enrolment_id)
        sealed = world.deps.vault.seal(row.person.dek, f"enrolment|selfie|{row.id}", SELFIE)
    change(world, phone, selfie_sealed=sealed)
    return phone


def change(world: World, phone: Phone, **values: object) -> None:
    """Change the enrolment's row past all rules."""
    with world.deps.transaction() as db:
        db.execute(update(Enrolment).where(Enrolment.id == phone.enrolment_id).values(values))


def waiting(world: World, desk: Desk) -> dict[str, object]:
    rows = counter_queue.list_queue(world.deps, desk)["waiting"]
    assert isinstance(rows, list)
    (row,) = rows
    return dict(row)


def events(world: World, name: str) -> Sequence[tuple[str, dict[str, object]]]:
    with world.deps.transaction() as db:
        found = db.scalars(
            select(AuditEvent).where(AuditEvent.event == name).order_by(AuditEvent.id)
        ).all()
        return [(event.actor, json.loads(event.facts)) for event in found]


def test_the_console_gets_both_pictures_and_the_reasons_but_no_score(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = enrol_doubtful(world, face_record='{"score": 0.4711, "threshold": 0.575}')
    phone.come_to(counter)
    row = waiting(world, desk)
    assert (row["face"], row["face_reasons"]) == ("officer", ["DOUBTFUL"])
    assert row["face_no_match"] is False
    assert row["pictures"] == {"registry": True, "selfie": True, "taken_at": None}
    assert "4711" not in json.dumps(row)
    assert [look(world.deps, desk, phone.enrolment_id) for look in LOOKS] == [PHOTO, SELFIE]


def test_the_picture_is_of_the_last_capture_that_counted(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = enrol_doubtful(world)
    noon = world.clock.now()
    with world.deps.transaction() as db:
        for minute, state in enumerate(("USED", "USED", "FAILED")):
            at = noon + timedelta(minutes=minute)
            db.add(
                FaceCapture(
                    enrolment_id=phone.enrolment_id, state=state, opened_at=at, prompted_at=at,
                    expires_at=at, frames_by=at,
                )
            )  # fmt: skip
    phone.come_to(counter)
    second = iso(noon + timedelta(minutes=1))
    pictures = waiting(world, desk)["pictures"]
    assert pictures == {"registry": True, "selfie": True, "taken_at": second}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"face_reasons": "", "face_no_match": True}, ["NOT_SAME_FACE"]),
        (
            {"face_reasons": "NOT_SAME_FACE", "face_no_match": True, "face_attempts": 3},
            ["NOT_SAME_FACE", "ATTEMPTS_SPENT"],
        ),
        ({"face_reasons": "REFERENCE_UNUSABLE"}, ["REFERENCE_UNUSABLE"]),
        ({"face_reasons": "REFERENCE_UNUSABLE", "photo_sealed": None}, ["REFERENCE_MISSING"]),
        ({"face_reasons": "cannot_turn_head"}, ["CANNOT_TURN_HEAD"]),
        ({"face_reasons": "ATTEMPTS_TODAY,NO_FACE"}, ["ATTEMPTS_TODAY"]),
        ({"face_reasons": "A_CODE_OF_ANOTHER_ENGINE"}, ["OTHER"]),
        ({"face_reasons": ""}, ["OTHER"]),
    ],
)
def test_every_reason_comes_from_a_closed_catalogue(
    world: World, counter: Counter, desk: Desk, values: dict[str, object], told: list[str]
) -> None:
    phone = enrol_doubtful(world)
    phone.come_to(counter)
    change(world, phone, **values)
    row = waiting(world, desk)
    assert row["face_reasons"] == told
    assert row["face_no_match"] is values.get("face_no_match", False)


def test_of_a_face_the_machine_accepted_nothing_is_told(
    world: World, counter: Counter, desk: Desk
) -> None:
    enrol(world, face_reasons="NO_FACE", face_no_match=False).come_to(counter)
    row = waiting(world, desk)
    assert (row["face"], row["face_reasons"], row["face_no_match"]) == ("machine", [], False)


def test_the_schemas_know_the_codes_of_the_rules() -> None:
    assert set(get_args(schemas.FaceApproval)) == face_review.FACE_APPROVALS
    assert get_args(schemas.FaceReason) == face_review.FACE_REASONS
    refusals = schemas.RefuseBody.model_fields["reason"].annotation
    assert set(get_args(refusals)) == counter_rules.REFUSALS


@pytest.mark.parametrize("why", [None, "looks_fine", ""])
def test_an_approval_without_a_reason_of_the_list_is_refused_and_costs_nothing(
    world: World, counter: Counter, desk: Desk, why: str | None
) -> None:
    phone = enrol_doubtful(world)
    number = phone.come_to(counter)
    with pytest.raises(FaceDecisionNeeded):
        confirm(world, desk, phone, number, face="same_person", why=why)
    row = phone.row()
    assert (row.state, row.numbers_left, row.face_decided_by) == ("AT_COUNTER", 3, None)


def test_the_reason_stands_in_the_enrolment_and_in_the_audit(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = enrol_doubtful(world)
    number = phone.come_to(counter)
    assert confirm(world, desk, phone, number, why="older_photo") == "ACTIVATED"
    row, operator = phone.row(), desk.shift.operator_id
    assert (row.face_decided_by, row.face_decision_reason) == (operator, "older_photo")
    facts = {"kiosk": counter.kiosk_id, "operator": operator, "reason": "older_photo"}
    assert events(world, "enrolment.face_decided_by_officer") == [(operator, facts)]


def test_two_officers_see_the_same_and_each_gives_a_reason(world: World, counter: Counter) -> None:
    phone = enrol_doubtful(world, face_no_match=True, face_reasons="NOT_SAME_FACE")
    first = counter.sign_in(counter.add_operator("budi"))
    number = phone.come_to(counter)
    before = waiting(world, first)
    assert confirm(world, first, phone, number, why="older_photo") == "SECOND_OFFICER"
    assert waiting(world, first)["approved_by_you"] is True
    second = counter.sign_in(counter.add_operator("citra"))
    after = waiting(world, second)
    assert (before["approved_by_you"], after["approved_by_you"]) == (False, False)
    shown = ("face", "face_reasons", "face_no_match", "pictures")
    assert [before[name] for name in shown] == [after[name] for name in shown]
    assert [look(world.deps, second, phone.enrolment_id) for look in LOOKS] == [PHOTO, SELFIE]
    with pytest.raises(FaceDecisionNeeded):
        confirm(world, second, phone, None)
    assert confirm(world, second, phone, None, why="documents_checked") == "ACTIVATED"
    said = [facts["reason"] for _, facts in events(world, "enrolment.face_decided_by_officer")]
    assert said == ["older_photo", "documents_checked"]


def test_a_second_officer_by_lot_decides_a_doubtful_face_as_well(
    world: World, counter: Counter
) -> None:
    drawn = world.with_settings(second_officer_percent=100.0)
    phone = enrol_doubtful(world)
    first = counter.sign_in(counter.add_operator("budi"))
    number = phone.come_to(counter)
    confirm(drawn, first, phone, number, why="same_in_person", drawn=0.0)
    second = counter.sign_in(counter.add_operator("citra"))
    with pytest.raises(FaceDecisionNeeded):
        confirm(drawn, second, phone, None)
    assert confirm(drawn, second, phone, None, why="same_in_person") == "ACTIVATED"


def test_a_decision_does_not_outlive_its_claim(world: World, counter: Counter) -> None:
    phone = enrol_doubtful(world, face_no_match=True)
    first = counter.sign_in(counter.add_operator("budi"))
    confirm(world, first, phone, phone.come_to(counter), why="older_photo")
    world.clock.advance(minutes=11)
    row = phone.row()
    assert (row.state, row.face_decided_by, row.face_decision_reason) == ("PIN_SET", None, None)


@pytest.mark.usefixtures("desk")
def test_another_counter_opens_no_picture(world: World, counter: Counter) -> None:
    phone = enrol_doubtful(world)
    phone.come_to(counter)
    other = open_counter(world, add_office=False)
    stranger = other.sign_in(other.add_operator("citra"))
    for look in LOOKS:
        with pytest.raises(EnrolmentNotFound):
            look(world.deps, stranger, phone.enrolment_id)
    assert events(world, "enrolment.pictures_seen") == []


def test_who_opened_a_picture_is_written_down_once(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = enrol_doubtful(world)
    phone.come_to(counter)
    race([partial(look, world.deps, desk, phone.enrolment_id) for look in LOOKS * 4])
    colleague = counter.sign_in(counter.add_operator("citra"))
    counter_queue.load_selfie(world.deps, colleague, phone.enrolment_id)
    seen = events(world, "enrolment.pictures_seen")
    assert [actor for actor, _ in seen] == [desk.shift.operator_id, colleague.shift.operator_id]
    assert seen[0][1] == {"kiosk": counter.kiosk_id, "operator": desk.shift.operator_id}


def test_who_has_no_picture_is_not_written_down_as_seen(
    world: World, counter: Counter, desk: Desk
) -> None:
    phone = enrol(world, face_outcome="officer", photo_sealed=None)
    phone.come_to(counter)
    for look in LOOKS:
        with pytest.raises(NoPhoto):
            look(world.deps, desk, phone.enrolment_id)
    assert events(world, "enrolment.pictures_seen") == []


@pytest.mark.parametrize("ending", ["approved", "refused", "rival", "expired"])
def test_no_picture_outlives_the_decision(
    world: World, counter: Counter, desk: Desk, ending: str
) -> None:
    phone = enrol_doubtful(world)
    number = phone.come_to(counter)
    if ending == "approved":
        confirm(world, desk, phone, number, why="same_in_person")
    elif ending == "refused":
        service.refuse(world.deps, desk, phone.enrolment_id, "other_person_on_phone")
    elif ending == "rival":
        rival = enrol(world, NIK, contact="rival")
        confirm(world, desk, rival, rival.come_to(counter))
    else:
        world.clock.advance(hours=73)
    for look in LOOKS:
        with pytest.raises((ActivationEnded, NoPhoto)):
            look(world.deps, desk, phone.enrolment_id)
    row = phone.row()
    assert (row.photo_sealed, row.selfie_sealed) == (None, None)
