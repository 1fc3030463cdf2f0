"""The code flow: pushed by a wallet, shown to one browser, decided by the resident in the app."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from tests.wallet_api.handset import Handset, new_signer, with_wallet
from tests.wallet_api.racing import race
from wallet_api.models import AuditEvent

from .foreign_wallet import (
    CLIENT,
    Browser,
    ForeignWallet,
    answer_in,
    approved,
    decide,
    error_of,
    look_at,
    number_on,
    offer_id_card,
    request_on,
)

if TYPE_CHECKING:
    from tests.wallet_api.simulators import World

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

NIK = "3174054512900001"
OTHER_NIK = "3174054512900002"
DETAILS = '[{"type":"openid_credential","credential_configuration_id":"id_card_mdoc","zz":[]}]'


def test_the_whole_flow(world: World, phone: Handset, foreign: ForeignWallet) -> None:
    browser = Browser(world)
    page = browser.show(foreign.request_uri())
    request = request_on(page)
    assert browser.state(request) == "waiting"
    assert browser.carry_on(request).status_code == 200  # a page that says so
    seen = look_at(phone, request).get_json()
    assert (seen["client"], seen["client_id"], seen["attested"]) == (
        "wallet.example",
        CLIENT,
        False,
    )
    assert [held["type"] for held in seen["documents"]] == ["id_card"]
    assert seen["number"] == number_on(page)
    assert decide(phone, request, seen["number"]).status_code == 200
    assert browser.state(request) == "ready"
    answer = answer_in(browser.carry_on(request))
    assert set(answer) == {"code", "state", "iss"}
    assert answer["state"] == "a state &= of ours"
    assert answer["iss"] == world.deps.settings.public_url
    assert browser.code(request) == answer["code"]  # a browser that lost the answer
    tokens = foreign.redeem(answer["code"])
    assert tokens.status_code == 200
    assert tokens.get_json()["token_type"] == "DPoP"
    assert foreign.open().wallet == phone.wallet
    assert foreign.open().client_id == CLIENT
    with world.deps.transaction() as db:
        events = set(db.scalars(select(AuditEvent.event)))
    assert {"openid.authorized", "openid.granted"} <= events


def test_by_details_it_comes_with_identifiers(world: World, phone: Handset) -> None:
    foreign = ForeignWallet(world)
    code = approved(world, phone, foreign, scope=None, authorization_details=DETAILS)
    details = foreign.redeem(code).get_json()["authorization_details"]
    assert details[0]["credential_configuration_id"] == "id_card_mdoc"
    assert foreign.open().identifiers == dict.fromkeys(
        details[0]["credential_identifiers"], "id_card_mdoc"
    )


@on_sqlite
def test_scope_and_details_both_count(world: World, phone: Handset) -> None:
    foreign = ForeignWallet(world)
    for scope, names in (
        ("id_card_mdoc", {"id_card_mdoc"}),
        ("openid", {"id_card_mdoc"}),
        ("id_card_sd_jwt openid", {"id_card_mdoc", "id_card_sd_jwt"}),
    ):
        code = approved(world, phone, foreign, scope=scope, authorization_details=DETAILS)
        details = foreign.redeem(code).get_json()["authorization_details"]
        assert {one["credential_configuration_id"] for one in details} == names


def test_a_refusal_goes_back_as_access_denied(world: World, phone: Handset) -> None:
    foreign, browser = ForeignWallet(world), Browser(world)
    page = browser.show(foreign.request_uri())
    request = request_on(page)
    refused = decide(phone, request, number_on(page), decision="refuse", pin=None)
    assert refused.status_code == 200
    assert browser.state(request) == "ready"
    answer = answer_in(browser.carry_on(request))
    assert answer["error"] == "access_denied"
    assert answer["state"] == "a state &= of ours"
    assert answer["iss"] == world.deps.settings.public_url
    assert decide(phone, request, number_on(page)).status_code == 404


@on_sqlite
def test_nobody_decides_in_time(world: World, phone: Handset, foreign: ForeignWallet) -> None:
    browser = Browser(world)
    page = browser.show(foreign.request_uri())
    request = request_on(page)
    world.clock.advance(minutes=5)
    assert browser.state(request) == "over"
    assert look_at(phone, request).status_code == 404
    assert decide(phone, request, number_on(page)).status_code == 404
    assert answer_in(browser.carry_on(request))["error"] == "access_denied"


def test_only_pushed_requests_of_this_client_are_shown(
    world: World, foreign: ForeignWallet
) -> None:
    uri, browser = foreign.request_uri(), Browser(world)
    wrong = [
        browser.show(uri, "another client"),
        browser.show(uri + "x"),
        browser.show("https://evil.example/request"),
        browser.get(f"/openid/authorize?response_type=code&client_id={CLIENT}&redirect_uri=x"),
        browser.get("/openid/authorize"),
        browser.get("/openid/authorize?client_id=%00&request_uri=%ff"),
    ]
    for page in wrong:
        assert (page.status_code, page.mimetype) == (400, "text/html")
        assert "Permintaan tidak berlaku" in page.text
        assert "Location" not in page.headers
    assert browser.show(uri).status_code == 200
    world.clock.advance(minutes=5)
    assert browser.show(uri).status_code == 400
    late = foreign.request_uri()
    world.clock.advance(seconds=90)
    assert browser.show(late).status_code == 400


@on_sqlite
def test_only_the_first_browser_sees_anything(world: World, phone: Handset) -> None:
    foreign, first, second = ForeignWallet(world), Browser(world), Browser(world)
    uri = foreign.request_uri()
    page = first.show(uri)
    assert first.show(uri).status_code == 200  # reloaded
    assert second.show(uri).status_code == 400
    request = request_on(page)
    decide(phone, request, number_on(page))
    assert error_of(second.get(f"/openid/authorize/{request}/state")) == (400, "invalid_request")
    assert second.carry_on(request).status_code == 400
    assert first.show(uri).status_code == 200
    assert first.code(request)
    assert first.show(uri).status_code == 400  # the answer has gone back


@on_sqlite
def test_the_page_is_calm_and_closed(world: World, foreign: ForeignWallet) -> None:
    page = Browser(world).show(foreign.request_uri())
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-ikd-openid=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"))
    assert "<input" not in page.text
    assert "<form" not in page.text
    assert "wallet.example" in page.text


@on_sqlite
def test_the_page_speaks_english_when_asked(world: World, foreign: ForeignWallet) -> None:
    browser = Browser(world)
    page = browser.http.get(
        "/openid/authorize",
        query_string={"client_id": CLIENT, "request_uri": foreign.request_uri(), "lang": "en"},
        base_url="https://wallet.test",
    )
    assert 'lang="en"' in page.text
    assert "Approve in your IKD app" in page.text


@on_sqlite
def test_names_on_the_page_are_only_text(world: World, foreign: ForeignWallet) -> None:
    foreign.client_id = '<script>alert("x")</script>'
    page = Browser(world).show(foreign.request_uri(), foreign.client_id)
    assert page.status_code == 200
    assert "<script>alert" not in page.text


@on_sqlite
def test_the_decision_takes_the_device_key_the_pin_and_the_number(
    world: World, phone: Handset, foreign: ForeignWallet
) -> None:
    page = Browser(world).show(foreign.request_uri())
    request, number = request_on(page), number_on(page)
    other = f"{(int(number) + 1) % 900 + 100}"
    for bent, code in (
        ({"pin": None}, "PIN_PROOF_MISSING"),
        ({"pin": new_signer()}, "PIN_WRONG"),
        ({"signer": new_signer()}, "STATEMENT_INVALID"),
        ({"sub": "another"}, "WALLET_NOT_FOUND"),
        ({"decision": "perhaps"}, "INPUT_INVALID"),
    ):
        assert decide(phone, request, number, **bent).get_json()["code"] == code
    assert decide(phone, request, other).get_json()["code"] == "NOT_FOUND"
    assert decide(phone, "no-such-request", number).get_json()["code"] == "NOT_FOUND"
    assert look_at(phone, "no-such-request").get_json()["code"] == "NOT_FOUND"
    assert decide(phone, request, number).status_code == 200
    assert decide(phone, request, number).get_json()["code"] == "NOT_FOUND"


@on_sqlite
def test_a_blocked_wallet_decides_nothing(world: World, phone: Handset) -> None:
    page = Browser(world).show(ForeignWallet(world).request_uri())
    phone.session()
    assert phone.call("POST", "/v1/wallet/block", {"reason": "lost"}).status_code == 200
    answer = decide(phone, request_on(page), number_on(page))
    assert answer.get_json()["code"] == "WALLET_BLOCKED"
    assert look_at(phone, request_on(page)).get_json()["code"] == "WALLET_BLOCKED"


@on_sqlite
def test_an_offer_ties_the_request_to_its_resident(world: World, phone: Handset) -> None:
    other = with_wallet(world, OTHER_NIK)
    offer = offer_id_card(world, NIK, grant="authorization-code")
    state = offer["grants"]["authorization_code"]["issuer_state"]
    foreign, browser = ForeignWallet(world), Browser(world)
    asked = foreign.push(issuer_state=state, scope="id_card_sd_jwt tax_number_mdoc")
    assert error_of(asked) == (400, "invalid_request")
    page, twin = (browser.show(foreign.request_uri(issuer_state=state)) for _ in range(2))
    request, number = request_on(page), number_on(page)
    assert look_at(other, request).status_code == 404
    assert decide(other, request, number).status_code == 404
    assert decide(phone, request, number).status_code == 200
    assert decide(phone, request_on(twin), number_on(twin)).status_code == 404  # taken
    assert error_of(foreign.push(issuer_state=state)) == (400, "invalid_request")
    assert foreign.redeem(browser.code(request)).status_code == 200


def test_of_forty_browsers_one_gets_the_page(world: World, foreign: ForeignWallet) -> None:
    uri = foreign.request_uri()
    browsers = [Browser(world, app=foreign.app) for _ in range(40)]
    came = race([partial(_status, browser, uri) for browser in browsers])
    assert came["200"] == 1
    assert came["200"] + came["400"] + came["503"] == 40


def _status(browser: Browser, uri: str) -> int:
    return browser.show(uri).status_code


def test_of_forty_decisions_one_counts(world: World, phone: Handset) -> None:
    page = Browser(world).show(ForeignWallet(world).request_uri())
    request, number = request_on(page), number_on(page)
    twins = [
        Handset(world, device=phone.device, pin=phone.pin, wallet=phone.wallet) for _ in range(2)
    ]

    def choose(position: int) -> str:
        refuses = {"decision": "refuse", "pin": None} if position % 2 else {}
        answer = decide(twins[position % 2], request, number, **refuses)
        body = answer.get_json()
        return str(body.get("code", body.get("decision")))

    came = race([partial(choose, position) for position in range(40)])
    assert came["approve"] + came["refuse"] == 1
    with world.deps.transaction() as db:
        facts = db.scalars(select(AuditEvent).where(AuditEvent.subject == phone.wallet)).all()
    settled = [one for one in facts if one.event in ("openid.authorized", "openid.refused")]
    assert len(settled) == 1
    assert json.loads(settled[0].facts)["request"] == request
