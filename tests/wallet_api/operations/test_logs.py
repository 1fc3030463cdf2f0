"""Nothing personal reaches a log line: canaries through routes, refusals and failures (T31)."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from credentials.jwk import public_jwk
from tests.wallet_api.handset import START, Handset
from wallet_api.adapters import json_logs
from wallet_api.services import enrolments, policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.wallet_api.simulators import World

# What reaches a log does not depend on the database.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

CANARIES = {
    "nik": "3174054512900001",
    "email": "canary.siti@example.org",
    "phone": "081299887766",
    "device_model": "Canary Phone 9",
}
SECRETS = (*CANARIES.values(), "6281299887766", "canary.siti", "199887")


@pytest.fixture
def started(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Log as in production, at the most talkative level, foreign loggers included."""
    json_logs.start("DEBUG")
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.DEBUG)
    yield
    root.setLevel(before)
    root.handlers = [one for one in root.handlers if not isinstance(one, json_logs._Stdout)]


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def _assert_clean(lines: list[dict[str, object]], *more: str) -> None:
    text = json.dumps(lines, ensure_ascii=False)
    assert [secret for secret in (*SECRETS, *more) if secret in text] == []


def test_an_enrolment_leaves_no_trace_of_the_person(
    world: World, started: None, capsys: pytest.CaptureFixture[str]
) -> None:
    phone = Handset(world)
    body = START | CANARIES | {"device_key": public_jwk(phone.device.public_key)}
    answer = phone.step("/v1/enrolments", "start", body, sub="new")
    assert answer.status_code == 202, answer.get_data(as_text=True)
    phone.enrolment = answer.get_json()["enrolment"]
    path = f"/v1/enrolments/{phone.enrolment}"
    assert (
        phone.api.get(path, headers=phone.sign("status", phone.enrolment, b"")).status_code == 200
    )
    wrong = phone.step(f"{path}/contact", "contact", {"email_code": "199887"})
    assert wrong.status_code == 422
    lines = _lines(capsys)
    requests = [line for line in lines if line["logger"] == "wallet_api.request"]
    assert len(requests) == 3
    assert requests[1]["route"] == "/v1/enrolments/<string:enrolment_id>"
    assert requests[2]["problem"] == "CODE_WRONG"
    _assert_clean(lines, phone.enrolment)


@pytest.mark.parametrize(
    "bent",
    [
        {"nik": "canary.siti NIK"},
        {"email": "canary.siti@@"},
        {"phone": "0812998877660000000000"},
        {"nik": 3174054512900001},
        {"extra canary.siti": CANARIES["nik"]},
    ],
)
def test_refused_input_is_not_quoted(
    world: World, started: None, capsys: pytest.CaptureFixture[str], bent: dict[str, object]
) -> None:
    phone = Handset(world)
    body = START | CANARIES | {"device_key": public_jwk(phone.device.public_key)} | bent
    assert phone.step("/v1/enrolments", "start", body, sub="new").status_code == 422
    lines = _lines(capsys)
    assert lines
    _assert_clean(lines)


def test_an_unexpected_failure_shows_its_place_and_not_its_text(
    world: World,
    started: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        try:
            {}[CANARIES["nik"]]
        except KeyError as error:
            raise RuntimeError(f"{CANARIES['email']} {CANARIES['nik']}") from error

    monkeypatch.setattr(enrolments, "start", fail)
    phone = Handset(world)
    body = START | CANARIES | {"device_key": public_jwk(phone.device.public_key)}
    answer = phone.step("/v1/enrolments", "start", body, sub="new")
    assert (answer.status_code, answer.get_json()["code"]) == (500, "INTERNAL")
    lines = _lines(capsys)
    failure = next(line for line in lines if line["level"] == "ERROR")
    chain = failure["exception"]
    assert isinstance(chain, list)
    assert [held["type"] for held in chain] == ["RuntimeError", "KeyError"]
    assert any("fail" in frame for frame in chain[0]["frames"])
    _assert_clean(lines)


def test_a_database_failure_shows_no_parameters(
    world: World,
    started: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sqlalchemy.exc import OperationalError

    def fail(*_: object) -> None:
        raise OperationalError(
            "UPDATE person SET nik = ?", {"nik": CANARIES["nik"]}, Exception(CANARIES["email"])
        )

    monkeypatch.setattr(policy, "read", fail)
    answer = Handset(world).api.get("/v1/policy")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "SERVICE_BUSY")
    _assert_clean(_lines(capsys))


def test_foreign_loggers_give_their_place_only(
    database_kind: str, started: None, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("urllib3.connectionpool").warning("retrying %s", CANARIES["nik"])
    logging.getLogger("anything").error(f"sent to {CANARIES['email']}")  # noqa: G004 - as they do
    lines = _lines(capsys)
    assert [line["logger"] for line in lines] == ["urllib3.connectionpool", "anything"]
    _assert_clean(lines)


def test_fields_off_the_list_are_dropped(
    database_kind: str, started: None, capsys: pytest.CaptureFixture[str]
) -> None:
    fields = {"status": 200, "nik": CANARIES["nik"], "route": {"email": CANARIES["email"]}}
    logging.getLogger("wallet_api.request").info("request", extra={"fields": fields})
    (line,) = _lines(capsys)
    assert line["status"] == 200
    assert line.keys() == {"at", "level", "logger", "event", "status"}
