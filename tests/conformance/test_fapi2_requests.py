"""FAPI 2.0 on the authorization server: pushed requests, PKCE, codes. The names are ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.conformance.code_flow import OTHER_CLIENT, VARIANT, ask, code_for, twin_of
from tests.conformance.steps import fetch, make_wallet
from tests.wallet_api.openid.foreign_wallet import (
    CLIENT,
    REDIRECT,
    Browser,
    answer_in,
    decide,
    error_of,
    number_on,
    request_on,
)

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.conformance.conftest import Place

module = pytest.mark.module


def is_refused_on_page(page: TestResponse) -> bool:
    """A page that says so: nothing is sent to a client that may not be one."""
    return (page.status_code, page.mimetype, "Location" in page.headers) == (
        400,
        "text/html",
        False,
    )


@module("fapi2-par-required")
def test_par_required(haip: Place) -> None:
    """A request in the address of the page, not pushed before, is refused there."""
    query = {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": REDIRECT,
        "scope": VARIANT.configuration,
        "state": "x",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }
    browser = Browser(haip.world, app=haip.served)  # type: ignore[arg-type]
    assert is_refused_on_page(browser.get(f"/openid/authorize?{urlencode(query)}"))


@module("fapi2-par-reuse")
def test_par_reuse(haip: Place) -> None:
    """A `request_uri` leads to one answer: afterwards, and in another browser, it is refused."""
    wallet = make_wallet(haip)
    uri, browser = wallet.request_uri(), Browser(haip.world, app=wallet.app)
    page = browser.show(uri)
    assert is_refused_on_page(Browser(haip.world, app=wallet.app).show(uri))
    assert decide(haip.phone, request_on(page), number_on(page)).status_code == 200
    code = answer_in(browser.carry_on(request_on(page)))["code"]
    assert is_refused_on_page(browser.show(uri))
    assert wallet.redeem(code).status_code == 200
    assert is_refused_on_page(browser.show(uri))


@module("fapi2-par-expiry")
def test_par_expiry(haip: Place) -> None:
    """A `request_uri` is over when `expires_in` says so."""
    wallet = make_wallet(haip)
    pushed = wallet.push().get_json()
    haip.world.clock.advance(seconds=pushed["expires_in"])
    browser = Browser(haip.world, app=wallet.app)
    assert is_refused_on_page(browser.show(pushed["request_uri"]))


@module("fapi2-par-foreign-client")
def test_par_foreign_client(haip: Place) -> None:
    """A `request_uri` with another client's `client_id` is refused, and still good for its own."""
    wallet = make_wallet(haip)
    uri, browser = wallet.request_uri(), Browser(haip.world, app=wallet.app)
    assert is_refused_on_page(browser.show(uri, OTHER_CLIENT))
    assert browser.show(uri).status_code == 200


@module("fapi2-par-form-request-uri")
def test_par_form_request_uri(haip: Place) -> None:
    """A pushed request that itself has a `request_uri` is refused (RFC 9126, section 2.1)."""
    wallet = make_wallet(haip)
    uri = wallet.request_uri()
    assert error_of(wallet.push(request_uri=uri)) == (400, "invalid_request")


@module("fapi2-par-bad-method")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_par_bad_method(haip: Place, method: str) -> None:
    """Requests are pushed by POST; other methods get 405."""
    wallet = make_wallet(haip)
    answer = wallet.http.open("/openid/par", method=method, headers=wallet.headers("x"))
    assert answer.status_code == 405
    assert "request_uri" not in answer.get_json()


@module("fapi2-pkce-required")
@pytest.mark.parametrize(
    "missing",
    [
        {"code_challenge": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": None},
    ],
    ids=["challenge", "both", "method"],
)
def test_pkce_required(haip: Place, missing: dict[str, Any]) -> None:
    """A request without PKCE is refused when it is pushed."""
    assert error_of(make_wallet(haip).push(**missing)) == (400, "invalid_request")


@module("fapi2-pkce-wrong")
def test_pkce_wrong(haip: Place) -> None:
    """A code with another verifier, or with none, is refused."""
    wallet = make_wallet(haip)
    code = code_for(haip, wallet)
    assert error_of(wallet.redeem(code, code_verifier="x" * 43)) == (400, "invalid_grant")
    assert error_of(wallet.redeem(code, code_verifier=None)) == (400, "invalid_request")
    assert wallet.redeem(code).status_code == 200


@module("fapi2-pkce-plain")
def test_pkce_plain(haip: Place) -> None:
    """The method `plain` is refused when it is pushed."""
    wallet = make_wallet(haip)
    bent = {"code_challenge_method": "plain", "code_challenge": wallet.verifier}
    assert error_of(wallet.push(**bent)) == (400, "invalid_request")


@module("fapi2-code-bound-to-client")
def test_code_bound_to_client(haip: Place) -> None:
    """Another client cannot redeem a code, though it has key and verifier."""
    wallet = make_wallet(haip)
    code = code_for(haip, wallet)
    assert error_of(twin_of(haip, wallet).redeem(code)) == (400, "invalid_grant")
    assert wallet.redeem(code).status_code == 200


@module("fapi2-code-reuse")
def test_code_reuse(haip: Place) -> None:
    """A code that comes again is refused, and what it opened is closed."""
    wallet = make_wallet(haip)
    code = code_for(haip, wallet)
    assert wallet.redeem(code).status_code == 200
    fetch(haip, wallet, VARIANT)
    haip.world.clock.advance(seconds=1)
    assert error_of(wallet.redeem(code)) == (400, "invalid_grant")
    assert ask(wallet).status_code == 401
    assert error_of(wallet.renew()) == (400, "invalid_grant")


@module("fapi2-code-expiry")
@pytest.mark.parametrize(("seconds", "good"), [(59, True), (60, False)])
def test_code_expiry(haip: Place, seconds: int, *, good: bool) -> None:
    """A code lives for 60 seconds and no longer."""
    wallet = make_wallet(haip)
    code = code_for(haip, wallet)
    haip.world.clock.advance(seconds=seconds)
    answer = wallet.redeem(code)
    assert answer.status_code == (200 if good else 400)
    assert good or answer.get_json()["error"] == "invalid_grant"
