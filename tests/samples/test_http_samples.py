"""The examples of requests and answers: one for every endpoint, nothing in them that varies."""

from __future__ import annotations

import json
import re
from importlib import import_module
from typing import Any

import pytest
from apiflask import APIFlask

from samples.http_capture import FOLDER
from samples.http_capture.normalise import TIME, choose, describe
from samples.http_capture.proxy import Exchange
from samples.keys import SampleSigner
from samples.phone.proofs import compact_jws
from wallet_api.app import BLUEPRINTS

FILES = sorted(FOLDER.glob("*.json"))
VARYING = {
    "an address of a run": r"127\.0\.0\.1|localhost(?!\"|:8090\")",  # passkeys are of that name
    "a signed text": r"eyJ[A-Za-z0-9_-]{20,}",
    "a time of a run": r"20\d\d-\d\d-\d\dT(?!05:00:00Z)",
    "a uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-",
    "an id": r"\"[A-Za-z0-9_-]{22}\"",
    "a key": r"BEGIN [A-Z ]+",
}


def example(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return value


def exchange(path: str, body: object, **changes: Any) -> Exchange:
    given: dict[str, Any] = {
        "method": "POST",
        "path": path,
        "request_headers": {"Content-Type": "application/json"},
        "request_body": b"{}",
        "status": 200,
        "answer_headers": {"Content-Type": "application/json", "Wallet-Nonce": "abc"},
        "answer_body": json.dumps(body).encode(),
    }
    return Exchange(**{**given, **changes})


@pytest.mark.parametrize("what", VARYING)
def test_no_example_holds(what: str) -> None:
    found = {
        file.name: match[0]
        for file in FILES
        if (match := re.search(VARYING[what], file.read_text("utf-8")))
    }
    assert found == {}


def test_proofs_are_shown_opened() -> None:
    headers = example("post-v1-enrolments-enrolment-id-confirm")["request"]["headers"]
    for name, typ in (
        ("Wallet-Statement", "ikd-statement+jwt"),
        ("Wallet-Pin-Proof", "ikd-pin+jwt"),
    ):
        assert headers[name]["header"] == {"alg": "ES256", "typ": typ}
        assert headers[name]["payload"]["purpose"] == "confirm"


def test_what_varies_is_described_and_the_rest_is_kept() -> None:
    signed = compact_jws("some+jwt", {"nonce": "n", "iat": 5, "scope": "full"}, SampleSigner("x"))
    body = {"server_time": "2026-01-01T00:00:00Z", "state": "ACTIVE", "proof": signed, "left": 3}
    answer = describe(exchange("/v1/x/abc", body), "/v1/x/{id}")["answer"]
    assert answer["headers"]["Wallet-Nonce"] == "<server nonce>"
    assert answer["body"]["server_time"] == TIME
    assert answer["body"]["state"] == "ACTIVE"
    assert answer["body"]["left"] == 3
    assert answer["body"]["proof"]["payload"]["scope"] == "full"


def test_texts_in_two_languages_are_kept() -> None:
    body = {"id": "secret", "label": {"id": "Kartu", "en": "Card"}}
    answer = describe(exchange("/v1/x", body), "/v1/x")["answer"]
    assert answer["body"] == {"id": "<id>", "label": {"id": "Kartu", "en": "Card"}}


def test_the_fullest_answer_is_chosen_whatever_the_order() -> None:
    short, long = exchange("/v1/x/1", {"a": 1}), exchange("/v1/x/2", {"a": 1, "b": 2})
    for order in ([short, long], [long, short]):
        chosen = choose(order, ["/v1/x/{id}"])
        assert list(chosen) == ["post-v1-x-id"]
        assert chosen["post-v1-x-id"]["answer"]["body"] == {"a": 1, "b": 2}


def test_problems_are_kept_by_code() -> None:
    refused = exchange("/v1/x", {"code": "PIN_WRONG", "attempts_left": 2}, status=403)
    by_chance = exchange("/v1/x", {"code": "NOT_PUBLISHED"}, status=404)
    assert list(choose([refused, by_chance], ["/v1/x"])) == ["problem-pin-wrong"]


def test_every_endpoint_has_an_example() -> None:
    """The list of endpoints comes from the application's parts, not from the tour."""
    app = APIFlask("endpoints", docs_path=None, spec_path="/openapi.json", static_folder=None)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"wallet_api.web.{name}").bp)
    missing = []
    for rule in app.url_map.iter_rules():
        # The files of the page and of the bundles' folder; what the OpenID specifications describe.
        if rule.rule.startswith(("/docs/", "/v1/lists/bundles/", "/openid/", "/.well-known/")):
            continue
        words = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"\1", rule.rule).strip("/")
        name = words.replace("/", "-").replace("_", "-")
        missing += [
            f"{method} {rule.rule}"
            for method in (rule.methods or set()) & {"GET", "POST"}
            if not (FOLDER / f"{method.lower()}-{name}.json").exists()
        ]
    assert sorted(missing) == []
