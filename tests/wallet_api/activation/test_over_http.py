"""The counter over HTTP: a kiosk enrols, an operator signs in, a phone scans, a wallet opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from credentials.jwk import public_jwk
from credentials.kiosk_frame import frame_at, sign_frame
from credentials.signing import PemSigner
from tests.wallet_api.counter_desk import Counter, Phone, enrol, new_signer
from tests.wallet_api.signed_http import SignedClient, kiosk_client, open_client, phone_client
from tests.wallet_api.simulators import NIK, PHOTO, World
from wallet_api.models import Enrolment
from wallet_api.services import kiosks

if TYPE_CHECKING:
    from flask.testing import FlaskClient

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def http(world: World) -> FlaskClient:
    return open_client(world)


class Kiosk:
    """A kiosk program: identity key, frame key of the shift, operator's token."""

    def __init__(self, world: World, http: FlaskClient) -> None:
        self.world, self.identity, self.frames = world, new_signer(), new_signer()
        kiosks.add_office(world.deps, code="3173", name="Kantor 3173")
        _, token = kiosks.add_kiosk(world.deps, office_code="3173", name="Loket 1")
        new = kiosk_client(world, http, "new", self.identity)
        body = {"token": token, "identity_key": public_jwk(self.identity.public_key), "name": "L 1"}
        self.enrolled = new.post("/v1/kiosks", "kiosk_enrol", body)
        self.id = str(self.enrolled.get_json()["kiosk"])
        self.client = kiosk_client(world, http, self.id, self.identity)
        self.counter = Counter(world, "3173", self.id)

    def sign_in(self, username: str = "budi") -> SignedClient:
        factors = self.counter.factors(self.counter.add_operator(username))
        body = {
            "username": factors.username,
            "password": factors.password,
            "totp": factors.totp,
            "frame_key": public_jwk(self.frames.public_key),
        }
        answer = self.client.post(f"/v1/kiosks/{self.id}/shifts", "shift_open", body)
        assert answer.status_code == 201, answer.text
        self.client.token = answer.get_json()["token"]
        return self.client

    def path(self, *parts: str) -> str:
        return "/".join(("/v1/kiosks", self.id, *parts))

    def frame(self) -> str:
        moment = int(self.world.clock.now().timestamp())
        return sign_frame(frame_at(self.id, "3173", b"s" * 32, moment), self.frames)


@pytest.fixture
def kiosk(world: World, http: FlaskClient) -> Kiosk:
    return Kiosk(world, http)


def scan(world: World, http: FlaskClient, kiosk: Kiosk, phone: Phone) -> dict[str, Any]:
    """Scan and confirm; returns the last answer."""
    path = f"/v1/enrolments/{phone.enrolment_id}"
    claimed = phone_client(world, http, phone).post(
        f"{path}/claim", "claim", {"frame": kiosk.frame()}
    )
    assert claimed.status_code == 200, claimed.text
    confirmed = phone_client(world, http, phone, pin=True).post(f"{path}/confirm", "confirm", {})
    assert confirmed.status_code == 200, confirmed.text
    answer: dict[str, Any] = confirmed.get_json()
    return answer


def code_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.get_json()["code"]


def test_from_the_kiosks_first_start_to_an_open_wallet(
    world: World, http: FlaskClient, kiosk: Kiosk
) -> None:
    assert kiosk.enrolled.status_code == 201
    desk, phone = kiosk.sign_in(), enrol(world)
    number = scan(world, http, kiosk, phone)["activation"]["number"]
    queue = desk.get(kiosk.path("queue"), "queue").get_json()
    assert [row["id"] for row in queue["waiting"]] == [phone.enrolment_id]
    photo = desk.get(kiosk.path("queue", phone.enrolment_id, "photo"), "photo")
    assert (photo.data, photo.mimetype) == (PHOTO, "image/jpeg")
    assert photo.headers["Cache-Control"] == "no-store"
    body = {"number": number, "face_decision": None}
    done = desk.post(kiosk.path("queue", phone.enrolment_id, "confirm"), "activation_confirm", body)
    assert (done.status_code, done.get_json()["state"]) == (200, "ACTIVATED")
    path = f"/v1/enrolments/{phone.enrolment_id}"
    status = phone_client(world, http, phone).get(path, "status").get_json()
    assert (status["state"], status["next"]["step"]) == ("ACTIVATED", "open_session")
    assert status["wallet"] == phone.row().wallet_id


@pytest.mark.parametrize(
    ("magic", "kind"),
    [(b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"RIFF", "image/webp")],
)
def test_the_phones_picture_is_for_the_officer_who_decides_and_for_no_cache(
    world: World, http: FlaskClient, kiosk: Kiosk, magic: bytes, kind: str
) -> None:
    desk, phone = kiosk.sign_in(), enrol(world, face_outcome="officer", face_reasons="DOUBTFUL")
    number = scan(world, http, kiosk, phone)["activation"]["number"]
    path = kiosk.path("queue", phone.enrolment_id)
    assert code_of(desk.get(f"{path}/selfie", "selfie")) == (404, "NO_PHOTO")
    with world.deps.transaction() as db:
        row = db.get_one(Enrolment, phone.enrolment_id)
        place = f"enrolment|selfie|{row.id}"
        row.selfie_sealed = world.deps.vault.seal(row.person.dek, place, magic + b" a face")
    (shown,) = desk.get(kiosk.path("queue"), "queue").get_json()["waiting"]
    assert shown["pictures"] == {"registry": True, "selfie": True, "taken_at": None}
    seen = desk.get(f"{path}/selfie", "selfie")
    assert (seen.data, seen.mimetype) == (magic + b" a face", kind)
    assert seen.headers["Cache-Control"] == "no-store"
    assert code_of(desk.get(f"{path}/selfie", "photo")) == (401, "STATEMENT_INVALID")
    body = {"number": number, "face_decision": "same_person"}
    unsaid = desk.post(f"{path}/confirm", "activation_confirm", body)
    assert code_of(unsaid) == (422, "FACE_DECISION_NEEDED")
    odd = desk.post(f"{path}/confirm", "activation_confirm", body | {"face_reason": "bored"})
    assert code_of(odd) == (422, "INPUT_INVALID")
    done = desk.post(f"{path}/confirm", "activation_confirm", body | {"face_reason": "older_photo"})
    assert done.get_json()["state"] == "ACTIVATED"
    gone = [desk.get(f"{path}/{name}", name) for name in ("photo", "selfie")]
    assert [code_of(answer) for answer in gone] == [(409, "ACTIVATION_ENDED")] * 2


def test_the_frames_certificate_is_public(world: World, http: FlaskClient, kiosk: Kiosk) -> None:
    factors = kiosk.counter.factors(kiosk.counter.add_operator())
    body = {
        "username": factors.username,
        "password": factors.password,
        "totp": factors.totp,
        "frame_key": public_jwk(kiosk.frames.public_key),
    }
    shift = kiosk.client.post(kiosk.path("shifts"), "shift_open", body).get_json()
    kid = shift["certificate"]["kid"]
    shown = http.get(f"/v1/kiosks/certificates/{kid}").get_json()
    assert (shown["kiosk"], shown["certificate"]) == (kiosk.id, shift["certificate"]["pem"])


def test_a_retry_with_the_same_key_gets_the_same_answer(
    world: World, http: FlaskClient, kiosk: Kiosk
) -> None:
    kiosk.sign_in()
    phone = enrol(world)
    client, text = phone_client(world, http, phone), kiosk.frame()
    path = f"/v1/enrolments/{phone.enrolment_id}/claim"
    first = client.post(path, "claim", {"frame": text}, key="one key of a claim")
    world.clock.advance(seconds=60)
    again = client.post(path, "claim", {"frame": text}, key="one key of a claim")
    assert (first.status_code, first.get_json()) == (again.status_code, again.get_json())


def test_three_wrong_numbers_over_http(world: World, http: FlaskClient, kiosk: Kiosk) -> None:
    desk, phone = kiosk.sign_in(), enrol(world)
    right = scan(world, http, kiosk, phone)["activation"]["number"]
    wrong = {"number": f"{(int(right) + 1) % 1000:03d}", "face_decision": None}
    path = kiosk.path("queue", phone.enrolment_id, "confirm")
    answers = [desk.post(path, "activation_confirm", wrong) for _ in range(3)]
    assert [code_of(answer) for answer in answers] == [
        (422, "NUMBER_WRONG"),
        (422, "NUMBER_WRONG"),
        (409, "ACTIVATION_ENDED"),
    ]
    assert [answer.get_json().get("numbers_left") for answer in answers] == [2, 1, None]


def test_an_operator_refuses_with_a_reason(world: World, http: FlaskClient, kiosk: Kiosk) -> None:
    desk, phone = kiosk.sign_in(), enrol(world)
    scan(world, http, kiosk, phone)
    path = kiosk.path("queue", phone.enrolment_id, "refuse")
    odd = desk.post(path, "activation_refuse", {"reason": "bored"})
    assert code_of(odd) == (422, "INPUT_INVALID")
    done = desk.post(path, "activation_refuse", {"reason": "not_the_person"})
    assert done.get_json() == {"state": "REFUSED"}


def test_nothing_of_an_operator_works_without_the_shift(
    world: World, http: FlaskClient, kiosk: Kiosk
) -> None:
    desk, phone = kiosk.sign_in(), enrol(world)
    scan(world, http, kiosk, phone)
    assert desk.post(kiosk.path("shifts", "close"), "shift_close", {}).status_code == 200
    waiting = kiosk.path("queue", phone.enrolment_id)
    answers = [
        desk.get(kiosk.path("queue"), "queue"),
        desk.get(f"{waiting}/photo", "photo"),
        desk.post(
            f"{waiting}/confirm", "activation_confirm", {"number": "000", "face_decision": None}
        ),
        desk.post(f"{waiting}/refuse", "activation_refuse", {"reason": "other"}),
        desk.post(kiosk.path("blocks"), "block_nik", {"nik": NIK, "reason": "lost"}),
    ]
    assert [code_of(answer) for answer in answers] == [(401, "SHIFT_ENDED")] * 5


def test_an_operators_token_is_worth_nothing_without_the_kiosks_key(
    world: World, http: FlaskClient, kiosk: Kiosk
) -> None:
    desk = kiosk.sign_in()
    thief = kiosk_client(world, http, kiosk.id, new_signer())
    thief.token = desk.token
    answer = thief.get(kiosk.path("queue"), "queue")
    assert code_of(answer) == (401, "STATEMENT_INVALID")


def test_a_statement_for_one_step_does_not_do_another(
    world: World, http: FlaskClient, kiosk: Kiosk
) -> None:
    desk, phone = kiosk.sign_in(), enrol(world)
    scan(world, http, kiosk, phone)
    body = {"number": "000", "face_decision": None}
    path = kiosk.path("queue", phone.enrolment_id, "confirm")
    assert code_of(desk.post(path, "activation_refuse", body)) == (401, "STATEMENT_INVALID")
    other = desk.post(path, "activation_confirm", body, signed_body=b"{}")
    assert code_of(other) == (401, "STATEMENT_INVALID")


def test_another_phone_cannot_confirm_ours(world: World, http: FlaskClient, kiosk: Kiosk) -> None:
    kiosk.sign_in()
    mine, other = enrol(world), enrol(world, "3174054512900002")
    client = phone_client(world, http, other)
    answer = client.post(
        f"/v1/enrolments/{mine.enrolment_id}/claim", "claim", {"frame": kiosk.frame()}
    )
    assert code_of(answer) == (401, "STATEMENT_INVALID")


def test_a_confirmation_without_the_pin_key_is_refused(
    world: World, http: FlaskClient, kiosk: Kiosk
) -> None:
    kiosk.sign_in()
    phone = enrol(world)
    phone_path = f"/v1/enrolments/{phone.enrolment_id}"
    client = phone_client(world, http, phone)
    client.post(f"{phone_path}/claim", "claim", {"frame": kiosk.frame()})
    answer = client.post(f"{phone_path}/confirm", "confirm", {})
    assert answer.get_json()["code"] == "PIN_PROOF_MISSING"


def test_blocking_answers_the_same_for_every_nik(
    world: World, http: FlaskClient, kiosk: Kiosk
) -> None:
    desk, phone = kiosk.sign_in(), enrol(world)
    number = scan(world, http, kiosk, phone)["activation"]["number"]
    body = {"number": number, "face_decision": None}
    desk.post(kiosk.path("queue", phone.enrolment_id, "confirm"), "activation_confirm", body)
    answers = [
        desk.post(kiosk.path("blocks"), "block_nik", {"nik": nik, "reason": "lost"})
        for nik in (NIK, NIK, "3174054512909999")
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {
        (202, answers[0].text),
    }
    assert answers[0].get_json() == {"accepted": True}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"frame": 5},
        {"frame": "IDK:" + "A" * 700},
        {"frame": "IDK:AB", "more": 1},
        [],
        {"frame": None},
    ],
)
def test_an_odd_claim_is_a_problem_document(world: World, http: FlaskClient, body: object) -> None:
    phone = enrol(world)
    answer = phone_client(world, http, phone).post(
        f"/v1/enrolments/{phone.enrolment_id}/claim", "claim", body
    )
    assert answer.status_code in {400, 422}
    assert answer.mimetype == "application/problem+json"
    assert phone.state() == "PIN_SET"


def test_a_kiosk_must_own_the_key_it_enrols(world: World, http: FlaskClient) -> None:
    kiosks.add_office(world.deps, code="3173", name="Kantor 3173")
    _, token = kiosks.add_kiosk(world.deps, office_code="3173", name="Loket 1")
    client = kiosk_client(world, http, "new", new_signer())
    body = {"token": token, "identity_key": public_jwk(_other().public_key), "name": "L 1"}
    answer = client.post("/v1/kiosks", "kiosk_enrol", body)
    assert code_of(answer) == (401, "STATEMENT_INVALID")


def _other() -> PemSigner:
    return new_signer()
