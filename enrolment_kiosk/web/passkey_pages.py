"""The calls of passkey ceremonies: browser to here, here to the API."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from enrolment_kiosk.passkeys import MADE, PROOF
from enrolment_kiosk.web.console_pages import changing_session, load_session, signed_in
from enrolment_kiosk.web.guards import check_change, read_body, read_text
from enrolment_kiosk.web.language import chosen_language
from enrolment_kiosk.web.state import Kiosk

_PART = 8192  # characters of one member; the API is stricter, member by member


def passkey_pages(kiosk: Kiosk) -> Blueprint:
    """Return the calls below /console that passkeys need."""
    pages = Blueprint("passkeys", __name__, url_prefix="/console")
    _add_signing_in(pages, kiosk)
    _add_own_passkeys(pages, kiosk)
    return pages


def _origin() -> str:
    """Return the page's own origin; `check_change` has seen that no other page asks."""
    return f"http://{request.host}"


def _read_parts(body: dict[str, object], names: tuple[str, ...]) -> dict[str, str]:
    return {name: read_text(body, name, limit=_PART) for name in names}


def _add_signing_in(pages: Blueprint, kiosk: Kiosk) -> None:
    @pages.post("/session/passkey/challenge")
    def ask() -> Response:
        check_change(kiosk.signin_csrf)
        return jsonify(kiosk.console.ask_for_passkey(_origin(), language=chosen_language()))

    @pages.post("/session/passkey")
    def sign_in() -> Response:
        check_change(kiosk.signin_csrf)
        proof = _read_parts(read_body(), PROOF)
        return signed_in(kiosk.console.sign_in_by_passkey(proof, language=chosen_language()))


def _add_own_passkeys(pages: Blueprint, kiosk: Kiosk) -> None:
    @pages.get("/passkeys")
    def list_own() -> Response:
        session = load_session(kiosk, touch=False)
        return jsonify(kiosk.console.list_passkeys(session, language=chosen_language()))

    @pages.post("/passkeys/challenge")
    def ask_to_add() -> Response:
        session, body = changing_session(kiosk), read_body()
        question = kiosk.console.ask_to_add_passkey(
            session,
            origin=_origin(),
            password=read_text(body, "password"),
            language=chosen_language(),
        )
        return jsonify(question)

    @pages.post("/passkeys")
    def add() -> Response:
        session, body = changing_session(kiosk), read_body()
        made = _read_parts(body, MADE)
        name = read_text(body, "name", limit=40).strip()
        language = chosen_language()
        return jsonify(kiosk.console.add_passkey(session, made, name=name, language=language))
