"""The page that a browser shows while the resident decides in the national app.

A QR code for the phone, a link for the same device, and a number that page and app show alike. It
takes no PIN and no word of the resident: there is nothing on it to phish. It polls, and leads back
to the wallet that asked. Only the browser that opened the request is told anything.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from importlib.resources import files
from typing import Final
from urllib.parse import urlencode, urlsplit

import segno
from apiflask import APIBlueprint
from flask import Response, jsonify, make_response, redirect, render_template, request
from markupsafe import Markup

from wallet_api.errors.openid import OpenIdError
from wallet_api.services.openid import authorizations
from wallet_api.services.openid.authorizations import Shown
from wallet_api.web import guards, problems
from wallet_api.web.openid_page_texts import TEXTS

bp = APIBlueprint(
    "openid_page", __name__, url_prefix="/openid/authorize", template_folder="templates"
)
bp.enable_openapi = False  # a page for people, not for programs

COOKIE: Final = "ikd-openid"
DEEP_LINK: Final = "ikd-wallet://authorize"


def _read(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return b64encode(hashlib.sha256(text.encode()).digest()).decode()


_CSS: Final = _read("openid_page.css")
_JS: Final = _read("openid_page.js")
_HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_digest(_CSS)}'; script-src 'sha256-"
        f"{_digest(_JS)}'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Vary": "Accept-Language, Cookie",
}


@bp.get("")
@guards.open_to_all
def authorize() -> Response:
    """Show a pushed request (RFC 9126 section 4); parameters of any other kind are not taken."""
    client_id = request.args.get("client_id", "")
    request_uri = request.args.get("request_uri", "")
    try:
        shown = authorizations.show(
            guards.deps(), client_id, request_uri, request.cookies.get(_cookie_name())
        )
    except OpenIdError:
        return _page("invalid", status=400)
    response = _page("ask", shown=shown)
    secure = _is_secure()
    response.set_cookie(_cookie_name(), shown.cookie, secure=secure, httponly=True, samesite="Lax")
    return response


@bp.get("/<string:request_id>/state")
@guards.open_to_all
def state(request_id: str) -> Response:
    """Say whether there is an answer: waiting, ready or over."""
    cookie = request.cookies.get(_cookie_name())
    response = jsonify({"state": authorizations.poll(guards.deps(), request_id, cookie)})
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/<string:request_id>/continue")
@guards.open_to_all
def carry_on(request_id: str) -> Response:
    """Lead back to the wallet that asked, with a code or the refusal."""
    try:
        target = authorizations.finish(
            guards.deps(), request_id, request.cookies.get(_cookie_name())
        )
    except OpenIdError:
        return _page("invalid", status=400)
    if target is None:
        return _page("waiting")
    response = make_response(redirect(target, code=303))
    response.headers.update(_HEADERS)
    return response


def _page(part: str, *, shown: Shown | None = None, status: int = 200) -> Response:
    asked = request.args.get("lang", "")
    language = asked if asked in TEXTS else problems.language()
    text = TEXTS[language]
    link = f"{DEEP_LINK}?{urlencode({'id': shown.id})}" if shown else ""
    html = render_template(
        "openid_page.html",
        css=Markup(_CSS),  # noqa: S704 - our own file
        js=Markup(_JS),  # noqa: S704 - our own file
        language=language,
        switch=_other_language("en" if language == "id" else "id"),
        other="en" if language == "id" else "id",
        part=part,
        text=text,
        shown=shown,
        documents=_documents(shown, language, text) if shown else [],
        link=link,
        qr=_draw(link) if shown else "",
    )
    response = make_response(html, status)
    response.headers.update(_HEADERS)
    return response


def _documents(shown: Shown, language: str, text: Mapping[str, str]) -> list[str]:
    """Name the documents in the reader's language, each once whatever its formats."""
    labels = [held["label"] for held in shown.documents]
    names = [label[language] for label in labels if isinstance(label, dict)]
    return list(dict.fromkeys(names)) or [text["documents"]]


def _draw(link: str) -> Markup:
    """Draw the QR code as inline SVG: our own bytes, without style or script."""
    code = segno.make(link, error="m", micro=False)
    return Markup(code.svg_inline(scale=6, border=4, dark="#14213d", light="#fff", omitsize=True))  # noqa: S704


def _other_language(language: str) -> str:
    kept = {name: request.args.get(name, "") for name in ("client_id", "request_uri")}
    return f"?{urlencode(kept | {'lang': language})}"


def _is_secure() -> bool:
    return urlsplit(guards.deps().settings.public_url).scheme == "https"


def _cookie_name() -> str:
    """Return the cookie's name; ``__Host-``: no other host can set it (RFC 6265bis 4.1.3.2)."""
    return f"__Host-{COOKIE}" if _is_secure() else COOKIE
