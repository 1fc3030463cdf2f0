"""Answers as such: how they come, that each counts once, and that no input is a server's error."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.verifier.openid4vp.conftest import Party
from tests.verifier.openid4vp.wallet import (
    Bends,
    code_of,
    encrypt,
    fetch,
    make_form,
    post,
    present_sd_jwt,
    read_link,
)
from tests.verifier.openid4vp.world import World

STEPS = 40


def test_an_answer_in_the_clear_is_refused_and_the_request_stays_open(
    bank: Party, world: World
) -> None:
    asked = fetch(bank.ask())
    text = present_sd_jwt(asked, world.sd_jwt(), world.holder, Bends())
    form = {"vp_token": json.dumps({"document": [text]}), "state": asked.claims["state"]}
    assert code_of(post(asked, form)) == "RESPONSE_NOT_ENCRYPTED"
    both = make_form(asked, world.sd_jwt(), world.holder) | form
    assert code_of(post(asked, both)) == "RESPONSE_FORMAT"
    assert post(asked, make_form(asked, world.sd_jwt(), world.holder)).status_code == 200


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"state": "another"}, "STATE_MISMATCH"),
        ({"state": None}, "STATE_MISMATCH"),
        ({"state": 7}, "STATE_MISMATCH"),
        ({"vp_token": None}, "RESPONSE_FORMAT"),
        ({"vp_token": "text"}, "RESPONSE_FORMAT"),
        ({"vp_token": {}}, "RESPONSE_FORMAT"),
        ({"vp_token": {"document": "text"}}, "RESPONSE_FORMAT"),
        ({"vp_token": {"document": [1]}}, "RESPONSE_FORMAT"),
        ({"vp_token": {"document": [{}]}}, "RESPONSE_FORMAT"),
        ({"vp_token": {"document": []}}, "PRESENTATION_COUNT"),
        ({"vp_token": {"document": ["a", "b"]}}, "PRESENTATION_COUNT"),
        ({"vp_token": {"other": ["a"]}}, "QUERY_UNKNOWN"),
        ({"vp_token": {"document": ["a"], "other": ["a"]}}, "QUERY_UNKNOWN"),
        ({"vp_token": {"document": ["a"]}}, "SDJWT_FORMAT"),
        ({"vp_token": {"document": [""]}}, "SDJWT_FORMAT"),
        ({"error": 7}, "RESPONSE_FORMAT"),
    ],
)
def test_an_encrypted_answer_of_another_form_is_refused(
    bank: Party, payload: dict[str, Any], code: str
) -> None:
    asked = fetch(bank.ask())
    members = {"vp_token": {"document": ["a"]}, "state": asked.claims["state"], **payload}
    assert code_of(post(asked, {"response": encrypt(asked, members)})) == code


def test_an_answer_to_another_request_cannot_be_opened(bank: Party, world: World) -> None:
    first, second = fetch(bank.ask()), fetch(bank.ask())
    form = make_form(first, world.sd_jwt(), world.holder)
    assert code_of(post(second, form)) == "JWE_KEY"
    first.jwk.pop("kid")
    without = {"response": encrypt_without_kid(first)}
    assert code_of(post(second, without)) == "DECRYPTION_FAILED"


def encrypt_without_kid(asked: Any) -> str:
    from credentials.jwe import encrypt_jwe

    return encrypt_jwe(b"{}", asked.encryption_key, enc="A128GCM", random=os.urandom)


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_holder_may_decline(bank: Party, encrypted: bool) -> None:  # noqa: FBT001
    link = bank.ask()
    asked = fetch(link)
    said = {"error": "access_denied", "state": asked.claims["state"]}
    got = post(asked, {"response": encrypt(asked, said)} if encrypted else said)
    assert got.status_code == 200
    assert "response_code" not in got.json()["redirect_uri"]
    assert (bank.report(link)["state"], bank.report(link)["code"]) == ("declined", "ACCESS_DENIED")


def test_unknown_expired_and_used_requests_are_told_apart(bank: Party, world: World) -> None:
    nowhere = f"{bank.url}/openid4vp/requests/nobody"
    assert requests.get(nowhere, timeout=10).status_code == 404
    link = bank.ask()
    asked = fetch(link)
    form = make_form(asked, world.sd_jwt(), world.holder)
    assert post(asked, form).status_code == 200
    assert code_of(post(asked, form)) == "REQUEST_USED"
    late = fetch(late_link := bank.ask())
    bank.clock.moved = 301
    assert code_of(post(late, make_form(late, world.sd_jwt(), world.holder))) == "REQUEST_EXPIRED"
    assert bank.report(late_link)["state"] == "expired"
    uri = read_link(late_link)[1]
    assert code_of(requests.get(uri, timeout=10)) == "REQUEST_EXPIRED"


def test_of_forty_equal_answers_at_once_one_counts(bank: Party, world: World) -> None:
    link = bank.ask()
    asked = fetch(link)
    form = make_form(asked, world.sd_jwt(), world.holder)
    barrier = threading.Barrier(STEPS)
    outcomes: Counter[str] = Counter()

    def send() -> None:
        barrier.wait()
        got = post(asked, form)
        outcomes["ok" if got.status_code == 200 else got.json()["code"]] += 1

    threads = [threading.Thread(target=send) for _ in range(STEPS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"ok": 1, "REQUEST_USED": STEPS - 1}


FORMS = st.dictionaries(
    st.sampled_from(["response", "vp_token", "state", "error", "id_token", "x"]),
    st.one_of(
        st.text(max_size=60),
        st.binary(max_size=60).map(lambda data: data.hex()),
        st.sampled_from([".....", "....", "e30.e30.e30.e30.e30", "e30....", "\x00", "é.é.é.é.é"]),
    ),
    max_size=4,
)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=FORMS, body=st.binary(max_size=80), kind=st.sampled_from(["form", "raw", "json"]))
def test_no_form_makes_the_server_fail(
    bank: Party, form: dict[str, str], body: bytes, kind: str
) -> None:
    asked = fetch(bank.ask())
    uri = asked.claims["response_uri"]
    form.pop("error", None)
    types = {"raw": "application/x-www-form-urlencoded", "json": "application/json"}
    if kind == "form":
        got = requests.post(uri, data=form, timeout=10)
    else:
        got = requests.post(uri, data=body, headers={"Content-Type": types[kind]}, timeout=10)
    assert code_of(got)


PIECES = st.sampled_from(["present", "half", "swapped", "junk", "deep", "long", "nul"])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(piece=PIECES, at=st.integers(0, 4000), byte=st.integers(0, 255))
@pytest.mark.parametrize("format_name", ["dc+sd-jwt", "mso_mdoc"])
def test_no_presentation_makes_the_server_fail(  # noqa: PLR0917  given by name
    bank: Party, world: World, format_name: str, piece: str, at: int, byte: int
) -> None:
    def spoil(text: str) -> str:
        at_here = at % len(text)
        return {
            "present": text[:at_here] + chr(33 + byte % 90) + text[at_here + 1 :],
            "half": text[:at_here],
            "swapped": text[at_here:] + text[:at_here],
            "junk": chr(byte) * (at_here + 1),
            "deep": "[" * 5000,
            "long": text * 3,
            "nul": text[:at_here] + "\x00" + text[at_here:],
        }[piece]

    asked = fetch(bank.ask(format_name))
    credential: Any = world.mdoc() if format_name == "mso_mdoc" else world.sd_jwt()
    got = post(asked, make_form(asked, credential, world.holder, Bends(spoil=spoil)))
    assert got.status_code < 500
    if got.status_code != 200:
        assert code_of(got)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/openid4vp/responses/x", 405),
        ("PUT", "/openid4vp/requests/x", 405),
        ("POST", "/openid4vp/responses/x", 415),
        ("GET", "/nowhere", 404),
        ("GET", "/openid4vp/requests/%00", 404),
        ("GET", "/openid4vp/requests/" + "x" * 3000, 404),
    ],
)
def test_every_error_is_json(bank: Party, method: str, path: str, status: int) -> None:
    got = requests.request(method, bank.url + path, timeout=10)
    assert (got.status_code, got.headers["Content-Type"]) == (status, "application/json")
    assert got.json()["error"] == "invalid_request"


def test_a_body_without_end_is_cut_off(bank: Party) -> None:
    asked = fetch(bank.ask())
    got = requests.post(
        asked.claims["response_uri"], data={"response": "x" * (3 << 20)}, timeout=30
    )
    assert got.status_code == 413
    large = requests.post(
        asked.claims["response_uri"], data={"response": "x" * (3 << 19)}, timeout=30
    )
    assert code_of(large) == "JWE_FORMAT"
