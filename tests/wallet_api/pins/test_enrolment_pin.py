"""Step 4: the public PIN key, proven by its own signature; the PIN itself never arrives."""

from __future__ import annotations

import pytest

from credentials.jwk import public_jwk
from tests.wallet_api.handset import Handset, at_face, new_signer
from tests.wallet_api.simulators import World
from wallet_api.models import Enrolment
from wallet_api.rules import pin_choice

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def phone(world: World) -> Handset:
    made = at_face(world)
    made.face()
    return made


def test_the_pin_key_is_stored_sealed_beside_its_keyed_hash(world: World, phone: Handset) -> None:
    assert phone.set_pin().get_json()["next"]["step"] == "scan"
    with world.deps.transaction() as db:
        row = db.get_one(Enrolment, phone.enrolment)
    assert row.pin_key_sealed
    assert row.pin_key_mac
    assert row.pin_pepper == "p1"


def test_the_device_key_is_no_pin_key(phone: Handset) -> None:
    answer = phone.post(
        "pin", "pin", {"pin_key": public_jwk(phone.device.public_key)}, pin=phone.device
    )
    assert answer.get_json()["code"] == "PIN_KEY_INVALID"


def test_a_pin_key_that_did_not_sign_is_refused(phone: Handset) -> None:
    other = public_jwk(new_signer().public_key)
    answer = phone.post("pin", "pin", {"pin_key": other}, pin=phone.pin)
    assert answer.get_json()["code"] == "PIN_KEY_INVALID"
    assert phone.status()["state"] == "FACE_VERIFIED"


def test_a_point_off_the_curve_is_refused(phone: Handset) -> None:
    jwk = public_jwk(phone.pin.public_key)
    jwk["y"] = jwk["x"]
    answer = phone.post("pin", "pin", {"pin_key": jwk}, pin=phone.pin)
    assert answer.get_json()["code"] == "PIN_KEY_INVALID"


def test_the_pin_is_not_set_before_the_face_and_not_twice(world: World, phone: Handset) -> None:
    early = at_face(world, email="b@example.org", phone="081399999999")
    assert early.set_pin().get_json()["code"] == "STEP_NOT_POSSIBLE"
    phone.set_pin()
    assert phone.set_pin().get_json()["code"] == "STEP_NOT_POSSIBLE"


def test_the_policy_tells_the_phone_which_pins_to_refuse(phone: Handset) -> None:
    told = phone.api.get("/v1/policy").get_json()["pin"]
    assert told["length"] == 6
    assert set(told["rules"]) == set(pin_choice.RULES)
    assert {"112233", "170845"} <= set(told["blocked"])
    assert all(len(pin) == 6 and pin.isdigit() for pin in told["blocked"])
