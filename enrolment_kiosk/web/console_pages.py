"""The operator's page and the calls it makes."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from enrolment_kiosk.counter import PictureKind
from enrolment_kiosk.errors import SessionError
from enrolment_kiosk.sessions import Session
from enrolment_kiosk.texts import error_text, language_texts
from enrolment_kiosk.web.events import event_stream
from enrolment_kiosk.web.guards import (
    check_change,
    check_row,
    permissions,
    read_body,
    read_key,
    read_text,
)
from enrolment_kiosk.web.language import chosen_language, remember
from enrolment_kiosk.web.state import Kiosk

COOKIE = "kiosk_console"

_WHY = ("SIGNED_OUT", "SESSION_ENDED", "SESSION_IDLE")


def console_pages(kiosk: Kiosk) -> Blueprint:
    """Return /console and everything below it."""
    pages = Blueprint("console", __name__, url_prefix="/console")
    _add_page(pages, kiosk)
    _add_session_calls(pages, kiosk)
    _add_reading_calls(pages, kiosk)
    _add_deciding_calls(pages, kiosk)
    return pages


def load_session(kiosk: Kiosk, *, touch: bool = True) -> Session:
    """Return the session of this request's cookie; SessionError when there is none."""
    return kiosk.console.sessions.load(request.cookies.get(COOKIE), touch=touch)


def changing_session(kiosk: Kiosk) -> Session:
    """Return the session of a request that changes something; SessionError if it is not ours."""
    session = load_session(kiosk, touch=False)
    check_change(session.csrf)
    return load_session(kiosk)


def _add_page(pages: Blueprint, kiosk: Kiosk) -> None:
    @pages.get("")
    def show() -> AnyResponse:
        language = chosen_language()
        try:
            session: Session | None = load_session(kiosk)
        except SessionError:
            session = None
        page = render_template(
            "console.html" if session else "signin.html",
            settings=kiosk.settings,
            session=session,
            csrf=session.csrf if session else kiosk.signin_csrf,
            language=language,
            other="en" if language == "id" else "id",
            t=language_texts(language),
            why=_why(language),
        )
        response = make_response(page)
        # The page may see whether a camera is there; nothing here opens one.
        response.headers["Permissions-Policy"] = permissions(camera="self")
        remember(response, language)
        return response


def _why(language: str) -> str | None:
    """Return why the operator sees the sign-in, for the codes that our own page names."""
    code = request.args.get("why")
    return error_text(code, language) if code in _WHY else None


def signed_in(session: Session) -> Response:
    """Return the answer that makes this browser the session's."""
    response = jsonify({})
    response.set_cookie(COOKIE, session.cookie, httponly=True, samesite="Strict", path="/console")
    return response


def _add_session_calls(pages: Blueprint, kiosk: Kiosk) -> None:
    @pages.post("/session")
    def sign_in() -> Response:
        check_change(kiosk.signin_csrf)
        body = read_body()
        session = kiosk.console.sign_in(
            username=read_text(body, "username").strip(),
            password=read_text(body, "password"),
            totp=read_text(body, "totp", limit=16).replace(" ", ""),
            language=chosen_language(),
        )
        return signed_in(session)

    @pages.post("/session/end")
    def sign_out() -> Response:
        kiosk.console.sign_out(changing_session(kiosk), language=chosen_language())
        response = jsonify({})
        response.delete_cookie(COOKIE, path="/console")
        return response

    @pages.post("/session/touch")
    def touch() -> Response:
        changing_session(kiosk)
        return jsonify({})


def _add_reading_calls(pages: Blueprint, kiosk: Kiosk) -> None:
    @pages.get("/events")
    def events() -> Response:
        session = load_session(kiosk, touch=False)
        stream = event_stream(kiosk, session.cookie, chosen_language())
        return Response(stream, mimetype="text/event-stream")

    @pages.get("/today")
    def today() -> Response:
        session = load_session(kiosk, touch=False)
        day = kiosk.console.load_day(session, language=chosen_language())
        return jsonify(asdict(day))

    @pages.get("/photo/<row>")
    def photo(row: str) -> Response:
        return _picture(kiosk, row, "photo")

    @pages.get("/selfie/<row>")
    def selfie(row: str) -> Response:
        return _picture(kiosk, row, "selfie")


def _picture(kiosk: Kiosk, row: str, which: PictureKind) -> Response:
    session, language = load_session(kiosk, touch=False), chosen_language()
    kind, data = kiosk.console.load_picture(session, check_row(row), which, language=language)
    return Response(data, mimetype=kind)


def _add_deciding_calls(pages: Blueprint, kiosk: Kiosk) -> None:
    @pages.post("/queue/<row>/confirm")
    def confirm(row: str) -> Response:
        session, body = changing_session(kiosk), read_body()
        number = None if body.get("number") is None else read_text(body, "number", limit=3)
        why = body.get("face_reason")
        state = kiosk.console.confirm(
            session,
            check_row(row),
            number=number,
            face_reason=None if why is None else read_text(body, "face_reason", limit=32),
            language=chosen_language(),
            key=read_key(body),
        )
        return jsonify({"state": state})

    @pages.post("/queue/<row>/refuse")
    def refuse(row: str) -> Response:
        session, body = changing_session(kiosk), read_body()
        state = kiosk.console.refuse(
            session,
            check_row(row),
            reason=read_text(body, "reason", limit=32),
            language=chosen_language(),
            key=read_key(body),
        )
        return jsonify({"state": state})

    @pages.post("/blocks")
    def block() -> Response:
        session, body = changing_session(kiosk), read_body()
        kiosk.console.block(
            session,
            nik=read_text(body, "nik", limit=32).replace(" ", ""),
            reason=read_text(body, "reason", limit=32),
            language=chosen_language(),
            key=read_key(body),
        )
        return jsonify({})
