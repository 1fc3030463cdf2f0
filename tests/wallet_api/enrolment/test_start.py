"""Step 1: the same for everybody, and nobody else's way is blocked by it (T01, T02)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from credentials.jwk import public_jwk
from tests.wallet_api.handset import NIK, START, Handset, at_face, read_codes, work_off
from tests.wallet_api.simulators import World
from wallet_api.models import AuditEvent, Enrolment, Person
from wallet_api.ports.registry import RegistryAnswer, RegistryStatus
from wallet_api.rules import notices
from wallet_api.rules.nik import NikWarning

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

UNKNOWN = "3174054512900002"
VARIABLE = {"Wallet-Nonce", "DPoP-Nonce", "Request-Id"}
NEVER_TOLD = [status for status in RegistryStatus if status is not RegistryStatus.FOUND]


def test_t01_the_answer_is_the_same_for_a_known_and_an_unknown_nik(world: World) -> None:
    world.registry.add(NIK)
    answers = [Handset(world).start(nik=nik) for nik in (NIK, UNKNOWN, NIK)]
    first = answers[0]
    for other in answers[1:]:
        assert other.status_code == first.status_code == 202
        assert len(other.data) == len(first.data)
        assert _blind(other) == _blind(first)
        assert list(other.headers.keys()) == list(first.headers.keys())
        for name in set(first.headers.keys()) - VARIABLE:
            assert other.headers[name] == first.headers[name]


def _blind(answer: TestResponse) -> dict[str, object]:
    return answer.get_json() | {"enrolment": "…"}


def test_t01_the_registry_is_not_asked_before_the_contact_is_proven(world: World) -> None:
    world.registry.add(NIK)
    phone = Handset(world)
    phone.start()
    codes = phone.codes()
    phone.post("contact", "contact", {"email_code": codes["email_code"]})
    work_off(world)
    assert world.registry.asked == []
    phone.post("contact", "contact", {"sms_code": codes["sms_code"]})
    work_off(world)
    assert world.registry.asked == [NIK]


@pytest.mark.parametrize("status", NEVER_TOLD)
def test_t01_every_reason_of_the_registry_is_told_as_one_sentence(
    world: World, status: RegistryStatus
) -> None:
    world.registry.set_status(NIK, status)
    phone = Handset(world)
    phone.start()
    phone.verify()
    told = phone.status()
    assert told["state"] == "REFUSED"
    assert told["next"] == {"step": "none", "deadline_at": None}
    assert told["notice"]["code"] == "CANNOT_CONTINUE"
    assert status.value not in json.dumps(told)
    with world.deps.transaction() as db:
        facts = db.scalars(
            select(AuditEvent.facts).where(AuditEvent.event == "enrolment.registry_answered")
        ).one()
    assert json.loads(facts)["status"] == status.value


def test_a_registry_that_is_down_is_asked_again_and_nobody_is_stuck(world: World) -> None:
    """C2, G28."""
    world.registry.add(NIK)
    world.registry.down = True
    phone = Handset(world)
    phone.start()
    phone.verify()
    assert phone.status()["next"]["step"] == "wait"
    world.registry.down = False
    world.clock.advance(seconds=31)
    work_off(world)
    assert phone.status()["next"]["step"] == "face"


def test_t02_three_hostile_pendings_do_not_stand_in_the_way(world: World) -> None:
    for number in range(3):
        hostile = Handset(world)
        hostile.start(email=f"thief{number}@example.org", phone=f"08131111111{number}")
    rightful = at_face(world)
    assert rightful.face().get_json()["state"] == "FACE_VERIFIED"
    assert rightful.set_pin().get_json()["state"] == "PIN_SET"


def test_t02_pendings_are_limited_for_a_device_and_never_for_a_nik(world: World) -> None:
    phone = Handset(world)
    answers = [phone.start().status_code for _ in range(6)]
    assert answers == [202] * 5 + [429]
    assert Handset(world).start().status_code == 202
    world.clock.advance(days=1)
    assert phone.start().status_code == 202


def test_t02_pendings_are_limited_for_a_network(world: World) -> None:
    small = world.with_settings(starts_per_network_hour=2)
    answers = [Handset(small).start() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[2].headers["Retry-After"]) > 0


def test_a_pending_enrolment_ends_after_72_hours(world: World) -> None:
    phone = at_face(world)
    world.clock.advance(hours=72)
    assert phone.status()["state"] == "EXPIRED"
    refused = phone.face()
    assert (refused.status_code, refused.get_json()["code"]) == (410, "ENROLMENT_ENDED")


def test_whoever_cancels_while_the_registry_is_asked_leaves_nothing_behind(world: World) -> None:
    """The photo goes with the enrolment; a refusal of an ended enrolment is no accident."""
    world.registry.add(NIK)
    for found in (True, False):
        phone = Handset(world)
        phone.start(email=f"r{found}@example.org", phone="08131111111" + str(int(found)))
        if not found:
            world.registry.set_status(NIK, RegistryStatus.DECEASED)
        phone.post("contact", "contact", phone.codes())
        ask, registry = world.registry.look_up, world.registry

        def cancel_first(
            nik: str, phone: Handset = phone, ask: Callable[[str], RegistryAnswer] = ask
        ) -> RegistryAnswer:
            assert phone.post("cancel", "cancel", {}).status_code == 200
            return ask(nik)

        registry.look_up = cancel_first  # type: ignore[method-assign]
        work_off(world)
        registry.look_up = ask  # type: ignore[method-assign]
        with world.deps.transaction() as db:
            row = db.get_one(Enrolment, phone.enrolment)
            assert (row.state, row.photo_sealed) == ("CANCELLED", None)


def test_every_wrong_field_is_named_at_once_and_nothing_is_stored(world: World) -> None:
    phone = Handset(world)
    wrong = {"nik": "3174054512900", "email": "siti@", "phone": "+1 202 555 0100"}
    answer = phone.start(**wrong)
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.get_json()["errors"]} == {"nik", "email", "phone"}
    with world.deps.transaction() as db:
        assert db.scalar(select(func.count()).select_from(Person)) == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"os_version": "7.1.2"}, "SYSTEM_TOO_OLD"),
        ({"os_version": "seven"}, "SYSTEM_TOO_OLD"),
        ({"app_version": "0.9.9"}, "UPGRADE_REQUIRED"),
        ({"consent_version": "2025-01"}, "CONSENT_OUTDATED"),
    ],
)
def test_policy_refuses_with_what_to_mend(world: World, changes: dict[str, str], code: str) -> None:
    assert Handset(world).start(**changes).get_json()["code"] == code


def test_switched_off_platforms_and_closed_regions_are_told(world: World) -> None:
    off = world.with_settings(ios_supported=False, open_regions="32, 3578", opens_at="2027-01-01")
    answer = Handset(off).start(platform="ios").get_json()
    assert answer["code"] == "PLATFORM_NOT_SUPPORTED"
    closed = Handset(off).start().get_json()
    assert (closed["code"], closed["opens_at"]) == ("COHORT_NOT_OPEN", "2027-01-01")


def test_a_retired_region_is_a_warning_that_does_not_stop(world: World) -> None:
    told = Handset(world).start(nik="9101011708909003").get_json()
    assert [held["code"] for held in told["warnings"]] == ["RETIRED_REGION"]


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_warning_of_a_nik_has_a_sentence(world: World, language: str) -> None:
    assert all(notices.coded(warning.value, language)["message"] for warning in NikWarning)


def test_the_key_in_the_body_is_the_one_that_signed(world: World) -> None:
    phone = Handset(world)
    answer = phone.start(device_key=public_jwk(Handset(world).device.public_key))
    assert answer.get_json()["code"] == "STATEMENT_INVALID"
    with world.deps.transaction() as db:
        assert db.scalar(select(func.count()).select_from(Enrolment)) == 0


def test_messages_go_out_in_the_language_of_the_phone(world: World) -> None:
    Handset(world).start(language="en")
    work_off(world)
    texts = {held["channel"]: held["text"] for held in world.messages()}
    assert "Your e-mail verification code" in texts["email"]
    assert read_codes(world)["sms_code"] in texts["sms"]
    assert START["email"] in {held["to"] for held in world.messages()}
