"""The service slow, down, refusing, lying: over real sockets, against the bent simulator."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples.people.registry import load_records
from samples.registry_simulator.server import PASSWORD, USER
from wallet_api.adapters.registry.http import HttpRegistry
from wallet_api.adapters.registry.siak import parse_answer, parse_changes
from wallet_api.ports.registry import RegistryStatus, RegistryUnavailable, Unavailable

NIK = load_records()[0]["nik"]


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("not-found", RegistryStatus.NOT_FOUND),
        ("deceased", RegistryStatus.DECEASED),
        ("duplicate", RegistryStatus.DUPLICATE),
        ("inactive", RegistryStatus.INACTIVE),
        ("not-recorded", RegistryStatus.NOT_RECORDED),
    ],
)
def test_each_status_text_is_understood(
    service: HttpRegistry, bend: Callable[[str, str], None], how: str, status: RegistryStatus
) -> None:
    bend(NIK, how)
    answer = service.look_up(NIK)
    assert (answer.status, answer.person) == (status, None)


@pytest.mark.parametrize(
    ("how", "reason", "retry_after"),
    [
        ("down", Unavailable.DOWN, 30),
        ("quota", Unavailable.QUOTA, 120),
        ("login-failed", Unavailable.LOGIN_FAILED, 120),
        ("address-not-registered", Unavailable.ADDRESS, 120),
        ("user-inactive", Unavailable.USER_INACTIVE, 120),
        ("institution-inactive", Unavailable.INSTITUTION_INACTIVE, 120),
        ("garbage", Unavailable.MALFORMED, 600),
        ("other-person", Unavailable.MALFORMED, 600),
        ("too-large", Unavailable.TOO_LARGE, 600),
        ("redirect", Unavailable.DOWN, 30),
        ("compressed", Unavailable.MALFORMED, 600),
    ],
)
def test_each_service_error_has_its_reason_and_says_when_to_ask_again(
    service: HttpRegistry,
    bend: Callable[[str, str], None],
    how: str,
    reason: Unavailable,
    retry_after: int,
) -> None:
    bend(NIK, how)
    with pytest.raises(RegistryUnavailable) as failure:
        service.look_up(NIK)
    assert (failure.value.reason, failure.value.retry_after) == (reason, retry_after)
    assert failure.value.code == "REGISTRY_DOWN"
    assert NIK not in str(failure.value)


@pytest.mark.parametrize("how", ["slow", "drip"])
def test_a_slow_answer_is_given_up_in_time(
    simulator_url: str, bend: Callable[[str, str], None], how: str
) -> None:
    hasty = HttpRegistry(simulator_url, user_id=USER, password=PASSWORD, timeout=0.5)
    bend(NIK, how)
    started = time.monotonic()
    with pytest.raises(RegistryUnavailable) as failure:
        hasty.look_up(NIK)
    assert failure.value.reason is Unavailable.SLOW
    assert time.monotonic() - started < 1.5


def test_changes_meet_the_same_faults(
    service: HttpRegistry, bend: Callable[[str, str], None]
) -> None:
    bend("*", "quota")
    with pytest.raises(RegistryUnavailable) as failure:
        service.changes_since("")
    assert failure.value.reason is Unavailable.QUOTA


def test_a_wrong_password_is_refused_by_the_service(simulator_url: str) -> None:
    stranger = HttpRegistry(simulator_url, user_id=USER, password="wrong")
    with pytest.raises(RegistryUnavailable) as failure:
        stranger.look_up(NIK)
    assert failure.value.reason is Unavailable.LOGIN_FAILED


def test_nobody_listening_is_down() -> None:
    nowhere = HttpRegistry("http://127.0.0.1:9", user_id=USER, password=PASSWORD)
    with pytest.raises(RegistryUnavailable) as failure:
        nowhere.look_up(NIK)
    assert failure.value.reason is Unavailable.DOWN


def good_answer() -> dict[str, Any]:
    person = {
        "NIK": NIK, "NAMA_LGKP": "BUDI", "JENIS_KLMIN": 1, "TMPT_LHR": "JAKARTA",
        "TGL_LHR": "1990-08-17", "AGAMA": "BUDDHA", "STATUS_KAWIN": "KAWIN",
        "JENIS_PKRJN": "GURU", "KEWARGANEGARAAN": "ID", "ALAMAT": "JL. CENDANA", "NO_RT": "003",
        "NO_RW": "005", "NO_PROP": 31, "NO_KAB": 71, "NO_KEC": 1, "NO_KEL": 1001,
        "EKTP_STATUS": "SUDAH_REKAM", "FOTO": "/9j/", "DATA_BALIKAN": [],
    }  # fmt: skip
    return {"transaction_id": "t", "RESPONSE_DESC": "Data Found", "content": [person]}


def test_unknown_fields_are_ignored_and_other_document_types_passed_on() -> None:
    answer = good_answer()
    answer["SERVER"] = "new"
    answer["content"][0]["DATA_BALIKAN"] = [
        {"JENIS": "driving_licence", "KUNCI": "1", "ISI": {"class": "A"}, "LEMBAGA": "POLRI"},
        {"JENIS": "id_card", "KUNCI": NIK, "ISI": {"name": "SOMEBODY ELSE"}},
    ]
    found = parse_answer(answer, nik=NIK, transaction_id="t")
    assert [document.type for document in found.documents] == ["id_card", "driving_licence"]
    assert found.documents[0].values["name"] == "BUDI"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("NIK", "3171011708459007"),
        ("NIK", int(NIK)),
        ("NIK", NIK + "\n"),
        ("NAMA_LGKP", ""),
        ("NAMA_LGKP", "A" * 201),
        ("JENIS_KLMIN", "1"),
        ("JENIS_KLMIN", 3),
        ("TGL_LHR", "1990-02-30"),
        ("TGL_LHR", "17-08-1990"),
        ("NO_RT", "3"),
        ("NO_PROP", 3),
        ("NO_KEL", True),
        ("FOTO", "not base64!"),
        ("FOTO", "aGVsbG8="),
        ("KELUARGA", {}),
        ("DATA_BALIKAN", [{"JENIS": "../etc", "KUNCI": "1", "ISI": {}}]),
        ("EKTP_STATUS", None),
    ],
)
def test_a_record_with_a_wrong_field_is_no_answer(field: str, value: object) -> None:
    answer = good_answer()
    assert parse_answer(answer, nik=NIK, transaction_id="t").status is RegistryStatus.FOUND
    answer["content"][0][field] = value
    with pytest.raises(RegistryUnavailable) as failure:
        parse_answer(answer, nik=NIK, transaction_id="t")
    assert failure.value.reason is Unavailable.MALFORMED
    assert failure.value.__cause__ is None


def test_a_service_error_with_status_200_is_one_all_the_same() -> None:
    with pytest.raises(RegistryUnavailable) as failure:
        parse_answer(
            good_answer() | {"RESPONSE_DESC": "Quota Exceeded"}, nik=NIK, transaction_id="t"
        )
    assert failure.value.reason is Unavailable.QUOTA


def test_changes_of_another_question_are_no_answer() -> None:
    with pytest.raises(RegistryUnavailable) as failure:
        parse_changes({"transaction_id": "u", "cursor": "1", "NIK": [NIK]}, transaction_id="t")
    assert failure.value.reason is Unavailable.MALFORMED


@pytest.mark.parametrize(
    "change",
    [
        {"transaction_id": "another"},
        {"RESPONSE_DESC": "Sesuai"},
        {"content": []},
        {"content": good_answer()["content"] * 2},
        {"content": None},
    ],
)
def test_an_answer_to_another_question_is_no_answer(change: dict[str, object]) -> None:
    with pytest.raises(RegistryUnavailable) as failure:
        parse_answer(good_answer() | change, nik=NIK, transaction_id="t")
    assert failure.value.reason is Unavailable.MALFORMED


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(field=st.sampled_from(sorted(good_answer()["content"][0])), value=JSON, outer=st.booleans())
def test_any_json_is_an_answer_or_our_one_error(field: str, value: object, *, outer: bool) -> None:
    document: Any = good_answer()
    document["content"][0][field] = value
    for candidate in (document, value if outer else [document]):
        try:
            answer = parse_answer(candidate, nik=NIK, transaction_id="t")
        except RegistryUnavailable as error:
            assert error.reason is Unavailable.MALFORMED  # noqa: PT017 (either is allowed)
        else:
            assert answer.nik == NIK
            json.dumps(dict(answer.person or {}))


@given(JSON.filter(lambda value: value != []))
def test_any_json_about_changes_is_our_one_error(value: object) -> None:
    for document in (value, {"transaction_id": "t", "cursor": "1", "NIK": value}):
        with pytest.raises(RegistryUnavailable):
            parse_changes(document, transaction_id="t")
