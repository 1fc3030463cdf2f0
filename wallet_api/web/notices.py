"""The page behind “this was not me”: for a person with a mail, in any browser, without a script.

Opening it changes nothing; only its form blocks. The token in the address is
the permission, so the page is never cached, never indexed, and names nobody.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable
from importlib.resources import files
from typing import Final

from apiflask import APIBlueprint
from flask import Response, make_response, render_template, request
from markupsafe import Markup

from wallet_api.errors import LinkInvalid
from wallet_api.services import notice_links
from wallet_api.services.deps import Deps
from wallet_api.services.notice_links import LinkFacts
from wallet_api.services.notices import show_moment
from wallet_api.web import guards, problems
from wallet_api.web.notice_texts import TEXTS

bp = APIBlueprint(
    "notices", __name__, url_prefix="/notices", tag="Notices", template_folder="templates"
)
bp.enable_openapi = False  # a page for people, not for programs

_CSS: Final = files(__package__).joinpath("templates", "notice.css").read_text(encoding="utf-8")
_STYLE: Final = b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
_HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Vary": "Accept-Language",
}


@bp.get("/<string:token>")
@guards.open_to_all
def look(token: str) -> Response:
    """Show what the link is about."""
    return _page(token, notice_links.look_at)


@bp.post("/<string:token>")
@guards.open_to_all
def block(token: str) -> Response:
    """Block the wallet."""
    return _page(token, notice_links.block_by_link)


def _page(token: str, act: Callable[[Deps, str], LinkFacts]) -> Response:
    asked = request.args.get("lang", "")
    language = asked if asked in TEXTS else problems.language()
    try:
        facts, status = act(guards.deps(), token), 200
    except LinkInvalid:
        facts, status = None, 404
    html = render_template(
        "notice.html",
        css=Markup(_CSS),  # noqa: S704 - our own file
        language=language,
        other="en" if language == "id" else "id",
        part=_part(facts),
        text=TEXTS[language],
        opened=show_moment(facts.opened_at, language) if facts else "",
    )
    response = make_response(html, status)
    response.headers.update(_HEADERS)
    return response


def _part(facts: LinkFacts | None) -> str:
    if facts is None:
        return "invalid"
    if facts.closed:
        return "closed"
    return "blocked" if facts.blocked else "ask"
