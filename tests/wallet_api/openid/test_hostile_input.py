"""Anything at all, sent to the authorization server: an OAuth refusal, never a fault of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wallet_api.app import create_app

from .foreign_wallet import PRE_AUTHORIZED, error_of

if TYPE_CHECKING:
    from flask import Flask

    from tests.wallet_api.simulators import World

NAMES = (
    *("grant_type", "pre-authorized_code", "tx_code", "code", "code_verifier", "redirect_uri"),
    *("client_id", "refresh_token", "authorization_details", "scope", "resource", "state"),
    *("response_type", "response_mode", "code_challenge", "code_challenge_method"),
    *("issuer_state", "dpop_jkt", "request_uri", "request"),
)
TELLING = (
    *("", "code", "S256", "query", "refresh_token", "authorization_code", PRE_AUTHORIZED),
    *("id_card_sd_jwt", "https://wallet.example/back", "x" * 43, "\x00", "é", "\ud7ff", "a.1.b"),
    *("[]", "{}", "[[[[", '[{"type":"openid_credential"}]', "null", "1e999", "a.b.c", "urn:x"),
)
VALUES = st.one_of(st.sampled_from(TELLING), st.text(max_size=60))
FORMS = st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=8)), VALUES, max_size=12)
LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80)
HEADERS = st.dictionaries(
    st.sampled_from(
        ("DPoP", "OAuth-Client-Attestation", "OAuth-Client-Attestation-PoP", "Authorization")
    ),
    LATIN,
    max_size=3,
)
patient = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def app(world: World) -> Flask:
    return create_app(deps=world.with_settings(openid_requests_per_network_hour=10**6).deps)


@patient
@given(form=FORMS, headers=HEADERS, name=st.sampled_from(("token", "par")))
def test_any_form_is_answered_in_oauths_words(
    app: Flask, form: dict[str, str], headers: dict[str, str], name: str
) -> None:
    http = app.test_client()
    answer = http.post(f"/openid/{name}", data=form, headers=headers)
    if answer.status_code != 201:
        assert error_of(answer)[0] in {400, 401, 429}


@patient
@given(body=st.binary(max_size=200), name=st.sampled_from(("token", "par")))
def test_any_bytes_are_answered_in_oauths_words(app: Flask, body: bytes, name: str) -> None:
    http = app.test_client()
    kind = "application/x-www-form-urlencoded"
    answer = http.post(f"/openid/{name}", data=body, content_type=kind)
    assert error_of(answer)[0] in {400, 401}


@patient
@given(query=st.dictionaries(st.sampled_from(("client_id", "request_uri", "lang")), VALUES))
def test_any_address_of_the_page_is_a_page(app: Flask, query: dict[str, str]) -> None:
    http = app.test_client()
    http.set_cookie("__Host-ikd-openid", query.get("lang", "x"), domain="wallet.test")
    answer = http.get(f"/openid/authorize?{urlencode(query)}", base_url="https://wallet.test")
    assert (answer.status_code, answer.mimetype) == (400, "text/html")


@patient
@given(words=st.lists(LATIN, min_size=1, max_size=3))
def test_any_path_is_answered_in_oauths_words(app: Flask, words: list[str]) -> None:
    http = app.test_client()
    path = "/".join(words)
    for place in ("/openid/offers/", "/.well-known/oauth-authorization-server/x/"):
        answer = http.get(place + path)
        if answer.status_code != 308:
            assert error_of(answer)[0] in {404, 405}
