"""The page and what it sends: texts, pictures, camera frames, the wish for a challenge."""

from __future__ import annotations

import secrets
from typing import Any, cast

from flask import Blueprint, Response, jsonify, render_template, request

from verifier.desk.checking import Desk, Outcome, Source
from verifier.desk.eyes import Busy
from verifier.desk.settings import PageSettings
from verifier.desk.showing import page_document
from verifier.desk.situation import choice_label, situation
from verifier.desk.texts import page_texts
from verifier.desk.typed import restore, tidy
from verifier.desk.web.guards import is_from_our_page
from verifier.desk.web.receipts import receipt_pages
from verifier.errors import ScanError
from verifier.words import Language

COOKIE = "desk_language"
MAX_TEXT_BODY = 256 * 1024
MAX_FRAME = 4 * 1024 * 1024
_LANGUAGES = ("id", "en")
_FRAMES = ("image/x-portable-graymap", "image/jpeg")
_PICTURES = ("image/jpeg", "image/png", "image/webp", "application/octet-stream")
_SOURCES: dict[str, Source] = {"scanner": "scanner", "text": "text"}

Answer = Response | tuple[Response, int]


def desk_pages(desk: Desk, settings: PageSettings) -> Blueprint:
    """Return the blueprint of one desk."""
    pages = Blueprint("desk", __name__)
    token = secrets.token_urlsafe(32)

    @pages.before_request
    def refuse_other_pages() -> tuple[Response, int] | None:
        if request.method in ("GET", "HEAD") or is_from_our_page(token):
            return None
        return jsonify(error="REQUEST_REFUSED"), 403

    _add_page(pages, desk, settings, token)
    _add_inputs(pages, desk, settings)
    _add_camera(pages, desk, settings)
    _add_challenge(pages, desk, settings)
    pages.register_blueprint(receipt_pages(desk, lambda: _language(settings)))
    return pages


def _add_page(pages: Blueprint, desk: Desk, settings: PageSettings, token: str) -> None:
    @pages.get("/")
    def show() -> Response:
        language = _language(settings)
        policy = desk.terminal.policy
        page = render_template(
            "desk.html",
            t=page_texts(language),
            language=language,
            other="en" if language == "id" else "id",
            token=token,
            desk=desk,
            policy=policy.title[language],
            policy_mark=policy.digest.hex(),
            challenge_required=policy.challenge_required,
            choices=[(one.key, choice_label(one, language)) for one in desk.choices()],
            development=desk.terminal.bundle().development,
            gate=settings.gate,
        )
        response = Response(page, mimetype="text/html")
        response.set_cookie(COOKIE, language, httponly=True, samesite="Strict", max_age=31_536_000)
        return response

    @pages.get("/situation")
    def show_situation() -> Response:
        return jsonify(situation(desk, _language(settings)))


def _add_inputs(pages: Blueprint, desk: Desk, settings: PageSettings) -> None:
    @pages.post("/checks")
    def check_text() -> Answer:
        body = _json_body()
        text, keys = body.get("text"), body.get("keys", "")
        source = _SOURCES.get(str(body.get("source")))
        if not isinstance(text, str) or not isinstance(keys, str) or source is None:
            return _refused(400)
        text = restore(text, keys) if source == "scanner" else tidy(text)
        return told(desk.check(text, source))

    @pages.post("/pictures")
    def check_picture() -> Answer:
        if request.mimetype not in _PICTURES:
            return _refused(415)
        try:
            return told(desk.check_image(request.get_data(cache=False)))
        except Busy:
            return jsonify(error="BUSY"), 503

    def told(outcome: Outcome) -> Response:
        return jsonify(page_document(outcome, desk.terminal.policy, _language(settings)))


def _add_camera(pages: Blueprint, desk: Desk, settings: PageSettings) -> None:
    @pages.post("/frames")
    def look() -> Answer:
        if request.mimetype not in _FRAMES or (request.content_length or 0) > MAX_FRAME:
            return _refused(415)
        try:
            outcome = desk.look(request.get_data(cache=False))
        except Busy:
            return jsonify(error="BUSY"), 503
        except ScanError as problem:
            return jsonify(error=problem.code), 422
        shown = request.headers.get("Desk-Shown", "")
        if outcome is None or str(outcome.number) == shown:
            return jsonify(number=None if outcome is None else outcome.number)
        return jsonify(page_document(outcome, desk.terminal.policy, _language(settings)))


def _add_challenge(pages: Blueprint, desk: Desk, settings: PageSettings) -> None:
    @pages.post("/challenge")
    def start() -> Answer:
        key = _json_body().get("profile")
        if desk.ask(key if isinstance(key, str) and key else None) is None:
            return _refused(400)
        return jsonify(situation(desk, _language(settings)))

    @pages.post("/challenge/end")
    def end() -> Answer:
        desk.stop_asking()
        return jsonify(situation(desk, _language(settings)))


def _refused(status: int) -> tuple[Response, int]:
    return jsonify(error="REQUEST_REFUSED"), status


def _json_body() -> dict[str, Any]:
    """Return the JSON object of the request, an empty one for anything else."""
    if (request.content_length or 0) > MAX_TEXT_BODY:
        return {}
    try:
        value = request.get_json(silent=True)
    except RecursionError:  # brackets without end
        return {}
    return value if isinstance(value, dict) else {}


def _language(settings: PageSettings) -> Language:
    """Return the switch of this request, else what the page was last shown in, else the desk's."""
    for value in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if value in _LANGUAGES:
            return cast("Language", value)
    return settings.language
