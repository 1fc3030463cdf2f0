"""FAPI 2.0 on the authorization server: pushed requests, PKCE, codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.conformance.code_flow import OTHER_CLIENT, VARIANT, answer_for, ask, code_for, twin_of
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


@module(
    "fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails"
)
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


@module("fapi2-security-profile-final-par-attempt-reuse-request_uri")
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


@module(
    "fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds"
)
def test_par_shown_again(haip: Place) -> None:
    """Before anybody decided the page can be opened again, and then leads to its answer."""
    wallet = make_wallet(haip)
    uri, browser = wallet.request_uri(), Browser(haip.world, app=wallet.app)
    pages = [browser.show(uri) for _ in range(3)]
    assert len({request_on(page) for page in pages}) == 1
    assert decide(haip.phone, request_on(pages[2]), number_on(pages[0])).status_code == 200
    assert wallet.redeem(browser.code(request_on(pages[1]))).status_code == 200


@module("fapi2-security-profile-final-par-without-duplicate-parameters")
def test_par_alone(haip: Place) -> None:
    """The page needs `client_id` and `request_uri`, and nothing of what was pushed."""
    assert answer_for(haip, make_wallet(haip))["code"]


@module("fapi2-security-profile-final-ensure-redirect-uri-in-authorization-request")
def test_redirect_uri_only_outside(haip: Place) -> None:
    """A request is pushed with its `redirect_uri`; one in the page's address changes nothing."""
    wallet = make_wallet(haip)
    assert error_of(wallet.push(redirect_uri=None)) == (400, "invalid_request")
    outside = {"redirect_uri": "https://evil.example/back"}
    assert answer_for(haip, wallet, outside=outside)["code"]  # led back to where it was pushed


@module("fapi2-security-profile-final-ensure-request-object-without-redirect-uri-fails")
@pytest.mark.parametrize("wrong", [None, "", "/back"], ids=repr)
def test_without_redirect_uri(haip: Place, wrong: str | None) -> None:
    """A pushed request without `redirect_uri`, or with none to go to, is refused."""
    assert error_of(make_wallet(haip).push(redirect_uri=wrong)) == (400, "invalid_request")


@module("fapi2-security-profile-final-plain-fapi-tolerate-unregistered-redirect-uri")
def test_any_redirect_uri(haip: Place) -> None:
    """A `redirect_uri` nobody registered is taken: the push says whose it is (RFC 9126, 2.4)."""
    wallet = make_wallet(haip)
    other = f"{REDIRECT}?dummy1=lorem&dummy2=ipsum"
    uri, browser = wallet.request_uri(redirect_uri=other), Browser(haip.world, app=wallet.app)
    page = browser.show(uri)
    assert decide(haip.phone, request_on(page), number_on(page)).status_code == 200
    location = browser.carry_on(request_on(page)).headers["Location"]
    assert location.startswith(f"{other}&code=")
    code = parse_qs(urlsplit(location).query)["code"][0]
    assert error_of(wallet.redeem(code)) == (400, "invalid_grant")
    assert wallet.redeem(code, redirect_uri=other).status_code == 200


@module("fapi2-security-profile-final-par-attempt-to-use-expired-request_uri")
def test_par_expiry(haip: Place) -> None:
    """A `request_uri` is over when `expires_in` says so."""
    wallet = make_wallet(haip)
    pushed = wallet.push().get_json()
    haip.world.clock.advance(seconds=pushed["expires_in"])
    browser = Browser(haip.world, app=wallet.app)
    assert is_refused_on_page(browser.show(pushed["request_uri"]))


@module("fapi2-security-profile-final-par-attempt-to-use-request_uri-for-different-client")
def test_par_foreign_client(haip: Place) -> None:
    """A `request_uri` with another client's `client_id` is refused, and still good for its own."""
    wallet = make_wallet(haip)
    uri, browser = wallet.request_uri(), Browser(haip.world, app=wallet.app)
    assert is_refused_on_page(browser.show(uri, OTHER_CLIENT))
    assert browser.show(uri).status_code == 200


@module("fapi2-security-profile-final-par-authorization-request-containing-request_uri-form-param")
def test_par_form_request_uri(haip: Place) -> None:
    """A pushed request that itself has a `request_uri` is refused (RFC 9126, section 2.1)."""
    wallet = make_wallet(haip)
    uri = wallet.request_uri()
    assert error_of(wallet.push(request_uri=uri)) == (400, "invalid_request")


@module("fapi2-security-profile-final-par-attempt-invalid-http-method")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_par_bad_method(haip: Place, method: str) -> None:
    """Requests are pushed by POST; other methods get 405."""
    wallet = make_wallet(haip)
    answer = wallet.http.open("/openid/par", method=method, headers=wallet.headers("x"))
    assert answer.status_code == 405
    assert "request_uri" not in answer.get_json()


@module("fapi2-security-profile-final-par-ensure-pkce-required")
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


@module("fapi2-security-profile-final-incorrect-pkce-code-verifier-rejected")
def test_pkce_wrong(haip: Place) -> None:
    """A code with another verifier is refused."""
    wallet = make_wallet(haip)
    code = code_for(haip, wallet)
    assert error_of(wallet.redeem(code, code_verifier="x" * 43)) == (400, "invalid_grant")
    assert wallet.redeem(code).status_code == 200


@module("fapi2-security-profile-final-ensure-pkce-code-verifier-required")
def test_pkce_verifier_missing(haip: Place) -> None:
    """A code without its verifier is refused."""
    wallet = make_wallet(haip)
    code = code_for(haip, wallet)
    assert error_of(wallet.redeem(code, code_verifier=None)) == (400, "invalid_request")
    assert wallet.redeem(code).status_code == 200


@module("fapi2-security-profile-final-par-plain-pkce-rejected")
def test_pkce_plain(haip: Place) -> None:
    """The method `plain` is refused when it is pushed."""
    wallet = make_wallet(haip)
    bent = {"code_challenge_method": "plain", "code_challenge": wallet.verifier}
    assert error_of(wallet.push(**bent)) == (400, "invalid_request")


@module("fapi2-security-profile-final-ensure-authorization-code-is-bound-to-client")
def test_code_bound_to_client(haip: Place) -> None:
    """Another client cannot redeem a code, though it has key and verifier."""
    wallet = make_wallet(haip)
    code = code_for(haip, wallet)
    assert error_of(twin_of(haip, wallet).redeem(code)) == (400, "invalid_grant")
    assert wallet.redeem(code).status_code == 200


@module("fapi2-security-profile-final-attempt-reuse-authorization-code-after-one-second")
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


@module("fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code")
@pytest.mark.parametrize(("seconds", "good"), [(59, True), (60, False)])
def test_code_expiry(haip: Place, seconds: int, *, good: bool) -> None:
    """A code lives for 60 seconds and no longer."""
    wallet = make_wallet(haip)
    code = code_for(haip, wallet)
    haip.world.clock.advance(seconds=seconds)
    answer = wallet.redeem(code)
    assert answer.status_code == (200 if good else 400)
    assert good or answer.get_json()["error"] == "invalid_grant"
